"""What `b12sarc cohort new` refuses, and what it says at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.cli.changes import check_name
from b12sarc.cli.place import in_project

if TYPE_CHECKING:
    from b12sarc.intake.begin import Begun

CLEAR = 0.8
"""Score from which a suggestion is called clear."""


def check_new(root: Path, name: str) -> None:
    """Refuse a name that is taken, or that no cohort can have.

    Raises:
        UsageError: it is so.
    """
    check_name(root, name)


def begun_in_words(root: Path, begun: Begun) -> str:
    """Return what was found, and what to do next."""
    from b12sarc.intake.columns import about

    draft, file = begun.draft, in_project(root, begun.file)
    firsts = {name: found[0] for name, found in draft.matches.items() if found}
    clear = [name for name, match in firsts.items() if match.score >= CLEAR]
    lines = [
        f"{name}: about {about(f.n_rows)} rows, {len(draft.columns[name])} columns ({f.format})"
        for name, f in draft.found.items()
    ]
    lines += [
        f"Design, as far as names tell: {draft.survey.kind}",
        f"Of {len(draft.matches)} variables {len(firsts)} have a column that looks like them, "
        f"{len(clear)} clearly: {', '.join(clear) or 'none'}",
        "",
        f"Written: {file}",
        "Next:",
        "  1. Open it. Fill in what says TO DO, and look at key, cycles, design and access.",
        "  2. For each variable take a suggestion, write another mapping, or say why it is impossible.",
        f"  3. b12sarc cohort check {draft.name}   (as often as you like; it says all that is wrong at once)",
        f"  4. Put {draft.name} into cohorts of a run (config/config.yaml), then: snakemake --cores all",
    ]
    return "\n".join(lines)
