"""A cohort in itself, and against the dictionary: every variable mapped or refused in every cycle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from typing import Any

from b12sarc.spec.assays import Assays
from b12sarc.spec.base import NAME_PATTERN
from b12sarc.spec.checks.assays import AssayCheck
from b12sarc.spec.checks.context import Page, meant
from b12sarc.spec.checks.mapping import MappingCheck
from b12sarc.spec.cohort import Cohort, Subsample
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.files import ALL_CYCLES, File
from b12sarc.spec.mapping import Mapping, Within
from b12sarc.spec.salvage import Checked
from b12sarc.spec.yaml_lines import KeyPath

_PER_CYCLE = ("column", "assay", "top_coded_at")
_SEVERAL = ("max_of", "min_of", "mean_of", "sum_of")
_BY_ROWS = ("any_row", "sum_rows")


class CohortCheck:
    """The checks of one cohort.yaml."""

    def __init__(
        self,
        checked: Checked[Cohort],
        dictionary: Checked[Dictionary],
        assays: Checked[Assays],
        page: Page,
    ) -> None:
        self._checked = checked
        self._cohort = checked.model
        self._dictionary = dictionary
        self._assays = assays
        self._page = page

    def run(self) -> None:
        """Note everything that is wrong between its own parts, and between it and the dictionary."""
        for name, file in self._cohort.files.items():
            self._described(("files", name), file)
        self._places()
        if "design" not in self._checked.broken:
            self._design()
        for name, subsample in self._cohort.subsamples.items():
            self._subsample(("subsamples", name), subsample)
        if not self._dictionary.broken:
            self._complete()
        for name, mapping in self._cohort.variables.items():
            self._variable(name, mapping)
        self._tables_needed()

    def _variable(self, name: str, mapping: Mapping) -> None:
        variable = self._dictionary.model.variables.get(name)
        self._cycles(("variables", name, "per_cycle"), mapping.per_cycle)
        for path, entry in _entries(name, mapping):
            if entry.status is None:
                self._source(path, entry)
                if variable is not None:
                    MappingCheck(name, entry, variable, self._page, path).run()
        by_cycle = mapping.per_cycle or {}
        whole = set(by_cycle) >= set(self._cohort.cycles)
        if by_cycle and whole and all(entry.status is not None for entry in by_cycle.values()):
            what = "the cohort has it in no cycle, and says so cycle by cycle"
            self._page.add(("variables", name, "per_cycle"), what, "write status and reason once instead")
        elif not self._assays.broken and "cycles" not in self._checked.broken:
            AssayCheck(self._cohort, self._assays.model, self._page).run(name)

    def _cycles(self, path: KeyPath, value: Any, *, lacking_is_wrong: bool = True) -> None:
        """Note cycles that a value for each cycle lacks, or that the cohort does not have."""
        if not isinstance(value, AnyMapping) or "cycles" in self._checked.broken:
            return
        for cycle in value:
            self._page.member((*path, cycle), cycle, self._cohort.cycles, "cycle")
        lacking = [cycle for cycle in self._cohort.cycles if cycle not in value]
        if lacking and lacking_is_wrong:
            self._page.add(path, f"nothing is given for cycle {', '.join(lacking)}", f"add {lacking[0]}: ...")

    def _file(self, path: KeyPath, name: str) -> File | None:
        if "files" not in self._checked.broken:
            self._page.member(path, name, self._checked.names("files"), "file")
        return self._cohort.files.get(name)

    def _one_row(self, path: KeyPath, name: str, purpose: str) -> None:
        file = self._file(path, name)
        if file is not None and file.rows != "one":
            what = f"file '{name}' has several rows a person; {purpose} needs one"
            self._page.add(path, what, "name a file with rows: one")

    def _described(self, path: KeyPath, file: File) -> None:
        for key in ("table", "path"):
            self._cycles((*path, key), getattr(file, key), lacking_is_wrong=False)
        known = [ALL_CYCLES] if file.serves_all else list(self._cohort.cycles)
        for key in ("page_differs", "paths", "bytes"):
            for cycle in getattr(file, key) if "cycles" not in self._checked.broken else ():
                self._page.member((*path, key, cycle), cycle, known, "cycle")
        for place, join in enumerate(file.joins):
            at = (*path, "joins", place, "file")
            other = self._file(at, join.file)
            if other is not None and other.rows != "reference":
                self._page.add(at, f"file '{join.file}' lists persons", "join a file with rows: reference")

    def _places(self) -> None:
        """Note tables whose path on the server nobody gives, and what does not fit files of this machine."""
        if "archive" in self._checked.broken:
            return
        archive = self._cohort.archive
        for name, file in self._cohort.files.items():
            path: KeyPath = ("files", name)
            if file.local:
                for key in ("paths", "bytes", "page_differs"):
                    if getattr(file, key):
                        self._page.add((*path, key), f"{key} is for tables of a server", f"remove {key}")
                if archive.generated_by is not None:
                    what = "the project makes the files of this archive itself"
                    self._page.add((*path, "path"), what, "name a table instead")
        fetched = [name for name, file in self._cohort.files.items() if not file.local]
        if fetched and archive.table_path is None:
            what = f"the archive does not say where on its server tables are (files {', '.join(fetched)})"
            fix = "add table_path: ...; or, for files on this machine, write path instead of table"
            self._page.add(("archive",), what, fix)

    def _design(self) -> None:
        design = self._cohort.design
        named = {"stratum": "strata", "psu": "psu"}
        for name, part in design.columns().items():
            self._one_row(("design", named[name], "file"), part.file, "the design")
        weight, replicates = design.weighting(), design.replicate_weights()
        if weight is None:
            self._one_row(("design", "file"), design.base_file(), "the design")
            return
        path = ("design", "weight")
        self._one_row((*path, "file"), weight.file, "the design")
        if replicates is not None:
            if replicates.file is not None:
                self._one_row(("design", "replicates", "file"), replicates.file, "the design")
            self._page.repeated(("design", "replicates", "columns"), replicates.names())
        self._cycles((*path, "column"), weight.column)
        self._cycles((*path, "years"), weight.years)
        if "cycles" not in self._checked.broken:
            self._weight_years((*path, "years"), weight.years, list(self._cohort.cycles))

    def _weighted(self, path: KeyPath) -> None:
        """Note a part of the sample with a weight of its own, in a design that has no place for it."""
        design = self._cohort.design
        if "design" in self._checked.broken:
            return
        if design.replicate_weights() is not None:
            what = "its weight has no replicate weights, without which there is no variance"
            self._page.add(path, what, "remove the subsample, and say in status and reason what waits for it")
        elif design.weighting() is None:
            what = "the design has no weights, so a part of the sample has none either"
            self._page.add(path, what, "remove it; what is blank for a person is left out anyway")

    def _subsample(self, path: KeyPath, subsample: Subsample) -> None:
        self._weighted(path)
        column = f"weight_{path[-1]}"
        if column in self._dictionary.model.variables:
            what = f"its weight would be called {column}, as a variable of the dictionary is"
            self._page.add(path, what, "choose another name")
        for place, weight in enumerate(subsample.weights):
            at = (*path, "weights", place)
            self._one_row((*at, "file"), weight.file, "a weight")
            for key in ("column", "years"):
                self._cycles((*at, key), getattr(weight, key), lacking_is_wrong=False)
            if "cycles" not in self._checked.broken:
                cycles = list(self._cohort.subsample_columns(weight))
                if isinstance(weight.years, AnyMapping):
                    lacking = [c for c in cycles if c not in weight.years]
                    if lacking:
                        what = f"nothing is given for cycle {', '.join(lacking)}"
                        self._page.add((*at, "years"), what, f"add {lacking[0]}: ...")
                self._weight_years((*at, "years"), weight.years, cycles)

    def _weight_years(self, path: KeyPath, years: float | dict[str, float] | None, cycles: list[str]) -> None:
        """A weight stands for its cycle at least, and never for years that are not pooled."""
        total = sum(self._cohort.cycles[cycle].years for cycle in cycles)
        for cycle in cycles:
            wave = self._cohort.cycles[cycle]
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
        if file is not None:
            self._rows(path, file, mapping)
        answered = mapping.answered_if
        if answered is not None and answered.file is not None:
            self._one_row((*path, "answered_if", "file"), answered.file, "the answer to a question")
        if mapping.subsample is not None and "subsamples" not in self._checked.broken:
            known = self._checked.names("subsamples")
            self._page.member((*path, "subsample"), mapping.subsample, known, "subsample")
        for key in _PER_CYCLE:
            if path[-2:-1] != ("per_cycle",):
                self._cycles((*path, key), getattr(mapping, key))
        self._cycles((*path, "bridge"), mapping.bridge, lacking_is_wrong=False)
        self._within((*path, "measured_within"), mapping.measured_within or {})
        for key in _SEVERAL:
            self._page.repeated((*path, key), [column.upper() for column in getattr(mapping, key) or ()])

    def _within(self, path: KeyPath, by_cycle: dict[str, Within]) -> None:
        self._cycles(path, by_cycle, lacking_is_wrong=False)
        variables = self._dictionary.model.variables
        numbers = [name for name in self._dictionary.names("variables") if name in variables]
        numbers = [name for name in numbers if variables[name].type == "continuous"]
        for cycle, within in by_cycle.items() if not self._dictionary.broken else ():
            self._page.member((*path, cycle, "var"), within.var, numbers, "continuous variable")

    def _rows(self, path: KeyPath, file: File, mapping: Mapping) -> None:
        variable = self._dictionary.model.variables.get(path[1])
        by_rows = next((key for key in _BY_ROWS if getattr(mapping, key) is not None), None)
        if file.rows == "many" and by_rows is None:
            what = f"file '{mapping.file}' has several rows a person; only any_row and sum_rows can read it"
            self._page.add((*path, "file"), what, "use any_row or sum_rows, or a file with rows: one")
        if file.rows in ("one", "imputed") and by_rows is not None:
            what = f"{by_rows} is for files with several rows a person; '{mapping.file}' has one"
            self._page.add((*path, by_rows), what, "use column and map, or set rows: many")
        if file.rows == "imputed" and variable is not None and variable.type != "continuous":
            what = f"'{path[1]}' is {variable.type}; imputed values (file '{mapping.file}') are numbers"
            fix = "use a continuous variable, and a definition with a cut-off"
            self._page.add((*path, "file"), what, fix)
        if file.rows == "reference":
            what = f"file '{mapping.file}' lists no persons"
            self._page.add((*path, "file"), what, "join it to a file with rows: many, and name that one")

    def _tables_needed(self) -> None:
        """Note cycles in which a file has no table although something is read from it."""
        if self._checked.broken & {"cycles", "files", "design"}:
            return
        needed = self._needed()
        for name, file in self._cohort.files.items():
            users = {c: needed[name, c] for c in self._cohort.cycles if (name, c) in needed}
            lacking = {c: who for c, who in users.items() if file.table_in(c) is None}
            if lacking:
                who = ", ".join(dict.fromkeys(user for users in lacking.values() for user in users))
                what = f"nothing is given for cycle {', '.join(lacking)}, from which {who} would be read"
                fix = f"add {next(iter(lacking))}: ..., or give these a status there (per_cycle)"
                self._page.add(("files", name, "path" if file.local else "table"), what, fix)

    def _needed(self) -> dict[tuple[str, str], list[str]]:
        """Return (file, cycle) -> what is read from it."""
        needed: dict[tuple[str, str], list[str]] = {}
        design = self._cohort.design
        for cycle in self._cohort.cycles:
            for file in dict.fromkeys(design.files()):
                needed.setdefault((file, cycle), []).append("the design")
            for name, mapping in self._cohort.variables.items():
                entry = mapping.per_cycle.get(cycle) if mapping.per_cycle is not None else mapping
                if entry is not None and entry.status is None:
                    needed.setdefault((str(entry.file), cycle), []).append(name)
        return needed


def _entries(name: str, mapping: Mapping) -> Iterator[tuple[KeyPath, Mapping]]:
    path: KeyPath = ("variables", name)
    if mapping.per_cycle is None:
        yield path, mapping
    for cycle, entry in (mapping.per_cycle or {}).items():
        yield (*path, "per_cycle", cycle), entry
