"""The protocol for any agent: one object in, four keys or nothing out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from counsel.agents.adapter import Stamp
from counsel.agents.generic import Generic
from counsel.agents.payload import made_call_id
from counsel.model.actions import Action
from counsel.model.advice import Answer
from counsel.model.errors import BadPayload
from counsel.model.events import (
    ActionProposed,
    Event,
    OutcomeObserved,
    PromptGiven,
    SessionEnded,
    SessionStarted,
)
from counsel.model.ids import ActionId, AdviceId, EventId, ProjectKey, SessionId
from counsel.model.outcomes import Outcome, OutcomeStatus
from counsel.model.trace import trace_of

PAYLOADS: Mapping[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "generic_payloads.json").read_text()
)


def head(project: str = "") -> dict[str, Any]:
    return {
        "id": EventId("evt_1"),
        "at_ms": 1_700_000_000_000,
        "agent": "generic",
        "session": SessionId("s1"),
        "project": ProjectKey(project),
    }


def call(id: str, project: str = "") -> dict[str, Any]:
    return {**head(project), "trace": trace_of("generic", SessionId("s1"), ActionId(id))}


def ended(status: OutcomeStatus, project: str = "", **fields: Any) -> Event:
    outcome = Outcome(action_id=ActionId("c1"), tool="Bash", status=status, **fields)
    return OutcomeObserved(**call("c1", project), outcome=outcome)


MADE = made_call_id("s1", "run_it", '{"command":"ls"}')
TOLD: Mapping[str, Event] = {
    "before": ActionProposed(
        **call("c1", "w"),
        action=Action(
            id=ActionId("c1"),
            tool="Bash",
            kind="shell",
            command="ls",
            arguments='{"command":"ls"}',
        ),
        cwd="/w",
        permission_mode="default",
    ),
    "before.kind": ActionProposed(
        **call(MADE),
        action=Action(
            id=MADE, tool="run_it", kind="shell", arguments='{"command":"ls"}', subagent="a1"
        ),
    ),
    "after.ok": ended("ok", "w", output="a.py", duration_ms=3),
    "after.failed": ended("failed", error="no such file", exit_code=2),
    "after.code": ended("failed", exit_code=1),
    "after.denied": ended("denied"),
    "after.unknown": ended("unknown"),
    "prompt": PromptGiven(**head("w"), text="go"),
    "session_start": SessionStarted(**head("w"), cwd="/w", model="m"),
    "session_end": SessionEnded(**head(), reason="bye"),
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_message_becomes_its_event(name: str, stamp: Stamp) -> None:
    heard = Generic().parse(json.dumps(PAYLOADS[name]).encode(), stamp)
    assert (heard.moment, heard.events) == (PAYLOADS[name]["event"], (TOLD[name],))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b'{"event":"befor","session":"s1"}',
        b'{"event":"before","session":"s1"}',
        b'{"event":"before","session":"","tool":"x"}',
        b'{"event":"before","session":"s1","tool":"x","kind":"magic"}',
        b'{"event":"after","session":"s1","tool":"x","ok":"yes"}',
        b'{"event":"before","session":"s1","tool":"x","input":' + b"[" * 100_000,
    ],
)
def test_a_wrong_message_is_one_named_error(payload: bytes, stamp: Stamp) -> None:
    with pytest.raises(BadPayload, match="not a generic payload"):
        Generic().parse(payload, stamp)


def render(event: str, answer: Answer | None, stamp: Stamp) -> bytes:
    message = json.dumps({"event": event, "session": "s1", "tool": "x"}).encode()
    return Generic().render(Generic().parse(message, stamp), answer)


ANSWER = Answer(advice_id=AdviceId("adv_1"), route="live", text="Careful.", authority="warning")


@pytest.mark.parametrize("event", ["before", "after", "prompt", "session_start"])
def test_an_answer_has_four_keys(event: str, stamp: Stamp) -> None:
    assert render(event, ANSWER, stamp) == (
        b'{"context":"Careful.","authority":"warning","advice_id":"adv_1","ask":false}'
    )


def test_an_ask_needs_no_words(stamp: Stamp) -> None:
    answer = Answer(advice_id=AdviceId("adv_1"), route="live", authority="block", ask=True)
    assert render("before", answer, stamp) == (
        b'{"context":"","authority":"block","advice_id":"adv_1","ask":true}'
    )


def test_the_end_of_a_session_is_not_answered(stamp: Stamp) -> None:
    assert render("session_end", ANSWER, stamp) == b"{}"


@pytest.mark.parametrize("answer", [None, Answer(advice_id=AdviceId("adv_1"), route="bypass")])
def test_nothing_to_say_is_an_empty_object(answer: Answer | None, stamp: Stamp) -> None:
    assert render("before", answer, stamp) == b"{}"
