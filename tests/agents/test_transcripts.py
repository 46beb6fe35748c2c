"""Every transcript format becomes the same events, twice the same, whatever breaks in it."""

import gzip
import json
from pathlib import Path

import pytest

from counsel.agents.transcripts import detect
from counsel.agents.transcripts.detect import Format, discover, open_transcript
from counsel.agents.transcripts.reading import Tally, milliseconds_of
from counsel.model.errors import BadTranscript
from counsel.model.events import (
    ActionProposed,
    ContextCompacted,
    Event,
    OutcomeObserved,
    PromptGiven,
    SessionEnded,
    SessionStarted,
    TurnStopped,
)
from counsel.model.ids import ProjectKey, SessionId
from counsel.model.trace import trace_of
from counsel.model.wire import decode_event, encode_event

DATA = Path(__file__).parent / "data"
FILES: dict[Format, str] = {
    "claude-code": "claude_code_session.jsonl",
    "codex": "codex_rollout.jsonl",
    "sessions": "sessions.jsonl",
    "copilot-cli": "copilot_events.jsonl",
    "gemini-cli": "gemini_chat.json",
}


def project(cwd: str) -> ProjectKey:
    return ProjectKey(f"key of {cwd}")


def read(path: Path) -> tuple[Event, ...]:
    return tuple(open_transcript(path).events(project))


def story(events: tuple[Event, ...]) -> list[str]:
    """One line per event: what a reader of the test wants to compare."""
    return [_line(event) for event in events]


def _line(event: Event) -> str:
    match event:
        case SessionStarted():
            return f"start {event.source} {event.cwd} {event.model} {event.agent_version}".strip()
        case SessionEnded():
            return f"end {event.reason}"
        case PromptGiven():
            return f"{'stop' if event.interrupted else 'prompt'} {event.text}"
        case ActionProposed(action=action):
            by = f" by {action.subagent}" if action.subagent else ""
            about = action.command or action.path or action.target or ""
            return f"{action.id} {action.tool} ({action.kind}) {about}{by}".strip()
        case OutcomeObserved(outcome=outcome):
            said = outcome.error or outcome.output or ""
            return f"{outcome.action_id} {outcome.status}: {said}".strip()
        case ContextCompacted():
            return f"compacted {event.stage} {event.trigger}".strip()
        case TurnStopped():
            return f"turn {event.last_message}"
    raise AssertionError(f"no reader makes a {event!r}")


