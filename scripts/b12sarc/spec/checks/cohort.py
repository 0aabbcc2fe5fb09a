"""A cohort against the dictionary: every variable mapped or refused, in units and codes that fit."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any

from b12sarc.spec.base import NAME_PATTERN
from b12sarc.spec.checks.context import Page, meant
from b12sarc.spec.cohort import Cohort, File, Mapping
from b12sarc.spec.dictionary import Dictionary, Variable
from b12sarc.spec.salvage import Checked
from b12sarc.spec.yaml_lines import KeyPath

_PER_CYCLE = ("column", "assay", "top_coded_at")
_SEVERAL = ("max_of", "min_of", "mean_of", "sum_of")
_NUMERIC = (*_SEVERAL, "top_coded_at", "unit")


class CohortCheck:
    """The checks of one cohort.yaml."""

    def __init__(self, checked: Checked[Cohort], dictionary: Checked[Dictionary], page: Page) -> None:
        self._checked = checked
        self._cohort = checked.model
        self._dictionary = dictionary
        self._page = page

    def run(self) -> None:
        """Note everything that is wrong between its own parts, and between it and the dictionary."""
        for name, file in self._cohort.files.items():
            self._cycles(("files", name, "table"), file.table)
            for key, given in (("paths", file.paths), ("bytes", file.bytes)):
                for cycle in given:
                    self._page.member(("files", name, key, cycle), cycle, self._cohort.cycles, "cycle")
        if "design" not in self._checked.broken:
            self._design()
        if not self._dictionary.broken:
            self._complete()
        for name, mapping in self._cohort.mapped().items():
            self._source(("variables", name), mapping)
            variable = self._dictionary.model.variables.get(name)
            if variable is not None:
                MappingCheck(name, mapping, variable, self._page).run()

    def _cycles(self, path: KeyPath, value: Any) -> None:
        """Note cycles that a value for each cycle lacks, or that the cohort does not have."""
        if not isinstance(value, AnyMapping) or "cycles" in self._checked.broken:
            return
        for cycle in value:
            self._page.member((*path, cycle), cycle, self._cohort.cycles, "cycle")
        lacking = [cycle for cycle in self._cohort.cycles if cycle not in value]
        if lacking:
            self._page.add(path, f"nothing is given for cycle {', '.join(lacking)}", f"add {lacking[0]}: ...")

    def _file(self, path: KeyPath, name: str) -> File | None:
        if "files" not in self._checked.broken:
            self._page.member(path, name, self._checked.names("files"), "file")
        return self._cohort.files.get(name)

    def _design(self) -> None:
        design, path = self._cohort.design, ("design", "weight")
        for key, part in (("strata", design.strata), ("psu", design.psu), ("weight", design.weight)):
            file = self._file(("design", key, "file"), part.file)
            if file is not None and file.rows != "one":
                what = f"file '{part.file}' has several rows a person; the design needs one"
                self._page.add(("design", key, "file"), what, "name a file with rows: one")
        self._cycles((*path, "column"), design.weight.column)
        self._cycles((*path, "years"), design.weight.years)
        if "cycles" not in self._checked.broken:
            self._weight_years((*path, "years"), design.weight.years)

    def _weight_years(self, path: KeyPath, years: float | dict[str, float]) -> None:
        """A weight stands for its cycle at least, and never for years that are not pooled."""
        total = self._cohort.total_years()
        for cycle, wave in self._cohort.cycles.items():
            given = years.get(cycle) if isinstance(years, dict) else years
            if given is not None and not wave.years <= given <= total:
                what = (
                    f"the weight of {cycle} stands for {given:g} years; expected {wave.years:g} to {total:g}"
                )
                fix = "at least the years of its cycle, at most those of all cycles pooled"
                self._page.add((*path, cycle) if isinstance(years, dict) else path, what, fix)
                if not isinstance(years, dict):
                    return

    def _complete(self) -> None:
        known, given = self._dictionary.names("variables"), self._checked.names("variables")
        for name in given:
            if re.match(NAME_PATTERN, name):
                self._page.member(("variables", name), name, known, "dictionary variable")
        silent = [name for name in known if name not in meant(given, known)]
        if silent and "variables" not in self._checked.broken:
            what = f"dictionary variables neither mapped nor refused: {', '.join(silent)}"
            fix = "map each, or say why not: {status: impossible | undetermined, reason: ...}"
            self._page.add(("variables",), what, fix)

    def _source(self, path: KeyPath, mapping: Mapping) -> None:
        file = self._file((*path, "file"), str(mapping.file))
        if file is not None and file.rows == "many" and mapping.any_row is None:
            what = f"file '{mapping.file}' has several rows a person; only any_row can read it"
            self._page.add((*path, "file"), what, "use any_row, or a file with rows: one")
        if file is not None and file.rows != "many" and mapping.any_row is not None:
            what = f"any_row is for files with several rows a person; '{mapping.file}' has one"
            self._page.add((*path, "any_row"), what, "use column and map, or set rows: many")
        if file is not None and file.rows == "imputed":
            self._imputed(path, mapping)
        for key in _PER_CYCLE:
            self._cycles((*path, key), getattr(mapping, key))
        for key in _SEVERAL:
            self._page.repeated((*path, key), [column.upper() for column in getattr(mapping, key) or ()])

    def _imputed(self, path: KeyPath, mapping: Mapping) -> None:
        variable = self._dictionary.model.variables.get(path[-1])
        if variable is not None and variable.type != "continuous":
            what = f"'{path[-1]}' is {variable.type}; imputed values (file '{mapping.file}') are numbers"
            fix = "use a continuous variable, and a definition with a cut-off"
            self._page.add((*path, "file"), what, fix)


@dataclass(frozen=True)
class MappingCheck:
    """The checks of one mapping against its dictionary variable."""

    name: str
    mapping: Mapping
    variable: Variable
    page: Page

    def run(self) -> None:
        """Note units, codes and operations that do not fit the variable."""
        self._operations()
        if self.variable.type == "continuous":
            self._unit()
        elif self.mapping.map is not None:
            self._map(self.mapping.map)
            self._codes(list(self.mapping.map))
        elif self.mapping.column is not None:
            into = ", ".join(self.variable.categories) or "true or false"
            self._add("no map from codes to " + into, "add map: {code: value, ...}")

    def _add(self, what: str, fix: str, *keys: Any) -> None:
        self.page.add(("variables", self.name, *keys), what, fix)

    def _operations(self) -> None:
        kind, mapping = self.variable.type, self.mapping
        given = [key for key in (*_NUMERIC, "map", "any_row") if getattr(mapping, key) is not None]
        for key in given:
            if kind == "continuous" and key in ("map", "any_row"):
                self._add(f"'{self.name}' is continuous; {key} does not give numbers", f"remove {key}", key)
            elif kind != "continuous" and key in _NUMERIC:
                what = f"'{self.name}' is {kind}; {key} is for continuous variables"
                self._add(
                    what, f"remove {key}" if key in ("unit", "top_coded_at") else "use column and map", key
                )
        if kind == "categorical" and mapping.any_row is not None:
            what = f"'{self.name}' has categories; any_row gives true or false"
            self._add(what, "use column and map", "any_row")
        if kind == "binary" and mapping.map is not None and mapping.any_row is not None:
            self._add("any_row gives true or false by itself", "remove map", "map")

    def _unit(self) -> None:
        unit, accepted = self.mapping.unit, [str(self.variable.unit), *self.variable.accepts]
        if unit is None:
            fix = f"add unit: {self.variable.unit}, or the one they are in"
            self._add(f"the raw values have no unit (accepted: {', '.join(accepted)})", fix)
        elif self.variable.factor(unit) is None:
            what = f"unit '{unit}' does not convert to {self.variable.unit} (accepted: {', '.join(accepted)})"
            fix = f"use one of these, or add its factor to accepts of {self.name} in the dictionary"
            self._add(what, fix, "unit")

    def _map(self, codes: dict[Any, str | bool]) -> None:
        for code, value in codes.items():
            self._category(code, value)
        binary = self.variable.type == "binary"
        for needed in (True, False) if binary else (self.variable.reference,):
            if needed not in codes.values():
                shown = str(needed).lower() if binary else f"'{needed}', the reference category"
                self._add(f"no code gives {shown}", f"add the code that means {str(needed).lower()}", "map")

    def _category(self, code: Any, value: str | bool) -> None:
        path = ("variables", self.name, "map", code)
        if self.variable.type == "binary":
            if not isinstance(value, bool):
                what = f"'{self.name}' is binary; expected true or false, found '{value}'"
                self.page.add(path, what, "write true or false, without quotes")
        elif isinstance(value, bool):
            word = self.page.document.written.get(path)
            read = str(value).lower() + (f", which is how YAML reads an unquoted {word}" if word else "")
            fix = f"categories: {', '.join(self.variable.categories)}"
            self.page.add(path, f"expected a category of '{self.name}', found {read}", fix)
        else:
            self.page.member(path, value, self.variable.categories, f"category of {self.name}")

    def _codes(self, mapped: list[Any]) -> None:
        missing = self.mapping.missing
        self.page.repeated(("variables", self.name, "missing"), missing)
        for place, code in enumerate(missing):
            if code in mapped:
                fix = "a code has a meaning, or means missing: keep one"
                self._add(f"code {code!r} is in map as well", fix, "missing", place)
        codes = [*mapped, *missing]
        texts = [repr(code) for code in codes if isinstance(code, str)]
        if texts and len(texts) < len(codes):
            what = f"some codes are texts ({', '.join(texts)}) and others are numbers"
            self._add(what, "quote all of them, or none", "map")
