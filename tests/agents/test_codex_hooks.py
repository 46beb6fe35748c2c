"""Codex's payloads become events; answers hold only what its strict schemas accept."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from counsel.agents.adapter import Heard, Stamp
from counsel.agents.codex import ANSWERABLE, Codex
from counsel.model.actions import Action
from counsel.model.advice import Answer
from counsel.model.errors import BadPayload
from counsel.model.events import (
    ActionProposed,
    ContextCompacted,
    Event,
    Noted,
    OutcomeObserved,
    PermissionAsked,
    PromptGiven,
    SessionEnded,
    SessionStarted,
    TurnStopped,
)
from counsel.model.ids import ActionId, AdviceId, EventId, ProjectKey, SessionId
from counsel.model.outcomes import Outcome
from counsel.model.trace import trace_of

PAYLOADS: Mapping[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "codex_payloads.json").read_text()
)
SESSION = SessionId("0199-aa")
HEAD: dict[str, Any] = {
    "id": EventId("evt_1"),
    "at_ms": 1_700_000_000_000,
    "agent": "codex",
    "session": SESSION,
    "project": ProjectKey("shop"),
}
PATCH = PAYLOADS["pre-tool-use.apply_patch"]["tool_input"]["command"]


def hear(name: str, stamp: Stamp, **changes: object) -> Heard:
    return Codex().parse(json.dumps({**PAYLOADS[name], **changes}).encode(), stamp)


def proposed(action: Action) -> tuple[Event, ...]:
    trace = trace_of("codex", SESSION, action.id)
    return (
        ActionProposed(
            **HEAD, trace=trace, action=action, cwd="/home/ada/shop", permission_mode="default"
        ),
    )


def observed(outcome: Outcome) -> tuple[Event, ...]:
    trace = trace_of("codex", SESSION, outcome.action_id)
    return (OutcomeObserved(**HEAD, trace=trace, outcome=outcome),)


TOLD: Mapping[str, tuple[Event, ...]] = {
    "pre-tool-use.Bash": proposed(
        Action(
            id=ActionId("call_1"),
            tool="Bash",
            kind="shell",
            command="make lint",
            arguments='{"command":"make lint"}',
        )
    ),
    "pre-tool-use.shell": proposed(
        Action(
            id=ActionId("call_s"),
            tool="shell",
            kind="shell",
            command="make lint",
            workdir="web",
            arguments='{"command":["bash","-lc","make lint"],"workdir":"web"}',
        )
    ),
    "pre-tool-use.apply_patch": proposed(
        Action(
            id=ActionId("call_2"),
            tool="apply_patch",
            kind="edit",
            path="cart.py",
            content=PATCH,
            arguments=json.dumps({"command": PATCH}, separators=(",", ":")),
        )
    ),
    "pre-tool-use.mcp": proposed(
        Action(
            id=ActionId("call_3"),
            tool="mcp__wiki__read",
            kind="mcp",
            target="wiki/read",
            arguments='{"page":"home"}',
        )
    ),
    "post-tool-use.Bash": observed(
        Outcome(
            action_id=ActionId("call_1"), tool="Bash", status="unknown", output="ruff: not found\n"
        )
    ),
    "post-tool-use.report": observed(
        Outcome(
            action_id=ActionId("call_1"),
            tool="Bash",
            status="failed",
            error="Exit code 2\nruff: not found\n",
            exit_code=2,
            duration_ms=500,
        )
    ),
    "post-tool-use.apply_patch": observed(
        Outcome(
            action_id=ActionId("call_2"),
            tool="apply_patch",
            status="ok",
            output="Success. Updated the following files:\nM cart.py\n",
            exit_code=0,
            duration_ms=0,
        )
    ),
    "permission-request": (
        PermissionAsked(
            **HEAD,
            tool="Bash",
            arguments='{"command":"git push","description":"needs network"}',
        ),
    ),
    "user-prompt-submit": (PromptGiven(**HEAD, text="make the cart exact"),),
    "session-start": (SessionStarted(**HEAD, cwd="/home/ada/shop", model="gpt-x"),),
    "session-end": (SessionEnded(**HEAD, reason="other"),),
    "stop": (TurnStopped(**HEAD, last_message="Done."),),
    "subagent-start": (Noted(**HEAD, name="SubagentStart", detail="explorer"),),
    "subagent-stop": (TurnStopped(**HEAD, subagent="a1"),),
    "pre-compact": (ContextCompacted(**HEAD, stage="before", trigger="auto"),),
    "post-compact": (ContextCompacted(**HEAD, stage="after", trigger="manual"),),
    "interrupt": (Noted(**HEAD, name="Interrupt"),),
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_becomes_its_event(name: str, stamp: Stamp) -> None:
    moment = PAYLOADS[name]["hook_event_name"]
    assert hear(name, stamp) == Heard(
        moment=moment,
        events=TOLD[name],
        answerable=moment in ANSWERABLE,
        transcript="/home/ada/.codex/sessions/2026/11/20/rollout-x.jsonl",
    )


def test_every_moment_has_a_fixture() -> None:
    moments = {payload["hook_event_name"] for payload in PAYLOADS.values()}
    assert moments == set(Codex.capabilities.moments)


def test_a_transcript_may_be_null(stamp: Stamp) -> None:
    assert hear("stop", stamp, transcript_path=None).transcript is None


def test_a_patch_may_be_the_whole_input(stamp: Stamp) -> None:
    event = hear("pre-tool-use.apply_patch", stamp, tool_input=PATCH).events[0]
    assert isinstance(event, ActionProposed)
    assert (event.action.path, event.action.content) == ("cart.py", PATCH)


def test_an_exit_code_that_the_command_printed_is_not_believed(stamp: Stamp) -> None:
    text = "log:\nProcess exited with code 1\nExit code: 1\n"
    event = hear("post-tool-use.Bash", stamp, tool_response=text).events[0]
    assert isinstance(event, OutcomeObserved)
    assert event.outcome == Outcome(
        action_id=ActionId("call_1"), tool="Bash", status="unknown", output=text
    )


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"session_id":"s"}', b"\xff", b"[" * 100_000])
def test_garbage_is_one_named_error(payload: bytes, stamp: Stamp) -> None:
    with pytest.raises(BadPayload, match="not a codex payload"):
        Codex().parse(payload, stamp)


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("ask", [False, True])
def test_an_answer_is_bare_context_or_nothing(name: str, ask: bool, stamp: Stamp) -> None:
    heard = hear(name, stamp)
    answer = Answer(advice_id=AdviceId("adv_1"), route="live", text="Mind the gap.", ask=ask)
    expected = (
        b'{"hookSpecificOutput":{"hookEventName":"%s","additionalContext":"Mind the gap."}}'
        % heard.moment.encode()
    )
    assert Codex().render(heard, answer) == (expected if heard.answerable else b"{}")


def test_an_ask_without_words_cannot_be_said(stamp: Stamp) -> None:
    answer = Answer(advice_id=AdviceId("adv_1"), route="live", ask=True)
    assert Codex().render(hear("pre-tool-use.Bash", stamp), answer) == b"{}"


def test_no_answer_is_no_opinion(stamp: Stamp) -> None:
    assert Codex().render(hear("pre-tool-use.Bash", stamp), None) == b"{}"