REFUSED = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it "
    "was a file edit, the new_string was NOT written to the file). To tell you how to proceed, "
    "the user said:\nuse Decimal"
)
STORIES: dict[Format, list[str]] = {
    "claude-code": [
        "start import /home/ada/shop claude-x 2.1.40",
        "prompt /ship now",
        "prompt make the cart exact",
        "t1 Bash (shell) make lint",
        "t2 Read (read) /home/ada/shop/no.py",
        "t2 failed: File does not exist.",
        "t1 ok: clean",
        "t3 Edit (edit) /home/ada/shop/cart.py",
        f"t3 denied: {REFUSED}",
        "prompt and add a test",
        "stop [Request interrupted by user for tool use]",
        "t4 Task (subagent) Explore",
        "t5 Bash (shell) false by ag7",
        "t5 failed: Exit code 1\nboom",
        "t4 ok: found",
        "compacted after auto",
        "t6 Bash (shell) sleep 99",
        "t6 running: Command running in background with ID: b1",
        "t7 Bash (shell) never answered",
        "end end of transcript",
    ],
    "codex": [
        "start import /home/ada/shop gpt-x 0.142.0",
        "prompt make the cart exact",
        "c1 exec_command (shell) make lint",
        "c1 failed: Exit code 2\nruff: not found\n".strip(),
        "c2 exec_command (shell) make test",
        "c2 running: ...",
        "c3 write_stdin (other)",
        "c3 ok: passed",
        "c4 apply_patch (edit) cart.py",
        "c4 ok: Success. Updated the following files:\nM cart.py",
        "c5 apply_patch (edit) no.py",
        "c5 failed: apply_patch verification failed: Failed to find expected lines in no.py",
        "c6 mcp__apps__board_make_card (mcp) apps/board_make_card",
        "c6 failed: no such board",
        "c7 update_plan (plan)",
        "c7 ok: Plan updated",
        "c9 local_shell (shell) ls",
        "c9 ok: a.py",
        "stop [Turn aborted: interrupted]",
        "compacted after",
        "turn Done.",
        "c10 exec_command (shell)",
        "end end of transcript",
    ],
    "sessions": [
        "start import /w claude-x 2.1",
        "prompt go",
        "stop [Request interrupted by user]",
        "a1 Bash (shell) make",
        "a1 failed: Exit code 2\nboom",
        "a2 Edit (edit) /a by s9",
        "a2 denied: no",
        "a3 Read (read) /n",
        "a3 failed: File does not exist.",
        "a4 Bash (shell) x",
        "a4 interrupted: stop",
        "a5 cancelled: sibling",
        "a6 hook_denied: hook",
        "end truncated",
        "start import /w",
        "b1 exec_command (shell) ls",
        "b1 running:",
        "end end of transcript",
        "start import",
        "g1 replace (edit) /a",
        "g1 ok: done",
        "end end of transcript",
        "start import /w",
        "h1 view (read) /a",
        "h1 ok: x",
        "end end of transcript",
    ],
    "copilot-cli": [
        "start import /w  1.0.64",
        "prompt go",
        "k1 bash (shell) false",
        "k1 failed: no\n<shellId: 0 completed with exit code 1>",
        "k2 bash (shell) sleep 99",
        "k2 running: <command with shellId: 1 is still running after 30 seconds. Use read_bash.>",
        "k3 edit (edit) /a",
        "k3 failed: No match found",
        "k4 create (write) /b",
        "k4 ok: Created file /b",
        "end end of transcript",
    ],
    "gemini-cli": [
        "start import  gemini-x",
        "prompt go",
        "s1 run_shell_command (shell) false",
        "s1 failed: Command: false\nOutput: (empty)\nExit Code: 1\nSignal: 0",
        "s2 replace (edit) /a",
        "s2 failed: 0 occurrences found",
        "s3 write_file (write) /b",
        "s3 denied: [Operation Cancelled]",
        "s4 read_file (read) /a",
        "s4 ok: x = 1",
        "end end of transcript",
    ],
}
SKIPPED: dict[Format, int] = {
    "claude-code": 1,
    "codex": 1,
    "sessions": 1,
    "copilot-cli": 0,
    "gemini-cli": 0,
}


@pytest.mark.parametrize("format", FILES)
def test_a_transcript_tells_its_story(format: Format) -> None:
    transcript = open_transcript(DATA / FILES[format])
    events = tuple(transcript.events(project))
    assert transcript.format == format
    assert story(events) == STORIES[format]
    assert transcript.tally.skipped == SKIPPED[format]


@pytest.mark.parametrize("format", FILES)
def test_two_imports_make_the_same_events(format: Format) -> None:
    first, second = read(DATA / FILES[format]), read(DATA / FILES[format])
    assert first == second
    assert len({event.id for event in first}) == len(first)


@pytest.mark.parametrize("format", FILES)
def test_a_gzipped_transcript_is_the_same(format: Format, tmp_path: Path) -> None:
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress((DATA / FILES[format]).read_bytes()))
    assert read(packed) == read(DATA / FILES[format])


@pytest.mark.parametrize("format", FILES)
def test_every_event_survives_the_wire(format: Format) -> None:
    events = read(DATA / FILES[format])
    assert tuple(decode_event(encode_event(event)) for event in events) == events


@pytest.mark.parametrize("format", FILES)
def test_a_call_and_its_outcome_share_a_trace(format: Format) -> None:
    for event in read(DATA / FILES[format]):
        match event:
            case ActionProposed(action=action):
                assert event.trace == trace_of(event.agent, event.session, action.id)
            case OutcomeObserved(outcome=outcome):
                assert event.trace == trace_of(event.agent, event.session, outcome.action_id)


def test_a_session_keeps_its_times_and_project() -> None:
    first = read(DATA / FILES["claude-code"])[0]
    assert (first.session, first.project) == (SessionId("sess-1"), "key of /home/ada/shop")
    assert first.at_ms == milliseconds_of("2026-03-01T10:00:01Z")


def test_a_grown_transcript_repeats_what_was_there(tmp_path: Path) -> None:
    lines = (DATA / FILES["claude-code"]).read_bytes().splitlines(keepends=True)
    shorter = tmp_path / "half.jsonl"
    shorter.write_bytes(b"".join(lines[:14]))
    before, after = read(shorter), read(DATA / FILES["claude-code"])
    assert before[:-1] == after[: len(before) - 1]
    assert before[-1].id not in {event.id for event in after}


