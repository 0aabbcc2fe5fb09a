from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from b12sarc.files import whole_file


def test_a_finished_file_takes_its_place_with_ordinary_permissions(tmp_path: Path) -> None:
    target = tmp_path / "new" / "x.txt"

    with whole_file(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()

    plain = tmp_path / "plain.txt"
    plain.write_text("")
    assert target.read_text() == "whole"
    assert target.stat().st_mode == plain.stat().st_mode
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_an_interrupted_file_leaves_what_was_there(tmp_path: Path, stop: type[BaseException]) -> None:
    target = tmp_path / "x.txt"
    target.write_text("before")

    def write() -> None:
        with whole_file(target) as temporary:
            temporary.write_text("hal")
            raise stop

    with pytest.raises(stop):
        write()

    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_process_left_is_cleared_after_an_hour(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".x.txt.0000.part", tmp_path / ".x.txt.1111.part"
    for leftover in (old, fresh):
        leftover.write_text("hal")
    os.utime(old, (time.time() - 3700, time.time() - 3700))

    with whole_file(tmp_path / "x.txt") as temporary:
        temporary.write_text("whole")

    assert sorted(path.name for path in tmp_path.iterdir()) == [fresh.name, "x.txt"]
