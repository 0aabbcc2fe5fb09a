"""A rule re-runs when, and only when, code that its script imports has changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from b12sarc.codedigest import closure, code_digest


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    files = {
        "fit.py": "from b12sarc.fit import fit_grid\n",
        "fetch.py": "import b12sarc.acquire\n",
        "report.py": "from b12sarc import report\n",
        "b12sarc/__init__.py": "",
        "b12sarc/fit.py": "def fit_grid():\n    from b12sarc.design import df\n    return df\n",
        "b12sarc/design.py": "import numpy\ndf = 1\n",
        "b12sarc/acquire.py": "",
        "b12sarc/report/__init__.py": "from .sections import flow\nfrom . import charts\n",
        "b12sarc/report/sections.py": "flow = 1\n",
        "b12sarc/report/charts.py": "from ..design import df\n",
        "b12sarc/report/templates/page.html": "<p>",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def names(scripts: Path, script: str) -> list[str]:
    return [p.relative_to(scripts / "b12sarc").as_posix() for p in closure(scripts / script)]


def test_imports_are_followed_through_modules_and_into_functions(scripts: Path) -> None:
    assert names(scripts, "fit.py") == ["__init__.py", "design.py", "fit.py"]


def test_a_module_that_is_not_imported_is_left_out(scripts: Path) -> None:
    assert names(scripts, "fetch.py") == ["__init__.py", "acquire.py"]


def test_relative_imports_and_data_files_of_a_sub_package_are_included(scripts: Path) -> None:
    assert names(scripts, "report.py") == [
        "__init__.py",
        "design.py",
        "report/__init__.py",
        "report/charts.py",
        "report/sections.py",
        "report/templates/page.html",
    ]


@pytest.mark.parametrize("changed", ["fit.py", "b12sarc/fit.py", "b12sarc/design.py", "b12sarc/__init__.py"])
def test_a_change_in_the_script_or_what_it_imports_changes_its_digest(scripts: Path, changed: str) -> None:
    before = code_digest(scripts / "fit.py")
    with (scripts / changed).open("a") as file:
        file.write("\nx = 2\n")
    assert code_digest(scripts / "fit.py") != before


def test_a_change_elsewhere_leaves_the_digest_alone(scripts: Path) -> None:
    before = code_digest(scripts / "fetch.py")
    (scripts / "b12sarc/design.py").write_text("df = 2\n")
    assert code_digest(scripts / "fetch.py") == before


def test_a_change_in_a_template_changes_the_digest_of_the_report(scripts: Path) -> None:
    before = code_digest(scripts / "report.py")
    (scripts / "b12sarc/report/templates/page.html").write_text("<b>")
    assert code_digest(scripts / "report.py") != before


@pytest.mark.parametrize("script", ["fetch", "harmonise", "fit", "make_synthetic"])
def test_every_module_that_a_real_script_loads_is_in_its_closure(project: Path, script: str) -> None:
    path = project / "scripts" / f"{script}.py"
    imports = [line for line in path.read_text().splitlines() if line.startswith("from b12sarc")]
    shown = "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('b12sarc')), sep='\\n')"
    code = "; ".join(["import sys", "sys.path.append('scripts')", *imports, shown])
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert {Path(line).resolve() for line in run.stdout.splitlines()} <= set(closure(path))
