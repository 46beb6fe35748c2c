"""Codex rollouts: what single records mean."""

import json
from pathlib import Path

from counsel.agents.transcripts.codex import read_codex, rollout_outcome
from counsel.agents.transcripts.reading import Tally
from counsel.model.events import ActionProposed, Event, OutcomeObserved, PromptGiven, SessionStarted
from counsel.model.ids import ActionId, ProjectKey, SessionId
from counsel.model.outcomes import Outcome

DATA = Path(__file__).parent / "data"
FILES = {"codex": "codex_rollout.jsonl"}


def record(type: str, /, **payload: object) -> bytes:
    whole = {"timestamp": "2026-03-01T11:00:00Z", "type": type, "payload": payload}
    return json.dumps(whole).encode()


META = record("session_meta", id="s1", cwd="/w", cli_version="1")


def read(*lines: bytes) -> list[Event]:
    return list(read_codex(lines, ProjectKey, Tally()))[:-1]


def test_a_fork_keeps_its_own_session() -> None:
    events = read(META, record("session_meta", id="parent", cwd="/p", cli_version="1"))
    assert [(type(event), event.session) for event in events] == [(SessionStarted, SessionId("s1"))]


def test_only_a_human_stop_is_an_interruption() -> None:
    events = read(
        META,
        record("event_msg", type="turn_aborted", reason="replaced"),
        record("event_msg", type="turn_aborted", reason="interrupted"),
    )
    assert [event.interrupted for event in events if isinstance(event, PromptGiven)] == [True]


def test_a_subagent_is_marked_and_not_prompted_by_a_human() -> None:
    events = read(
        record("session_meta", id="s1", cwd="/w", thread_source="subagent"),
        record("event_msg", type="user_message", message="look around"),
        record("response_item", type="function_call", name="shell", call_id="c1", arguments="{}"),
    )
    assert [type(event) for event in events] == [SessionStarted, ActionProposed]
    assert isinstance(events[1], ActionProposed)
    assert events[1].action.subagent == "subagent"


def test_the_end_of_a_command_gives_the_exit_code_its_output_lacks() -> None:
    events = read(
        META,
        record("response_item", type="function_call", name="shell", call_id="c1", arguments="{}"),
        record("event_msg", type="exec_command_end", call_id="c1", exit_code=3),
        record("response_item", type="function_call_output", call_id="c1", output="no"),
    )
    assert isinstance(events[-1], OutcomeObserved)
    assert events[-1].outcome == Outcome(
        action_id=ActionId("c1"),
        tool="shell",
        status="failed",
        error="Exit code 3\nno",
        exit_code=3,
    )


def test_an_output_without_its_call_is_left_out() -> None:
    output = record("response_item", type="function_call_output", call_id="c1", output="no")
    assert [type(event) for event in read(META, output)] == [SessionStarted]


def test_the_tail_of_a_rollout_completes_an_outcome() -> None:
    lines = (DATA / FILES["codex"]).read_bytes().splitlines()
    found = [out for line in lines if (out := rollout_outcome(line, ActionId("c1")))]
    assert found == [
        Outcome(
            action_id=ActionId("c1"),
            tool="Bash",
            status="failed",
            error="Exit code 2\nruff: not found\n",
            exit_code=2,
            duration_ms=250,
        )
    ]
    patch = [out for line in lines if (out := rollout_outcome(line, ActionId("c5"), "apply_patch"))]
    assert [(out.tool, out.status) for out in patch] == [("apply_patch", "failed")]
