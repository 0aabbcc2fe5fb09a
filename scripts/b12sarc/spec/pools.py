"""A cohort that pools others: their waves, tables, mappings and weights put together as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from b12sarc.errors import Problem
from b12sarc.spec.yaml_lines import Document, KeyPath, Mark

_BY_CYCLE = ("column", "assay", "bridge", "top_coded_at")
_KEPT_BY_CYCLE = ("measured_within",)
"""Always told by cycle, also of one cycle alone."""
_SHARED = ("schema_version", "access", "archive")
_UNITED = ("table", "path", "page_differs", "paths", "bytes")
_DESIGN = ("kind", "strata", "psu", "nested", "single_psu", "file", "sample", "replicates")


def pooled(members: list[Document], own: Document) -> tuple[Document, list[Problem]]:
    """Return what the members say together, for ``own`` to be laid over, and what does not fit.

    Waves, files and weights are united. A variable that the members do not map alike is mapped cycle by
    cycle; one that a member does not have at all, the pool does not have. What is not the same in all members
    and cannot be told by cycle must be given by ``own``.
    """
    pool = _Pool(members, own)
    pool.build()
    return Document(pool.value, pool.marks), pool.problems


class _Pool:
    def __init__(self, members: list[Document], own: Document) -> None:
        self.members = members
        self.own = own
        self.value: dict[Any, Any] = {}
        self.marks: dict[KeyPath, Mark] = {(): own.mark(())}
        self.problems: list[Problem] = []

    def build(self) -> None:
        for key in _SHARED:
            self._same((key,))
        self._access()
        waves = [(c, w) for m in self.members for c, w in _mapping(m.get(("cycles",))).items()]
        self.value["cycles"] = dict(sorted(dict(waves).items(), key=lambda item: str(item[0])))
        self._mark("cycles")
        self._files()
        self._design()
        self._subsamples()
        self._variables()

    def _access(self) -> None:
        """Refuse to pool restricted people with others, or to open them: subtraction would give them back."""
        given = [m.get(("access",)) for m in self.members]
        if "restricted" not in given:
            return
        named = ", ".join(str(m.get(("id",))) for m in self.members if m.get(("access",)) == "restricted")
        if "public" in given:
            what = f"{named} is restricted and others are public: pool less parts would give it back"
            fix = "leave it out of the pool; the meta-analysis puts cohorts together"
            self.problems.append(Problem(self.own.where(("pools",)), what, fix))
        elif self.own.get(("access",)) == "public":
            what = f"a pool of restricted people ({named}) cannot be public"
            self.problems.append(Problem(self.own.where(("access",)), what, "write access: restricted"))

    def _mark(self, section: str) -> None:
        for member in reversed(self.members):
            self.marks |= {p: m for p, m in member.marks.items() if p[:1] == (section,)}

    def _same(self, path: KeyPath, where: KeyPath | None = None) -> None:
        """Take over a value that every member gives alike."""
        given = [m.get(path) for m in self.members if m.get(path) is not None]
        if not given:
            return
        if any(value != given[0] for value in given) and self.own.get(path) is None:
            self._refuse(path, "is not the same in all of them")
        _put(self.value, where or path, given[0])
        self._mark(path[0])

    def _refuse(self, path: KeyPath, what: str) -> None:
        named = ", ".join(str(m.get(("id",))) for m in self.members)
        where = self.own.where(("pools",))
        self.problems.append(
            Problem(where, f"{'.'.join(map(str, path))} of {named} {what}", "give it in this file")
        )

    def _files(self) -> None:
        files: dict[str, dict[str, Any]] = {}
        for member in self.members:
            for name, file in _mapping(member.get(("files",))).items():
                known = files.get(name, file)
                if _rest(known) != _rest(file) and not self.own.get(("files", name)):
                    self._refuse(("files", name), "is not the same in all of them")
                united = {k: {**known[k], **file[k]} for k in _UNITED if _both_by_cycle(known, file, k)}
                files[name] = {**known, **file, **united}
        self.value["files"] = files
        self._mark("files")

    def _design(self) -> None:
        for key in _DESIGN:
            self._same(("design", key))
        if all(member.get(("design", "weight")) is None for member in self.members):
            return
        for key in ("role", "file"):
            self._same(("design", "weight", key))
        weight: dict[str, dict[str, Any]] = {"column": {}, "years": {}}
        for member in self.members:
            given = _mapping(member.get(("design", "weight")))
            for cycle, wave in _mapping(member.get(("cycles",))).items():
                for key, default in (("column", None), ("years", _years_of(wave))):
                    weight[key][cycle] = _of_cycle(given.get(key, default), cycle)
        for key, values in weight.items():
            _put(self.value, ("design", "weight", key), values)

    def _subsamples(self) -> None:
        found: dict[str, dict[str, Any]] = {}
        for member in self.members:
            for name, subsample in _mapping(member.get(("subsamples",))).items():
                weights = [self._by_cycle(weight, member) for weight in subsample.get("weights", [])]
                before = found.get(name, {}).get("weights", [])
                if before and list(map(_source, before)) != list(map(_source, weights)):
                    if not self.own.get(("subsamples", name)):
                        self._refuse(("subsamples", name), "is not weighted alike in all of them")
                    continue
                united = [_united(*pair) for pair in zip(before, weights, strict=True)] if before else weights
                found[name] = {**subsample, "weights": united}
        if found:
            self.value["subsamples"] = found
            self._mark("subsamples")

    def _by_cycle(self, weight: dict[str, Any], member: Document) -> dict[str, Any]:
        column, cycles = weight.get("column"), _mapping(member.get(("cycles",)))
        columns = {c: _of_cycle(column, c) for c in cycles if not isinstance(column, dict) or c in column}
        years = {c: _of_cycle(weight.get("years", _years_of(cycles[c])), c) for c in columns}
        return {**weight, "column": columns, "years": years}

    def _variables(self) -> None:
        names = dict.fromkeys(n for m in self.members for n in _mapping(m.get(("variables",))))
        variables: dict[str, Any] = {}
        for name in names:
            refused = [m for m in self.members if _is_refused(m.get(("variables", name)))]
            variables[name] = self._not_shared(name, refused) if refused else self._united(name)
            for member in self.members:
                self._mark_variable(name, member)
        self.value["variables"] = variables

    def _not_shared(self, name: str, refused: list[Document]) -> dict[str, Any]:
        """A pool has what all of its cohorts have; else its results would be those of one of them."""
        entries = [m.get(("variables", name)) for m in refused]
        reasons = dict.fromkeys(str(entry.get("reason")) for entry in entries)
        why = "; ".join(reasons)
        if len(refused) < len(self.members):
            why += f" ({', '.join(str(m.get(('id',))) for m in refused)})"
        undetermined = any(entry["status"] == "undetermined" for entry in entries)
        return {"status": "undetermined" if undetermined else "impossible", "reason": why}

    def _united(self, name: str) -> dict[str, Any]:
        by_cycle: dict[str, Any] = {}
        for member in self.members:
            entry = member.get(("variables", name))
            for cycle in _mapping(member.get(("cycles",))) if isinstance(entry, dict) else ():
                by_cycle[cycle] = _entry_of_cycle(entry, cycle)
        ordered = {c: by_cycle[c] for c in self.value["cycles"] if c in by_cycle}
        entries = list(ordered.values())
        whole = len(ordered) == len(self.value["cycles"]) and all(e == entries[0] for e in entries)
        return entries[0] if whole else {"per_cycle": ordered}

    def _mark_variable(self, name: str, member: Document) -> None:
        entry, at = member.get(("variables", name)), member.mark(("variables", name))
        self.marks.setdefault(("variables", name), at)
        for cycle in _mapping(member.get(("cycles",))):
            self.marks[("variables", name, "per_cycle", cycle)] = at
            for key in _mapping(entry):
                place = member.mark(("variables", name, key))
                self.marks[("variables", name, "per_cycle", cycle, key)] = place


def _is_refused(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("status") is not None


def _entry_of_cycle(entry: dict[str, Any], cycle: str) -> Any:
    """Return what an entry says of one cycle alone."""
    if isinstance(entry.get("per_cycle"), dict):
        inner = entry["per_cycle"].get(cycle, {})
        return {**_entry_of_cycle(inner, cycle), **({"note": entry["note"]} if "note" in entry else {})}
    alone = {}
    for key, value in entry.items():
        if key in _BY_CYCLE and isinstance(value, dict):
            if cycle in value:
                alone[key] = value[cycle]
        elif key in _KEPT_BY_CYCLE and isinstance(value, dict):
            if cycle in value:
                alone[key] = {cycle: value[cycle]}
        else:
            alone[key] = value
    return alone


def _rest(file: dict[str, Any]) -> dict[str, Any]:
    """Return what of a file must be the same in all cohorts: all but what is told by cycle."""
    return {k: v for k, v in file.items() if k not in _UNITED or not isinstance(v, dict)}


def _both_by_cycle(one: dict[str, Any], other: dict[str, Any], key: str) -> bool:
    return isinstance(one.get(key), dict) and isinstance(other.get(key), dict)


def _source(weight: dict[str, Any]) -> tuple[Any, Any]:
    return weight.get("file"), weight.get("valid_if")


def _united(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**one, **{key: {**one[key], **other[key]} for key in ("column", "years")}}


def _years_of(wave: Any) -> Any:
    return _mapping(wave).get("years", 2)


def _of_cycle(value: Any, cycle: str) -> Any:
    return value.get(cycle) if isinstance(value, dict) else value


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _put(value: dict[Any, Any], path: Iterable[Any], leaf: Any) -> None:
    *above, last = path
    for key in above:
        value = value.setdefault(key, {})
    value[last] = leaf
