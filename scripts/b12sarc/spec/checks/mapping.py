"""One mapping against its dictionary variable: units, codes and operations that fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from b12sarc.spec.checks.context import Page
from b12sarc.spec.dictionary import Variable
from b12sarc.spec.mapping import Mapping
from b12sarc.spec.yaml_lines import KeyPath

CODED = ("column", "max_of", "min_of")
NUMERIC = (
    "mean_of",
    "sum_of",
    "product_of",
    "sum_rows",
    "numerator",
    "cap",
    "bridge",
    "top_coded_at",
    "unit",
)


@dataclass(frozen=True)
class MappingCheck:
    """The checks of one mapping against its dictionary variable."""

    name: str
    mapping: Mapping
    variable: Variable
    page: Page
    path: KeyPath

    def run(self) -> None:
        """Note units, codes and operations that do not fit the variable."""
        self._operations()
        if self.mapping.blank_is is not None:
            self._value(("blank_is", "value"), self.mapping.blank_is.value)
        if self.variable.type == "continuous":
            self._unit()
        elif self.mapping.map is not None:
            self._map(self.mapping.map)
            self._codes(list(self.mapping.map))
        elif self.mapping.cut is None and any(getattr(self.mapping, key) is not None for key in CODED):
            into = ", ".join(self.variable.categories) or "true or false"
            self._add("no map from codes to " + into, "add map: {code: value, ...}")

    def _add(self, what: str, fix: str, *keys: Any) -> None:
        self.page.add((*self.path, *keys), what, fix)

    def _operations(self) -> None:
        kind, mapping = self.variable.type, self.mapping
        given = [key for key in (*NUMERIC, "map", "cut", "any_row") if getattr(mapping, key) is not None]
        for key in given:
            if kind == "continuous" and key in ("map", "cut", "any_row"):
                self._add(f"'{self.name}' is continuous; {key} does not give numbers", f"remove {key}", key)
            elif kind != "continuous" and key in NUMERIC:
                what = f"'{self.name}' is {kind}; {key} is for continuous variables"
                beside = key in ("unit", "top_coded_at", "cap", "bridge", "numerator")
                self._add(what, f"remove {key}" if beside else "use column and map", key)
        for key in ("any_row", "cut"):
            if kind == "categorical" and getattr(mapping, key) is not None:
                what = f"'{self.name}' has categories; {key} gives true or false"
                self._add(what, "use column and map", key)
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
            self._value(("map", code), value)
        binary = self.variable.type == "binary"
        for needed in (True, False) if binary else (self.variable.reference,):
            if needed not in codes.values():
                shown = str(needed).lower() if binary else f"'{needed}', the reference category"
                self._add(f"no code gives {shown}", f"add the code that means {str(needed).lower()}", "map")

    def _value(self, keys: KeyPath, value: Any) -> None:
        """Note a harmonised value that the variable cannot have."""
        path, kind = (*self.path, *keys), self.variable.type
        if kind == "binary":
            if not isinstance(value, bool):
                what = f"'{self.name}' is binary; expected true or false, found '{value}'"
                self.page.add(path, what, "write true or false, without quotes")
        elif kind == "continuous":
            if isinstance(value, bool) or not isinstance(value, int | float):
                self.page.add(path, f"'{self.name}' is continuous; expected a number, found '{value}'")
        elif isinstance(value, bool):
            word = self.page.document.written.get(path)
            read = str(value).lower() + (f", which is how YAML reads an unquoted {word}" if word else "")
            fix = f"categories: {', '.join(self.variable.categories)}"
            self.page.add(path, f"expected a category of '{self.name}', found {read}", fix)
        else:
            self.page.member(path, str(value), self.variable.categories, f"category of {self.name}")

    def _codes(self, mapped: list[Any]) -> None:
        missing = self.mapping.missing
        self.page.repeated((*self.path, "missing"), missing)
        for place, code in enumerate(missing):
            if code in mapped:
                fix = "a code has a meaning, or means missing: keep one"
                self._add(f"code {code!r} is in map as well", fix, "missing", place)
        codes = [*mapped, *missing]
        texts = [repr(code) for code in codes if isinstance(code, str)]
        if texts and len(texts) < len(codes):
            what = f"some codes are texts ({', '.join(texts)}) and others are numbers"
            self._add(what, "quote all of them, or none", "map")
