"""A small JSON protocol for any agent that Counsel does not know: one object in, one out.

In::

    {"event": "before" | "after" | "prompt" | "session_start" | "session_end",
     "session": "s1",                  the agent's own session id, never empty
     "cwd": "/work",                   optional, as everything below
     "tool": "Bash", "input": {...},   before, after: the call (tool is needed)
     "call_id": "c1",                  the same before and after; made from tool + input if absent
     "kind": "shell",                  canonical kind, if the tool's name does not tell
     "subagent": "a1",
     "ok": true | false, "error": "...", "output": "...",          after: how it ended
     "exit_code": 1, "duration_ms": 12, "denied": true,            after: what else is known
     "text": "...",                    prompt: what the human typed
     "model": "...", "reason": "..."}  session_start, session_end

Out: `{}` for nothing to say, else::

    {"context": "...", "authority": "note", "advice_id": "adv_...", "ask": false}

`ok` absent means that the agent does not know; an exit code alone decides then. Answers are
given to `before`, `after`, `prompt` and `session_start`. Unlike a native dialect this one is
ours, so an event that it does not have is an error, not a note.
"""

from typing import Literal, assert_never

import msgspec
from msgspec import Raw, Struct

from counsel.agents.adapter import NO_OPINION, Capabilities, Heard, Stamp
from counsel.agents.payload import (
    DECODE_ERRORS,
    EMPTY_OBJECT,
    Name,
    bad_payload,
    call_id,
    milliseconds,
)
from counsel.agents.stamping import stamped
from counsel.agents.texts import ARGUMENT_LIMIT, NAME_LIMIT, context_text, cut, cut_or_none
from counsel.agents.tools import GENERIC, action_of, arguments_of
from counsel.model.actions import Action, ToolKind
from counsel.model.advice import Answer, Authority
from counsel.model.events import (
    ActionProposed,
    Event,
    OutcomeObserved,
    PromptGiven,
    SessionEnded,
    SessionStarted,
)
from counsel.model.ids import SessionId
from counsel.model.outcomes import Outcome, OutcomeStatus
from counsel.model.trace import trace_of

Moment = Literal["before", "after", "prompt", "session_start", "session_end"]

CAPABILITIES = Capabilities(
    agent="generic",
    title="Any agent (generic JSON)",
    context_before_tool="yes",
    context_after_tool="yes",
    ask="yes",
    deny="degraded",
    rewrite_input="no",
    failure_event="yes",
    transports=("http", "command", "in_process"),
    moments=("before", "after", "prompt", "session_start", "session_end"),
    note="The agent does what it likes with `ask` and `authority`; nothing is enforced.",
)

_SILENT: tuple[Moment, ...] = ("session_end",)


class _Message(Struct, kw_only=True):
    event: Moment
    session: Name
    cwd: str = ""
    tool: str = ""
    input: Raw = EMPTY_OBJECT
    call_id: str | None = None
    kind: ToolKind | None = None
    subagent: str | None = None
    permission_mode: str = ""
    ok: bool | None = None
    error: str | None = None
    output: str | None = None
    exit_code: int | None = None
    duration_ms: int | float | None = None
    denied: bool = False
    text: str = ""
    model: str = ""
    reason: str = ""


class _Reply(Struct):
    context: str
    authority: Authority
    advice_id: str
    ask: bool


_messages = msgspec.json.Decoder(_Message)
_encoder = msgspec.json.Encoder()


class Generic:
    """The adapter; stateless."""

    capabilities = CAPABILITIES

    def parse(self, payload: bytes, stamp: Stamp) -> Heard:
        """The event in `payload`. Raises `BadPayload`."""
        try:
            message = _messages.decode(payload)
            event = _event(message, stamp)
        except DECODE_ERRORS as error:
            raise bad_payload("generic", error) from error
        return Heard(moment=message.event, events=(event,), answerable=message.event not in _SILENT)

    def render(self, heard: Heard, answer: Answer | None) -> bytes:
        """The four keys, or `{}` where there is nothing to say."""
        if answer is None or not heard.answerable:
            return NO_OPINION
        context = context_text(answer.text)
        if not context and not answer.ask:
            return NO_OPINION
        return _encoder.encode(
            _Reply(
                context=context,
                authority=answer.authority,
                advice_id=context_text(answer.advice_id),
                ask=answer.ask,
            )
        )


def _event(message: _Message, stamp: Stamp) -> Event:
    head = stamped("generic", message.session, message.cwd, stamp)
    match message.event:
        case "session_start":
            model = cut(message.model, NAME_LIMIT)
            return SessionStarted(**head, cwd=message.cwd, model=model)
        case "session_end":
            return SessionEnded(**head, reason=cut(message.reason, NAME_LIMIT))
        case "prompt":
            return PromptGiven(**head, text=cut(message.text, ARGUMENT_LIMIT))
        case "before" | "after":
            action = _action(message)
            trace = trace_of("generic", SessionId(message.session), action.id)
            if message.event == "after":
                return OutcomeObserved(**head, trace=trace, outcome=_outcome(message, action))
            return ActionProposed(
                **head,
                trace=trace,
                action=action,
                cwd=message.cwd,
                permission_mode=cut(message.permission_mode, NAME_LIMIT),
            )
        case _:
            assert_never(message.event)


def _action(message: _Message) -> Action:
    if not message.tool:
        raise msgspec.ValidationError(f"the event {message.event!r} needs a tool")
    session = SessionId(message.session)
    tool = cut(message.tool, NAME_LIMIT)
    return action_of(
        GENERIC,
        id=call_id(message.call_id, session, tool, arguments_of(message.input)),
        tool=tool,
        native_input=message.input,
        subagent=message.subagent or None,
        kind=message.kind,
    )


def _outcome(message: _Message, action: Action) -> Outcome:
    return Outcome(
        action_id=action.id,
        tool=action.tool,
        status=_status(message),
        error=cut_or_none(message.error),
        output=cut_or_none(message.output),
        exit_code=_exit_code(message.exit_code),
        duration_ms=milliseconds(message.duration_ms),
    )


def _status(message: _Message) -> OutcomeStatus:
    if message.denied:
        return "denied"
    if message.ok is not None:
        return "ok" if message.ok else "failed"
    if message.exit_code is not None:
        return "ok" if message.exit_code == 0 else "failed"
    return "failed" if message.error else "unknown"


def _exit_code(code: int | None) -> int | None:
    return code if code is not None and abs(code) < 2**31 else None
