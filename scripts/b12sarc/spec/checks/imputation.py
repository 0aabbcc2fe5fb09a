"""Imputation: names that are known, and usable as what they are used for."""

from __future__ import annotations

from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.imputation import Imputation


def check_imputation(sources: Sources, names: Names, page: Page) -> None:
    """Note everything of the section ``imputation`` that does not fit the other files."""
    analysis = sources.analysis.model
    if {"imputation", "models"} & set(sources.analysis.broken):
        return
    if analysis.imputation is None:
        if "mi" in analysis.models.missing:
            place = analysis.models.missing.index("mi")
            what = "'mi' needs the section 'imputation', which says how"
            page.add(("models", "missing", place), what, "add it, or remove mi")
        return
    _kinds(analysis.imputation, names, page)
    _variables(analysis.imputation, names, page)


def _kinds(imputation: Imputation, names: Names, page: Page) -> None:
    """Logarithms are of numbers above 0; what is imputed whole is a definition."""
    for place, name in enumerate(imputation.log):
        path = ("imputation", "log", place)
        quantity = names.check(page, path, name)
        if quantity is not None and quantity.kind != "continuous":
            page.add(path, f"'{name}' is {quantity.kind}: it has no logarithm", "remove it")
        elif quantity is not None and names.limits(name)[0] <= 0:
            what = f"'{name}' may be 0 or less: it has no logarithm"
            page.add(path, what, "set its plausible.min above 0 in the dictionary, or remove it")
    for place, name in enumerate(imputation.whole):
        path = ("imputation", "whole", place)
        if names.check(page, path, name) is not None and name not in names.definitions:
            page.add(path, f"'{name}' is a variable: it is imputed itself anyway", "remove it")
    for key in ("auxiliary", "log", "whole"):
        page.repeated(("imputation", key), getattr(imputation, key))


def _variables(imputation: Imputation, names: Names, page: Page) -> None:
    for place, name in enumerate(imputation.auxiliary):
        names.check(page, ("imputation", "auxiliary", place), name)
    for name in imputation.not_imputed:
        path = ("imputation", "not_imputed", name)
        known = names.check(page, path, name) is not None
        if known and name in names.definitions and name not in imputation.whole:
            page.add(path, f"'{name}' is a definition; gaps are those of variables", "name its variables")
    taken = {name: main for main, others in imputation.together.items() for name in others}
    for main, others in imputation.together.items():
        path = ("imputation", "together", main)
        names.check(page, path, main)
        if main in taken:
            page.add(path, f"'{main}' is itself taken with '{taken[main]}'", "name all under one of them")
        for place, name in enumerate(others):
            names.check(page, (*path, place), name)
        page.repeated(path, others)
