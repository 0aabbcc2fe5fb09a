"""A job that takes long says how far it is: in its log, and on a terminal that somebody looks at."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest

from b12sarc import progress
from b12sarc.errors import B12SarcError
from b12sarc.job import job
from b12sarc.progress import Progress, reporting, seconds_on_terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def nobody_set_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("B12SARC_PROGRESS", raising=False)
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LOG_EVERY_S", 0.02)
    monkeypatch.setattr(progress, "TERMINAL_EVERY_S", 0.05)


def wait_for(stream: io.StringIO, text: str) -> None:
    end = time.monotonic() + 10
    while text not in stream.getvalue():
        assert time.monotonic() < end, stream.getvalue()
        time.sleep(0.005)


def test_log_and_terminal_say_how_far_it_is_and_when_it_will_end(fast: None) -> None:
    log, terminal = io.StringIO(), Terminal()
    with reporting("synthetic/fit", log, terminal):
        count = Progress("models")
        count(1200, 3600)
        wait_for(terminal, "so far")
    first = log.getvalue().splitlines()[0]
    assert re.fullmatch(r"1,200 of 3,600 models \(33 %\), about \d\d:\d\d left, \d\d:\d\d so far", first)
    assert terminal.getvalue().startswith("synthetic/fit: 1,200 of 3,600 models (33 %), about ")


def test_time_left_goes_on_at_the_pace_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    count = Progress("models")
    now[0] += 60
    count(100, 300)
    assert str(count) == "100 of 300 models (33 %), about 02:00 left"
    count(300, 300)
    assert str(count) == "300 of 300 models (100 %)"


def test_a_job_that_counts_nothing_still_shows_that_it_is_alive(fast: None) -> None:
    log = io.StringIO()
    with reporting("x", log, io.StringIO()):
        wait_for(log, "so far")
    assert re.fullmatch(r"\d\d:\d\d so far", log.getvalue().splitlines()[0])


def test_going_through_a_list_counts_what_is_done_with() -> None:
    count, seen = Progress("cohorts"), []
    for item in count.each(["a", "b"]):
        seen.append((item, count.done, count.total))
    assert seen == [("a", 0, 2), ("b", 1, 2)]
    assert count.done == 2


def test_a_job_under_five_seconds_says_nothing(tmp_path: Path) -> None:
    with job(tmp_path / "logs/a/fit.log"):
        Progress("models")(1, 2)
    assert (tmp_path / "logs/a/fit.log").read_text().startswith("done: ")


def test_a_job_is_called_by_its_cohort_and_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: None
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with job(tmp_path / "logs/synthetic/fit.log"):
        wait_for(terminal, "synthetic/fit: ")
    assert re.match(r"\d\d:\d\d so far\n", (tmp_path / "logs/synthetic/fit.log").read_text())


def test_the_terminal_is_quiet_in_ci_and_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds_on_terminal(io.StringIO()) == 0
    assert seconds_on_terminal(Terminal()) == progress.TERMINAL_EVERY_S == 10
    monkeypatch.setenv("CI", "true")
    assert seconds_on_terminal(Terminal()) == 0


def test_the_setting_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B12SARC_PROGRESS", "30")
    assert seconds_on_terminal(io.StringIO()) == 30
    monkeypatch.setenv("B12SARC_PROGRESS", "0")
    assert seconds_on_terminal(Terminal()) == 0


@pytest.mark.parametrize("setting", ["often", "-1", "nan", "inf"])
def test_a_setting_that_is_no_number_of_seconds_is_refused(
    monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("B12SARC_PROGRESS", setting)
    with pytest.raises(B12SarcError, match="is not a number of seconds"):
        seconds_on_terminal(Terminal())


def test_a_terminal_that_was_closed_does_not_stop_the_job(fast: None) -> None:
    class Closed(Terminal):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with reporting("x", io.StringIO(), Closed()):
        time.sleep(0.1)


def test_outside_a_job_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    Progress("models")(1, 2)
    assert capfd.readouterr() == ("", "")


def test_every_rule_has_a_log_of_its_own(project: Path) -> None:
    text = "\n".join(path.read_text() for path in (project / "workflow/rules").glob("*.smk"))
    rules = re.split(r"^rule ", text, flags=re.MULTILINE)[1:]
    logs = {rule.partition(":")[0]: re.findall(r'^    log:\n {8}f"(.*)",$', rule, re.M) for rule in rules}
    assert len(logs) > 10
    assert {name: found for name, found in logs.items() if len(found) != 1} == {}
    named = {name: found[0] for name, found in logs.items()}
    assert len(set(named.values())) == len(named)
    # The terminal calls a job by its log: the name of its rule, or a folder of the rule's jobs.
    unlike = {n for n, log in named.items() if not log.endswith(f"/{n}.log") and f"/{n}/" not in log}
    assert unlike - {"reproduce_table"} == set()  # in logs/reproduction/, by the table's name


def test_a_log_names_every_wildcard_of_its_rule(project: Path) -> None:
    text = "\n".join(path.read_text() for path in (project / "workflow/rules").glob("*.smk"))
    wildcard, wrong = r"\{{1,2}(cohort|archive|cycle|table)\}", {}
    for rule in re.split(r"^rule ", text, flags=re.MULTILINE)[1:]:
        part = {key: re.search(rf"^    {key}:\n((?: {{8,}}.*\n)+)", rule, re.M) for key in ("output", "log")}
        used = {key: set(re.findall(wildcard, found[1] if found else "")) for key, found in part.items()}
        wrong |= {rule.partition(":")[0]: used} if used["output"] != used["log"] else {}
    assert wrong == {}
