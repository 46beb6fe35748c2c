"""The parts of transcript reading, and the counts of real sessions."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from counsel.agents.transcripts.claude_prompts import human_prompt
from counsel.agents.transcripts.detect import open_transcript
from counsel.agents.transcripts.reading import (
    OpenCalls,
    Remembered,
    Tally,
    bounded_lines,
    milliseconds_of,
    whole_document,
)
from counsel.model.events import ActionProposed, Event, OutcomeObserved, PromptGiven
from counsel.model.ids import ActionId, ProjectKey


def read(path: Path) -> tuple[Event, ...]:
    return tuple(open_transcript(path).events(ProjectKey))


def test_a_line_over_the_bound_is_skipped_whole(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"short\n" + b"x" * 50 + b"\n\n  \nlast")
    tally = Tally()
    with path.open("rb") as stream:
        assert list(bounded_lines(stream, tally, longest=10)) == [b"short\n", b"last"]
    assert tally.skipped == 1


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("fix it", "fix it"),
        ("  ", None),
        ("<local-command-stdout>x</local-command-stdout>", None),
        ("<bash-input>ls</bash-input>", None),
        ("<task-notification>done</task-notification>", None),
        ("<system-reminder>be nice</system-reminder>", None),
        ("<ide_selection>x\ny</ide_selection>\nfix it", "fix it"),
        ("<command-name>/exit</command-name>\n<command-args></command-args>", "/exit"),
        ("<command-message>x</command-message>", None),
        ("<b>fix</b> it", "<b>fix</b> it"),
    ],
)
def test_a_prompt_is_what_a_human_typed(text: str, prompt: str | None) -> None:
    assert human_prompt(text) == prompt


@pytest.mark.parametrize(
    ("timestamp", "at_ms"),
    [
        ("1970-01-01T00:00:01.500Z", 1500),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:01", 1000),
        ("1969-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_timestamps(timestamp: str, at_ms: int | None) -> None:
    assert milliseconds_of(timestamp) == at_ms


def test_a_document_over_the_bound_is_not_read() -> None:
    assert whole_document([b"ab", b"cd"], longest=4) == b"abcd"
    assert whole_document([b"ab", b"cd"], longest=3) is None


def test_what_is_remembered_is_bounded() -> None:
    remembered = Remembered(most=2)
    assert [remembered.is_new(key) for key in "abbcba"] == [True, True, False, True, False, True]


def test_a_call_is_opened_and_closed_once() -> None:
    calls, call = OpenCalls(), ActionId("c1")
    assert (calls.open(call, "Bash"), calls.open(call, "Bash")) == (True, False)
    assert (calls.close(call), calls.close(call)) == ("Bash", None)


RAW = Path(__file__).resolve().parents[3] / "shared" / "data" / "sessions" / "raw"
COUNTS = {
    "claude-code/entireio-cli_0822e04b.jsonl.gz": (91, 5, 9),
    "claude-code/entireio-cli_0bb9a2d9.jsonl.gz": (116, 6, 15),
    "claude-code/entireio-cli_163396cf.jsonl.gz": (82, 5, 14),
    "claude-code/entireio-cli_c26d2153.jsonl.gz": (40, 3, 8),
    "codex/agentv_019efc87.jsonl.gz": (317, 24, 14),
    "copilot-cli/agentv_10fb4666.jsonl.gz": (68, 3, 1),
    "gemini-cli/entireio-cli_f7633853.json.gz": (9, 0, 1),
    "gemini-cli/entireio-cli_faff42ab.json.gz": (2, 0, 2),
}
"""Calls, errors, prompts that the dataset's README states for its native files."""


def counted(path: Path) -> tuple[int, int, int]:
    events = read(path)
    kinds = Counter(type(event) for event in events)
    errors = sum(
        isinstance(event, OutcomeObserved)
        and event.outcome.status not in ("ok", "running", "unknown")
        for event in events
    )
    return kinds[ActionProposed], errors, kinds[PromptGiven]


def present() -> Iterator[str]:
    return (name for name in COUNTS if (RAW / name).is_file())


def test_real_sessions_have_the_published_counts() -> None:
    """Where the dataset is not mounted there is nothing to count, and both sides are empty."""
    names = list(present())
    assert {name: counted(RAW / name) for name in names} == {name: COUNTS[name] for name in names}


def test_native_and_dataset_readings_agree() -> None:
    """The dataset's rows were made by other code: ids, kinds and ends must be the same."""
    rows = RAW.parent / "entireio-cli.dev.jsonl.gz"
    natives = [RAW / name for name in present() if name.startswith("claude-code/")]
    native = {key: end for path in natives for key, end in ends(read(path)).items()}
    table = ends(read(rows)) if rows.is_file() else {}
    assert native == {key: table[key] for key in native}


def ends(events: tuple[Event, ...]) -> dict[tuple[str, str, str], str]:
    return {
        (event.session, event.outcome.action_id, event.outcome.tool): event.outcome.status
        for event in events
        if isinstance(event, OutcomeObserved)
    }
