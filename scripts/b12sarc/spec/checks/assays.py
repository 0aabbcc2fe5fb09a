"""The laboratory methods of a cohort: each value on one scale, and brought to it once."""

from __future__ import annotations

from b12sarc.errors import nearest
from b12sarc.spec.assays import Assays, Equation
from b12sarc.spec.checks.context import Page
from b12sarc.spec.cohort import Cohort, Mapping
from b12sarc.spec.yaml_lines import KeyPath


class AssayCheck:
    """The checks of assay and bridge over the cycles of a variable."""

    def __init__(self, cohort: Cohort, assays: Assays, page: Page) -> None:
        self._cohort = cohort
        self._equations = assays.equations
        self._page = page

    def run(self, name: str) -> None:
        """Note equations that do not fit the method or unit, and cycles that end on different scales."""
        mapping = self._cohort.variables[name]
        scales: dict[str, str | None] = {}
        for cycle in self._cohort.cycles:
            if mapping.per_cycle is not None and cycle not in mapping.per_cycle:
                return
            if mapping.at(cycle).status is not None:
                continue
            scales[cycle] = self._scale(name, mapping, cycle)
        if len(set(scales.values())) > 1:
            found = ", ".join(f"{scale or 'not given'} ({cycle})" for cycle, scale in scales.items())
            what = f"the cycles end on different methods: {found}"
            fix = "bridge to one of them, or leave out the variable with a status"
            self._page.add(("variables", name), what, fix)

    def _scale(self, name: str, mapping: Mapping, cycle: str) -> str | None:
        """Return the method on whose scale the values of ``cycle`` end."""
        assay, bridge = mapping.assay_in(cycle), mapping.bridge_in(cycle)
        if bridge is None:
            return assay
        path: KeyPath = ("variables", name)
        path += ("per_cycle", cycle) if mapping.per_cycle is not None else ()
        path += ("bridge", cycle) if isinstance(mapping.at(cycle).bridge, dict) else ("bridge",)
        if not self._page.member(path, bridge, self._equations, "equation"):
            return assay
        equation = self._equations[bridge]
        self._fits(path, equation, assay, mapping.at(cycle).unit, cycle)
        return equation.to

    def _fits(
        self, path: KeyPath, equation: Equation, assay: str | None, unit: str | None, cycle: str
    ) -> None:
        if assay == equation.to:
            what = f"the values of {cycle} are on the scale of {equation.to} already"
            self._page.add(path, what, "an equation is applied once: remove the bridge of this cycle")
        elif assay != equation.from_:
            found = f"'{assay}'" if assay else "not given"
            what = f"the equation takes {equation.from_}; the assay of {cycle} is {found}"
            fix = f"give assay: {equation.from_}, or another equation"
            self._page.add(path, what, nearest(str(assay), [equation.from_]) or fix)
        if equation.form != "identity" and unit is not None and unit != equation.unit:
            what = f"the equation is in {equation.unit}; the values of {cycle} are in {unit}"
            self._page.add(path, what, f"map the column that is in {equation.unit}")
