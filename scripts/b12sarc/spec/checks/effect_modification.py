"""Effect modification: what modifies has levels, and what it is looked at in is among the models."""

from __future__ import annotations

from b12sarc.errors import nearest
from b12sarc.spec.analysis import Analysis
from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.effect_modification import Modifier
from b12sarc.spec.project import Quantity
from b12sarc.spec.yaml_lines import KeyPath

SECTION = "effect_modification"


def check_effect_modification(sources: Sources, names: Names, page: Page) -> None:
    """Note everything of the section that does not fit the other files."""
    analysis: Analysis = sources.analysis.model
    asked = analysis.effect_modification
    if asked is None or SECTION in sources.analysis.broken:
        return
    if "models" not in sources.analysis.broken:
        for key in ("exposures", "outcomes", "adjustments", "missing"):
            listed = getattr(analysis.models, key)
            page.among((SECTION, key), getattr(asked, key), listed, f"models.{key}")
        exposures = asked.exposures or analysis.models.exposures
        page.among((SECTION, "drawn"), asked.drawn, exposures, f"{SECTION}.exposures")
    for name, modifier in asked.modifiers.items():
        _modifier((SECTION, "modifiers", name), modifier, analysis, names, page)


def _modifier(path: KeyPath, modifier: Modifier, analysis: Analysis, names: Names, page: Page) -> None:
    quantity = names.check(page, (*path, "var"), modifier.var)
    if quantity is not None:
        _levels(path, modifier, quantity, page)
        definition = names.definition(modifier.var)
        if definition is not None and "covariate" not in definition.roles:
            what = f"'{modifier.var}' is not defined as covariate, which a modifier is in its models"
            page.add((*path, "var"), what, "add covariate to its roles in the definitions")
    covariates = {term.var for chosen in analysis.adjustment_sets.values() for term in chosen.terms}
    for place, name in enumerate(modifier.replaces):
        if name not in covariates:
            what = f"'{name}' is in no adjustment set: nothing to stand in for"
            page.add((*path, "replaces", place), what, nearest(name, covariates) or "remove it")
    page.repeated((*path, "replaces"), modifier.replaces)


def _levels(path: KeyPath, modifier: Modifier, quantity: Quantity, page: Page) -> None:
    if quantity.kind == "continuous":
        what = f"'{modifier.var}' is continuous; a modifier has levels"
        page.add((*path, "var"), what, "define levels of it, or a condition")
        return
    levels = list(quantity.levels) or ["false", "true"]
    for level in modifier.level_labels:
        if level not in levels:
            what = f"'{level}' is no level of '{modifier.var}' ({', '.join(levels)})"
            page.add((*path, "level_labels", level), what, nearest(level, levels))
