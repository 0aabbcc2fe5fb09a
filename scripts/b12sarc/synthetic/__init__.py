"""SYNTHETIC DATA: made-up people with planted effects, in files that look like NHANES'."""

from b12sarc.synthetic.archive import make_archive
from b12sarc.synthetic.people import draw_people
from b12sarc.synthetic.population import PlantedEffect, Population, load_population

__all__ = [
    "PlantedEffect",
    "Population",
    "draw_people",
    "load_population",
    "make_archive",
]
