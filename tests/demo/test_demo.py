"""The demo as a process of its own, in an empty home: the figures, the story, and nothing left."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from counsel.demo.play import Figures, Row

PATIENCE = 120.0


def environ_of(folder: Path) -> dict[str, str]:
    """An empty home, and a folder of its own for what is temporary."""
    (folder / "home").mkdir()
    (folder / "tmp").mkdir()
    kept = {name: text for name, text in os.environ.items() if not name.startswith("COUNSEL_")}
    return {**kept, "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}


def run_demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "counsel", "demo", *options],
        env=environ_of(folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def services_in(folder: Path) -> list[str]:
    """Command lines of processes whose environment names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cd-") as path:
        yield Path(path)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A path as long as a demo's usually is, so that its lines are as long as usual."""
    with tempfile.TemporaryDirectory(prefix="cd-") as path:
        yield Path(path)


@pytest.fixture(scope="module")
def figures(folder: Path) -> Figures:
    done = run_demo(folder, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return msgspec.json.decode(done.stdout, type=Figures)


def rows_by_intent(rows: tuple[Row, ...]) -> dict[str, Row]:
    """The first row of each intent: the one with the stumble."""
    return {row.intent: row for row in reversed(rows)}


def test_second_session_fails_less_than_the_first(figures: Figures) -> None:
    first, second = figures.sessions

    assert (first.heeds, second.heeds) == (False, True)
    assert first.failures >= 6
    assert second.failures < first.failures
    assert second.calls < first.calls
    assert figures.missed == ()


def test_every_failure_of_the_first_session_is_a_different_one_but_the_repeated(
    figures: Figures,
) -> None:
    errors = {row.error.splitlines()[0] for row in figures.sessions[0].rows if row.failed}

    assert len(errors) >= 6


def test_right_warnings_came_before_the_stumble_they_name(figures: Figures) -> None:
    first, second = (rows_by_intent(session.rows) for session in figures.sessions)

    right = {intent: row for intent, row in second.items() if row.right}

    assert len({row.context for row in right.values()}) >= 4
    for intent, row in right.items():
        assert first[intent].failed, intent
        assert row.dropped, intent
        assert "COUNSEL" in row.context, intent
        assert row.error.splitlines()[0] in (first[intent].error, *first[intent].error.splitlines())


def test_what_only_memory_can_know_is_said_in_the_second_session_alone(figures: Figures) -> None:
    first, second = (rows_by_intent(session.rows) for session in figures.sessions)

    learnt = {intent: row for intent, row in second.items() if row.learnt and row.right}
    unforeseen = {intent: row for intent, row in learnt.items() if not first[intent].context}

    assert len(unforeseen) >= 3
    for intent, row in unforeseen.items():
        assert "“" in row.context, intent


def test_the_human_does_not_have_to_say_it_again(figures: Figures) -> None:
    first, second = figures.sessions

    assert any("the user said" in row.error for row in first.rows if row.failed)
    assert not any("the user said" in row.error for row in second.rows if row.failed)


def test_hook_was_measured_and_lessons_counted(figures: Figures) -> None:
    assert 0 < figures.hook_cpu_ms < 500
    assert len(figures.lessons) >= 4
    assert figures.transcripts == 0


def test_nothing_is_left_and_the_home_is_untouched(figures: Figures, folder: Path) -> None:
    assert list((folder / "tmp").iterdir()) == []
    assert list((folder / "home").iterdir()) == []
    assert services_in(folder) == []


def test_story_is_told_in_plain_text_and_narrow(short_path: Path) -> None:
    done = run_demo(short_path, "--keep")

    assert done.returncode == 0, done.stdout + done.stderr
    for part in (
        "SESSION 1",
        "SESSION 2",
        "WHAT COUNSEL LEARNT",
        "“`git log` refused `--no-stat` before: fatal: unrecognized argument:",
        "always run the linter before committing",
        "saved     3 failed calls",
        "FIGURES",
        "NEXT",
        "counsel import",
    ):
        assert part in done.stdout, part
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert len(list((short_path / "tmp").glob("counsel-demo-*"))) == 1
    assert services_in(short_path) == []


def test_transcripts_of_the_machine_are_counted(tmp_path: Path) -> None:
    environ = environ_of(tmp_path)
    transcript = tmp_path / "home" / ".claude" / "projects" / "x" / "s.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_text("{}\n")

    told = subprocess.run(
        [sys.executable, "-m", "counsel", "demo"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert "There is 1 agent transcript under your home folder" in told.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_demo_cleans_up(number: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "counsel", "demo"],
        env=environ_of(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if "WHAT COUNSEL LEARNT" in line:
                break
        process.send_signal(number)
        process.stdout.read()

    assert process.wait(PATIENCE) == 130
    assert list((tmp_path / "tmp").iterdir()) == []
    deadline = time.monotonic() + PATIENCE
    while services_in(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert services_in(tmp_path) == []
