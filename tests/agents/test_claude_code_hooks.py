"""Claude Code's payloads become events, answers become the exact bytes it accepts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from counsel.agents.adapter import Heard, Stamp
from counsel.agents.claude_code import ANSWERABLE, ClaudeCode
from counsel.model.actions import Action
from counsel.model.advice import Answer
from counsel.model.errors import BadPayload
from counsel.model.events import (
    ActionProposed,
    ContextCompacted,
    CwdChanged,
    Event,
    FileChanged,
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

DATA = Path(__file__).parent / "data"
PAYLOADS: Mapping[str, dict[str, Any]] = json.loads(
    (DATA / "claude_code_payloads.json").read_text()
)
SESSION = SessionId("sess-1")
HEAD: dict[str, Any] = {
    "id": EventId("evt_1"),
    "at_ms": 1_700_000_000_000,
    "agent": "claude-code",
    "session": SESSION,
    "project": ProjectKey("shop"),
}


def hear(name: str, stamp: Stamp, **changes: object) -> Heard:
    payload = {**PAYLOADS[name], **changes}
    return ClaudeCode().parse(json.dumps(payload).encode(), stamp)


def call(id: str) -> dict[str, Any]:
    return {**HEAD, "trace": trace_of("claude-code", SESSION, ActionId(id))}


def action(id: str, tool: str, **fields: Any) -> Action:
    return Action(id=ActionId(id), tool=tool, **fields)


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


PROPOSED: Mapping[str, Action] = {
    "Bash": action("toolu_b1", "Bash", kind="shell", command="make lint", background=True),
    "Edit": action(
        "toolu_e1",
        "Edit",
        kind="edit",
        path="/home/ada/shop/cart.py",
        old_text="total = 0",
        new_text="total = Decimal(0)",
        replace_all=True,
    ),
    "Write": action(
        "toolu_w1", "Write", kind="write", path="/home/ada/shop/notes.md", content="# Notes\n"
    ),
    "Read": action(
        "toolu_r1", "Read", kind="read", path="/home/ada/shop/cart.py", whole_file=False
    ),
    "NotebookEdit": action(
        "toolu_n1", "NotebookEdit", kind="edit", path="/home/ada/shop/a.ipynb", new_text="x = 1"
    ),
    "Glob": action("toolu_g1", "Glob", kind="search", pattern="**/*.py"),
    "Grep": action("toolu_g2", "Grep", kind="search", pattern="FIXME", path="shop"),
    "WebFetch": action("toolu_f1", "WebFetch", kind="fetch", target="https://shop.example/faq"),
    "WebSearch": action("toolu_s1", "WebSearch", kind="fetch", pattern="decimal rounding"),
    "Agent": action("toolu_a1", "Agent", kind="subagent", target="Explore"),
    "TodoWrite": action("toolu_t1", "TodoWrite", kind="plan"),
    "ExitPlanMode": action("toolu_x1", "ExitPlanMode", kind="plan"),
    "AskUserQuestion": action("toolu_q1", "AskUserQuestion", kind="ask"),
    "mcp": action(
        "toolu_m1", "mcp__tracker__create_card", kind="mcp", target="tracker/create_card"
    ),
    "subagent": action("toolu_b2", "Bash", kind="shell", command="ls", subagent="agent7"),
}


@pytest.mark.parametrize("tool", PROPOSED)
def test_a_proposed_call_becomes_a_canonical_action(tool: str, stamp: Stamp) -> None:
    name = f"PreToolUse.{tool}"
    expected = replace(PROPOSED[tool], arguments=compact(PAYLOADS[name]["tool_input"]))
    assert hear(name, stamp) == Heard(
        moment="PreToolUse",
        events=(
            ActionProposed(
                **call(expected.id),
                action=expected,
                cwd="/home/ada/shop",
                permission_mode="acceptEdits",
            ),
        ),
        answerable=True,
        transcript="/home/ada/.claude/projects/-home-ada-shop/sess-1.jsonl",
    )


def outcome(id: str, tool: str, status: str, **fields: Any) -> tuple[Event, ...]:
    made = Outcome(action_id=ActionId(id), tool=tool, status=status, **fields)  # type: ignore[arg-type]
    return (OutcomeObserved(**call(id), outcome=made),)


TOLD: Mapping[str, tuple[Event, ...]] = {
    "PostToolUse.Bash": outcome("toolu_b1", "Bash", "ok", output="clean\n1 hint", duration_ms=812),
    "PostToolUse.Edit": outcome("toolu_e1", "Edit", "ok", duration_ms=9),
    "PostToolUse.mcp": outcome("toolu_m1", "mcp__tracker__create_card", "ok", output="card 31"),
    "PostToolUse.interrupted": outcome("toolu_b1", "Bash", "interrupted", output="half"),
    "PostToolUseFailure.Bash": outcome(
        "toolu_b1",
        "Bash",
        "failed",
        error="Exit code 2\nruff: command not found",
        exit_code=2,
        duration_ms=77,
    ),
    "PermissionDenied": outcome(
        "toolu_d1", "Bash", "denied", error="classifier: runs code from the network"
    ),
    "PermissionRequest": (
        PermissionAsked(**HEAD, tool="Bash", arguments='{"command":"git push"}'),
    ),
    "UserPromptSubmit": (PromptGiven(**HEAD, text="make the cart exact"),),
    "SessionStart": (
        SessionStarted(**HEAD, cwd="/home/ada/shop", source="resume", model="claude-x"),
    ),
    "SessionEnd": (SessionEnded(**HEAD, reason="logout"),),
    "Stop": (TurnStopped(**HEAD, last_message="Done."),),
    "Stop.active": (TurnStopped(**HEAD, last_message="Again."),),
    "SubagentStop": (TurnStopped(**HEAD, last_message="Found it.", subagent="agent7"),),
    "PreCompact": (ContextCompacted(**HEAD, stage="before", trigger="auto"),),
    "PostCompact": (ContextCompacted(**HEAD, stage="after", trigger="manual"),),
    "CwdChanged": (CwdChanged(**HEAD, old="/home/ada/shop", new="/home/ada/shop/web"),),
    "FileChanged": (FileChanged(**HEAD, path="/home/ada/shop/.env", change="unlink"),),
}

NOTED: Mapping[str, str] = {
    "UserPromptExpansion": "ship",
    "Setup": "init",
    "StopFailure": "rate_limit",
    "SubagentStart": "Explore",
    "PreModelSwitch": "claude-y",
    "PostModelSwitch": "claude-y",
    "Notification": "permission_prompt",
    "TaskCreated": "Write tests",
    "TaskCompleted": "Write tests",
    "TeammateIdle": "bob",
    "Elicitation": "Which board?",
    "ElicitationResult": "",
    "ConfigChange": "/home/ada/shop/.claude/settings.json",
    "InstructionsLoaded": "/home/ada/shop/CLAUDE.md",
    "WorktreeCreate": "cart-fix",
    "WorktreeRemove": "/home/ada/wt",
    "DirectoryAdded": "/home/ada/lib",
    "MessageDisplay": "",
}


@pytest.mark.parametrize("name", TOLD)
def test_a_moment_becomes_its_event(name: str, stamp: Stamp) -> None:
    assert hear(name, stamp).events == TOLD[name]


@pytest.mark.parametrize("name", NOTED)
def test_what_moves_nothing_is_noted(name: str, stamp: Stamp) -> None:
    assert hear(name, stamp).events == (Noted(**HEAD, name=name, detail=NOTED[name]),)


def test_every_fixture_is_expected_and_every_moment_has_a_fixture() -> None:
    proposed = {f"PreToolUse.{tool}" for tool in PROPOSED}
    assert proposed | set(TOLD) | set(NOTED) | {"PostToolBatch"} == set(PAYLOADS)
    moments = {payload["hook_event_name"] for payload in PAYLOADS.values()}
    assert moments == set(ClaudeCode.capabilities.moments)
    assert moments >= ANSWERABLE


def test_a_batch_tells_one_outcome_per_call(stamp: Stamp) -> None:
    outcomes = [
        event.outcome
        for event in hear("PostToolBatch", stamp).events
        if isinstance(event, OutcomeObserved)
    ]
    assert outcomes == [
        Outcome(action_id=ActionId("toolu_1"), tool="Read", status="ok", output="x = 1"),
        Outcome(
            action_id=ActionId("toolu_2"),
            tool="Read",
            status="failed",
            error="File does not exist.",
            rejected_by_agent=True,
        ),
        Outcome(action_id=ActionId("toolu_3"), tool="Bash", status="unknown"),
    ]


def test_an_interrupted_failure_is_no_failure(stamp: Stamp) -> None:
    heard = hear("PostToolUseFailure.Bash", stamp, error="stopped", is_interrupt=True)
    assert heard.events == outcome(
        "toolu_b1", "Bash", "interrupted", error="stopped", duration_ms=77
    )


def test_a_background_command_is_still_running(stamp: Stamp) -> None:
    response = {"stdout": "", "stderr": "", "interrupted": False, "backgroundTaskId": "b1"}
    heard = hear("PostToolUse.Bash", stamp, tool_response=response)
    assert heard.events == outcome("toolu_b1", "Bash", "running", duration_ms=812)


def test_a_call_without_an_id_meets_its_outcome(stamp: Stamp) -> None:
    before = hear("PreToolUse.Bash", stamp, tool_use_id=None).events[0]
    same_input = PAYLOADS["PreToolUse.Bash"]["tool_input"]
    after = hear("PostToolUse.Bash", stamp, tool_use_id="", tool_input=same_input).events[0]
    other = hear("PostToolUse.Bash", stamp, tool_use_id=None).events[0]
    assert before.trace == after.trace != other.trace


def test_an_unknown_moment_is_noted(stamp: Stamp) -> None:
    heard = hear("Stop", stamp, hook_event_name="FutureThing", last_assistant_message=["new"])
    assert heard.events == (Noted(**HEAD, name="FutureThing"),)
    assert not heard.answerable


def test_a_long_string_is_cut_in_the_arguments_only(stamp: Stamp) -> None:
    content = "x" * 20_000
    event = hear("PreToolUse.Write", stamp, tool_input={"content": content}).events[0]
    assert isinstance(event, ActionProposed)
    assert event.action.content == content
    assert json.loads(event.action.arguments) == {"content": "x" * 15_999 + "…"}


def test_a_wrong_typed_input_keeps_the_call(stamp: Stamp) -> None:
    event = hear("PreToolUse.Bash", stamp, tool_input={"command": 5}).events[0]
    assert isinstance(event, ActionProposed)
    assert event.action == action("toolu_b1", "Bash", kind="shell", arguments='{"command":5}')


PRE = b'{"session_id":"s","hook_event_name":"PreToolUse","tool_name":"T","tool_input":'
GARBAGE = {
    "nothing": b"",
    "no json": b"{",
    "an array": b"[]",
    "bad utf-8": b'{"session_id":"\xff","hook_event_name":"Stop"}',
    "a nul": b'{"session_id":"\x00","hook_event_name":"Stop"}',
    "a lone surrogate": b'{"session_id":"\\ud800","hook_event_name":"Stop"}',
    "deep nesting": b'{"a":' + b"[" * 100_000,
    "deep input": PRE + b'{"a":' * 100_000,
    "huge number": PRE + b'{"a":' + b"9" * 6000 + b"}}",
    "no session": b'{"hook_event_name":"Stop"}',
    "empty session": b'{"session_id":"","hook_event_name":"Stop"}',
    "odd moment": b'{"session_id":"s","hook_event_name":"Stop it"}',
    "a moment that goes on": b'{"session_id":"s","hook_event_name":"Stop\\n"}',
    "number as session": b'{"session_id":1,"hook_event_name":"Stop"}',
    "no tool": b'{"session_id":"s","hook_event_name":"PreToolUse"}',
    "no prompt": b'{"session_id":"s","hook_event_name":"UserPromptSubmit"}',
    "error is no text": PRE.replace(b"PreToolUse", b"PostToolUseFailure") + b'{},"error":{}}',
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_one_named_error(name: str, stamp: Stamp) -> None:
    with pytest.raises(BadPayload) as caught:
        ClaudeCode().parse(GARBAGE[name], stamp)
    assert "not a claude-code payload" in caught.value.message
    assert len(str(caught.value)) < 400


def answer(text: str = "Run `make setup` first.", **fields: Any) -> Answer:
    return Answer(advice_id=AdviceId("adv_1"), route="live", text=text, **fields)


def render(name: str, stamp: Stamp, said: Answer | None) -> bytes:
    return ClaudeCode().render(hear(name, stamp), said)


@pytest.mark.parametrize(
    "name", [n for n, p in PAYLOADS.items() if p["hook_event_name"] in ANSWERABLE]
)
def test_context_goes_where_it_is_taken(name: str, stamp: Stamp) -> None:
    moment = PAYLOADS[name]["hook_event_name"]
    expected = (
        b'{"hookSpecificOutput":{"hookEventName":"%s","additionalContext":"Run `make setup` '
        b'first."}}' % moment.encode()
    )
    assert render(name, stamp, answer()) == (b"{}" if name == "Stop.active" else expected)


@pytest.mark.parametrize(
    "name", [n for n, p in PAYLOADS.items() if p["hook_event_name"] not in ANSWERABLE]
)
def test_nothing_is_said_where_context_is_not_taken(name: str, stamp: Stamp) -> None:
    assert render(name, stamp, answer(ask=True)) == b"{}"


def test_an_ask_goes_to_the_human_and_the_model(stamp: Stamp) -> None:
    assert render("PreToolUse.Bash", stamp, answer("Force push?", ask=True)) == (
        b'{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"ask",'
        b'"permissionDecisionReason":"Force push?","additionalContext":"Force push?"}}'
    )


def test_an_ask_without_words_has_a_reason(stamp: Stamp) -> None:
    assert render("PreToolUse.Bash", stamp, answer("", ask=True)) == (
        b'{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"ask",'
        b'"permissionDecisionReason":"Counsel wants a human\'s yes for this call."}}'
    )


def test_an_ask_after_the_call_is_context(stamp: Stamp) -> None:
    assert render("PostToolUse.Bash", stamp, answer("Hm.", ask=True)) == (
        b'{"hookSpecificOutput":{"hookEventName":"PostToolUse","additionalContext":"Hm."}}'
    )


@pytest.mark.parametrize("said", [None, answer("")])
def test_nothing_to_say_is_no_opinion(said: Answer | None, stamp: Stamp) -> None:
    assert render("PreToolUse.Bash", stamp, said) == b"{}"


def test_context_stays_below_the_preview_limit(stamp: Stamp) -> None:
    written = json.loads(render("Stop", stamp, answer("🛑" * 9000)))
    context = written["hookSpecificOutput"]["additionalContext"]
    assert context == "🛑" * 4999 + "…"


def test_context_is_always_encodable(stamp: Stamp) -> None:
    assert b'"additionalContext":"a?b"' in render("Stop", stamp, answer("a\ud800b"))
