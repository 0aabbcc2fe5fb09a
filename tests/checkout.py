"""A copy of the project in which Snakemake is run as a user runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Python loads this in every process of a run: a connection to anywhere but this machine is refused and noted.
OFFLINE = """
import os, socket
_connect = socket.socket.connect
def connect(self, address):
    if self.family != socket.AF_UNIX and not str(address[0]).startswith(("127.", "::1", "localhost")):
        with open(os.environ["B12SARC_TEST_CONNECTIONS"], "a") as file:
            file.write(f"{address}\\n")
        raise OSError("offline")
    return _connect(self, address)
socket.socket.connect = connect
"""


@dataclass(frozen=True)
class Result:
    """What a Snakemake run said."""

    code: int
    output: str

    @property
    def errors(self) -> list[str]:
        """The error lines for the user, each once."""
        return list(dict.fromkeys(re.findall(r"^error: .*$", self.output, re.MULTILINE)))

    @property
    def rules(self) -> set[str]:
        """Rules of the job table."""
        table = re.search(r"^job +count\n[- ]+\n(.*?)^total ", self.output, re.MULTILINE | re.DOTALL)
        return {line.split()[0] for line in table[1].splitlines()} - {"all"} if table else set()

    @property
    def nothing_to_do(self) -> bool:
        return "Nothing to be done" in self.output


@dataclass(frozen=True)
class Checkout:
    """A copy of the project."""

    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        """What a process of the copy finds around it: nothing of this machine's settings, and no network."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("NHANES_", "SNAKEMAKE_"))}
        env |= {"PYTHONPATH": str(self.folder.parent / "offline"), "COLUMNS": "200", **more}
        return env | {"B12SARC_TEST_CONNECTIONS": str(self.connections)}

    def snakemake(self, *arguments: str, **environment: str) -> Result:
        run = subprocess.run(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1500,
            check=False,
        )
        return Result(run.returncode, run.stdout)

    def demo(self, *arguments: str, **environment: str) -> Result:
        return self.snakemake("--configfile", "config/demo.yaml", *arguments, **environment)

    @property
    def connections(self) -> Path:
        """Addresses that some process tried to reach beyond this machine."""
        return self.folder.parent / "connections.txt"

    def replace(self, file: str, old: str, new: str) -> None:
        """Edit a file of the copy, as a user would."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} no longer has {old!r}: choose another edit for this test"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def files(self, under: str = ".") -> set[str]:
        """Every file under a folder, logs and Snakemake's own records left out."""
        root = self.folder / under
        found = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}
        return {name for name in found if ".snakemake/" not in name and "logs/" not in name}

    @property
    def half_written(self) -> set[str]:
        return {name for name in self.files() if name.endswith(".part")}


def copy_project(project: Path, target: Path, *, every_format: bool = False) -> Checkout:
    """Copy what is in the repository. Figures are SVG alone, drawn in a third of the time, unless asked."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listing.stdout.split("\0")):
        # A lock of CDC's own bytes would refuse the files that the tests have, which are partly written anew.
        if (project / name).is_file() and not name.endswith("sources.lock"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project / name, target / name)
    offline = target.parent / "offline"
    offline.mkdir(exist_ok=True)
    (offline / "sitecustomize.py").write_text(OFFLINE)
    checkout = Checkout(target)
    if not every_format:
        checkout.replace("config/config.yaml", "\nrun: ", "\nfigure_formats: [svg]\nrun: ")
    return checkout