def test_a_human_no_keeps_the_words() -> None:
    outcomes = [
        event.outcome
        for event in read(DATA / FILES["claude-code"])
        if isinstance(event, OutcomeObserved) and event.outcome.status == "denied"
    ]
    assert [outcome.human_words for outcome in outcomes] == ["use Decimal"]


def test_a_broken_line_costs_only_itself(tmp_path: Path) -> None:
    lines = (DATA / FILES["codex"]).read_bytes().splitlines(keepends=True)
    broken = [*lines[:5], b"\xff\xfe\n", b"[" * 50_000 + b"\n", b'{"type":5}\n', *lines[5:]]
    path = tmp_path / "broken.jsonl"
    path.write_bytes(b"".join(broken))
    transcript = open_transcript(path)
    assert story(tuple(transcript.events(project))) == STORIES["codex"]
    assert transcript.tally.skipped == 4


def test_a_record_type_of_a_newer_agent_is_no_damage(tmp_path: Path) -> None:
    whole = (DATA / FILES["claude-code"]).read_bytes()
    path = tmp_path / "newer.jsonl"
    path.write_bytes(b'{"type":"mood","sessionId":"sess-1"}\n' + whole)
    transcript = open_transcript(path)
    assert story(tuple(transcript.events(project))) == STORIES["claude-code"]
    assert transcript.tally.skipped == 1


def test_an_archive_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    whole = gzip.compress((DATA / FILES["codex"]).read_bytes())
    path = tmp_path / "half.gz"
    path.write_bytes(whole[: len(whole) // 2])
    transcript = open_transcript(path)
    told = story(tuple(transcript.events(project)))
    assert told[:-1] == STORIES["codex"][: len(told) - 1]
    assert transcript.tally.skipped >= 1


NO_TRANSCRIPTS = {
    "empty": b"",
    "text": b"hello\nworld\n",
    "other json": b'{"name":"x"}\n' * 100,
    "binary": bytes(range(256)) * 10,
    "no archive": b"\x1f\x8bgarbage",
    "broken document": b'{\n"sessionId": "x",\n',
}


@pytest.mark.parametrize("name", NO_TRANSCRIPTS)
def test_what_is_no_transcript_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(NO_TRANSCRIPTS[name])
    with pytest.raises(BadTranscript, match="no transcript of a known format"):
        open_transcript(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTranscript, match="cannot read"):
        open_transcript(tmp_path / "gone.jsonl")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTranscript, match="cannot read"):
        open_transcript(tmp_path)


@pytest.mark.parametrize("format", FILES)
def test_a_reader_refuses_lines_of_nothing(format: Format) -> None:
    with pytest.raises(BadTranscript, match="no record in it was understood"):
        list(detect.READERS[format]([b"nothing\n"], project, Tally()))


def test_transcripts_of_both_agents_are_discovered(tmp_path: Path) -> None:
    wanted = (
        tmp_path / ".claude/projects/-w/s1.jsonl",
        tmp_path / ".claude/projects/-w/s1/subagents/agent-a.jsonl",
        tmp_path / ".codex/sessions/2026/11/20/rollout-x.jsonl",
    )
    for path in (*wanted, tmp_path / ".claude/projects/-w/notes.txt"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / ".claude/projects/folder.jsonl").mkdir()
    assert discover(tmp_path) == tuple(sorted(wanted))


def test_nothing_is_discovered_where_nothing_is(tmp_path: Path) -> None:
    assert discover(tmp_path) == ()


def test_fixtures_are_valid_lines() -> None:
    """The fixtures break only in their last line, where a crash would break them."""
    for name in ("claude_code_session.jsonl", "codex_rollout.jsonl", "sessions.jsonl"):
        *whole, last = (DATA / name).read_text().splitlines()
        assert all(json.loads(line) for line in whole)
        with pytest.raises(json.JSONDecodeError):
            json.loads(last)


@pytest.mark.parametrize("format", ["claude-code", "codex", "copilot-cli"])
def test_records_that_come_again_count_once(format: Format, tmp_path: Path) -> None:
    whole = (DATA / FILES[format]).read_bytes().rstrip() + b"\n"
    twice = tmp_path / "twice.jsonl"
    twice.write_bytes(whole + whole)
    assert story(read(twice)) == STORIES[format]
