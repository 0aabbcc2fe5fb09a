"""The house has floors: a module imports from its own floor or below, and statistics knows no cohorts."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

# Lowest first. A package stands for all its modules.
FLOORS = {
    "ground": "errors files codedigest spec persons frames disclosure tables progress",
    "acquire": "xport xport_write download codebook codebook_check receipts acquire readers local_files "
    "sources cohort_check synthetic",
    "harmonise": "bridging mapping_ops visits source_tables survey_columns harmonise intake",
    "derive": "rules formulas definitions eligibility completed derive",
    "statistics": "design glm inference estimators multiplicity bootstrap pooling nested imputed chains meta "
    "standardise trend splines margins interaction e_values measurement_error "
    "misclassification selection",
    "describe and fit": "specification sample as_measured options asked pooled_models model_matrix describe "
    "over_time fit families causal_graph exposure_scale dose_response marginal_effects modified_models "
    "effect_modification sensitivity gaps impute imputation_tables multiverse",
    "synthesise": "feasibility synthesise reproduce specification_curve claims",
    "report": "style wording results suppression figures headline answer provenance report crate",
    "console": "cli",
}
# What runs a rule's code; it belongs to no floor and no floor knows it.
OUTSIDE = {"restricted", "job"}
STATISTICS_MAY_IMPORT = {"errors", *FLOORS["statistics"].split()}

FLOOR_OF = {name: floor for floor, names in enumerate(FLOORS.values()) for name in names.split()}


def modules(project: Path) -> dict[Path, str]:
    """Every module of the package -> the name that has a floor (a module, or the package it is in)."""
    package = project / "scripts" / "b12sarc"
    found = {p: p.relative_to(package).parts[0].removesuffix(".py") for p in package.rglob("*.py")}
    return {path: name for path, name in found.items() if name != "__init__"}


def imported(path: Path) -> set[str]:
    """Names below b12sarc that a module imports at run time (what is imported for type hints also counts)."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write b12sarc.x, not a relative import"
            if node.module == "b12sarc":
                names.update(alias.name for alias in node.names)
            elif (node.module or "").startswith("b12sarc."):
                names.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            names.update(a.name.split(".")[1] for a in node.names if a.name.startswith("b12sarc."))
    return names


def test_every_module_is_on_a_floor(project: Path) -> None:
    assert set(modules(project).values()) - set(FLOOR_OF) - OUTSIDE == set()


def test_every_name_on_a_floor_is_a_module(project: Path) -> None:
    assert set(FLOOR_OF) | OUTSIDE == set(modules(project).values())


def test_modules_import_from_their_own_floor_or_below(project: Path) -> None:
    wrong = [
        f"{path.relative_to(project)} imports {other}"
        for path, name in modules(project).items()
        for other in imported(path)
        if name not in OUTSIDE and FLOOR_OF.get(other, len(FLOORS)) > FLOOR_OF[name]
    ]
    assert wrong == []


def test_statistics_knows_arrays_and_designs_not_cohorts(project: Path) -> None:
    wrong = [
        f"{path.relative_to(project)} imports {other}"
        for path, name in modules(project).items()
        if name in FLOORS["statistics"].split()
        for other in imported(path) - STATISTICS_MAY_IMPORT
    ]
    assert wrong == []


def test_the_report_knows_tables_not_data(project: Path) -> None:
    wrong = [
        f"{path.relative_to(project)} imports {other}"
        for path, name in modules(project).items()
        if name in FLOORS["report"].split()
        for other in imported(path) & {"frames", "readers", "harmonise", "derive", "fit", "sample"}
    ]
    assert wrong == []


@pytest.mark.parametrize("heavy", ["seaborn", "matplotlib"])
def test_drawing_libraries_are_imported_for_figures_only(project: Path, heavy: str) -> None:
    asks = re.compile(rf"^ *(import|from) {heavy}\b", re.MULTILINE)
    users = {name for path, name in modules(project).items() if asks.search(path.read_text())}
    assert users <= {"figures", "style"}


def test_no_module_imports_statsmodels_api(project: Path) -> None:
    assert [p for p in modules(project) if "statsmodels.api" in p.read_text()] == []


def test_files_are_under_400_lines_and_scripts_of_rules_under_41(project: Path) -> None:
    lengths = {p: len(p.read_text().splitlines()) for p in (project / "scripts").rglob("*.py")}
    limits = {p: 40 if p.parent.name == "scripts" else 400 for p in lengths}
    assert {p.name: n for p, n in lengths.items() if n > limits[p]} == {}


def test_every_rule_has_the_script_of_its_name(project: Path) -> None:
    rules = {
        line.split()[1].rstrip(":")
        for path in (project / "workflow" / "rules").glob("*.smk")
        for line in path.read_text().splitlines()
        if line.startswith("rule ")
    }
    assert rules == {p.stem for p in (project / "scripts").glob("*.py")}
