"""Codex's rollouts: `~/.codex/sessions/Y/M/D/rollout-*.jsonl`, `{timestamp, type, payload}` a line.

Rules:
- calls are `function_call`, `custom_tool_call` and `local_shell_call`; hosted tools (web search,
  tool search) are not calls of the agent on this machine;
- a tool of an MCP server has a `namespace`: its full name is the one that hooks report;
- prompts are `user_message` events (the `message` items repeat them together with what Codex
  adds), `turn_aborted` with reason `interrupted` is the human stopping the agent;
- `exec_command_end`, `patch_apply_end` and `mcp_tool_call_end` come before the output of the
  same call and say how it ended where the output does not;
- a command that is still running is `running`; its exit code comes with a later `write_stdin`.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

import msgspec
from msgspec import Raw, Struct

from counsel.agents.codex_results import NO_HINT, EndHint, outcome_of
from counsel.agents.payload import DECODE_ERRORS, text_of
from counsel.agents.texts import ARGUMENT_LIMIT, NAME_LIMIT, RESULT_LIMIT, cut
from counsel.agents.tools import CODEX, action_of
from counsel.agents.transcripts.reading import (
    MOST_OPEN_CALLS,
    OpenCalls,
    ProjectOf,
    Remembered,
    Scribe,
    Tally,
    content_identity,
    unrecognised,
)
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
from counsel.model.ids import ActionId
from counsel.model.outcomes import Outcome

AGENT = "codex"
RECORD_TYPES = frozenset(
    {"session_meta", "turn_context", "response_item", "event_msg", "compacted"}
)

_PEEKED = 64  # lines searched for the model's name, which comes with the first turn
_MODEL = re.compile(rb'"model": ?"([\w.:/@-]{1,80})"')
_CALLS = ("function_call", "custom_tool_call", "local_shell_call")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")


class _Payload(Struct):
    type: str = ""
    id: str | None = None
    call_id: str | None = None
    cwd: str = ""
    cli_version: str = ""
    thread_source: str | None = None
    name: str = ""
    namespace: str | None = None
    arguments: Raw = Raw(b"")
    input: Raw = Raw(b"")
    action: Raw = Raw(b"")
    output: Raw = Raw(b"")
    result: Raw = Raw(b"")
    success: bool | None = None
    exit_code: int | None = None
    message: object = None
    reason: object = None
    last_agent_message: object = None


class _Record(Struct):
    type: str
    timestamp: str = ""
    payload: _Payload = msgspec.field(default_factory=_Payload)


class _McpResult(Struct):
    Ok: Raw = Raw(b"")
    Err: Raw = Raw(b"")


class _McpOk(Struct, rename="camel"):
    is_error: bool | None = None


_records = msgspec.json.Decoder(_Record)
_mcp_results = msgspec.json.Decoder(_McpResult)
_mcp_oks = msgspec.json.Decoder(_McpOk)
_native_text = msgspec.json.Decoder(str)


def read_codex(lines: Iterable[bytes], project: ProjectOf, tally: Tally) -> Iterator[Event]:
    """The events of one rollout. Raises `BadTranscript` when it is none."""
    iterator = iter(lines)
    first = list(islice(iterator, _PEEKED))
    found = next((match for match in map(_MODEL.search, first) if match), None)
    reading = _Reading(project, found[1].decode("utf-8", "replace") if found else "")
    for line in chain(first, iterator):
        try:
            record = _records.decode(line)
            known = record.type in RECORD_TYPES
            events = reading.events(record, line) if known else []
        except DECODE_ERRORS:
            known = False
        if not known:
            tally.skipped += 1
            continue
        tally.records += 1
        yield from events
    if not tally.records:
        raise unrecognised(AGENT)
    yield from reading.end()


def rollout_outcome(line: bytes, call: ActionId, tool: str = "Bash") -> Outcome | None:
    """The outcome of `call`, if this line of a rollout is its output; None for any other line.

    For the service, which completes an `unknown` outcome from the tail of the rollout.
    """
    if call.encode("utf-8", "replace") not in line:
        return None
    try:
        payload = _records.decode(line).payload
    except DECODE_ERRORS:
        return None
    if payload.type not in _OUTPUTS or payload.call_id != call:
        return None
    return outcome_of(call, tool, payload.output, silence="ok")


class _Reading:
    """Where the reading of one rollout stands."""

    def __init__(self, project: ProjectOf, model: str) -> None:
        self._scribe = Scribe(AGENT, project)
        self._model = model
        self._calls = OpenCalls()
        self._records = Remembered()
        self._hints: dict[str, EndHint] = {}
        self._subagent: str | None = None
        self._last = ""

    def events(self, record: _Record, line: bytes) -> list[Event]:
        """What one record says."""
        payload = record.payload
        self._scribe.turn_to(cwd=payload.cwd, timestamp=record.timestamp)
        self._last = identity = f"{record.timestamp} {content_identity(line)}"
        if not self._records.is_new(identity):
            return []
        if record.type == "session_meta":
            return self._start(payload)
        if record.type == "compacted":
            return [ContextCompacted(**self._scribe.head(identity), stage="after")]
        if record.type == "response_item":
            return self._item(payload, identity)
        if record.type == "event_msg":
            return self._event(payload, identity)
        return []

    def end(self) -> Iterator[Event]:
        """The end of the session, if it had a beginning."""
        if self._scribe.session:
            yield SessionEnded(**self._scribe.head(f"end {self._last}"), reason="end of transcript")

    def _start(self, payload: _Payload) -> list[Event]:
        if self._scribe.session or not payload.id:  # a fork repeats its parent's beginning
            return []
        self._scribe.turn_to(session=payload.id)
        source = payload.thread_source or "user"
        self._subagent = None if source == "user" else cut(source, NAME_LIMIT)
        return [
            SessionStarted(
                **self._scribe.head("start"),
                cwd=self._scribe.cwd,
                source="import",
                model=self._model,
                agent_version=cut(payload.cli_version, NAME_LIMIT),
            )
        ]

    def _item(self, payload: _Payload, identity: str) -> list[Event]:
        call = ActionId(payload.call_id or payload.id or "")
        if payload.type in _CALLS:
            return self._proposal(payload, call, identity)
        if payload.type not in _OUTPUTS:
            return []
        tool = self._calls.close(call)
        hint = self._hints.pop(call, NO_HINT)
        if tool is None:
            return []
        outcome = outcome_of(call, tool, payload.output, silence="ok", hint=hint)
        return [
            OutcomeObserved(
                **self._scribe.head(identity), trace=self._scribe.trace(call), outcome=outcome
            )
        ]

    def _proposal(self, payload: _Payload, call: ActionId, identity: str) -> list[Event]:
        tool = _tool_name(payload)
        if not call or not tool:
            return []
        action = action_of(
            CODEX,
            id=call,
            tool=tool,
            native_input=_native_input(payload),
            subagent=self._subagent,
        )
        if not self._calls.open(call, tool):
            return []
        return [
            ActionProposed(
                **self._scribe.head(identity),
                trace=self._scribe.trace(call),
                action=action,
                cwd=self._scribe.cwd,
            )
        ]

    def _event(self, payload: _Payload, identity: str) -> list[Event]:
        match payload.type:
            case "user_message" if self._subagent is None and text_of(payload.message).strip():
                text = cut(text_of(payload.message), ARGUMENT_LIMIT)
                return [PromptGiven(**self._scribe.head(identity), text=text)]
            case "turn_aborted" if payload.reason == "interrupted":
                text = "[Turn aborted: interrupted]"
                return [PromptGiven(**self._scribe.head(identity), text=text, interrupted=True)]
            case "task_complete":
                message = cut(text_of(payload.last_agent_message), RESULT_LIMIT)
                return [TurnStopped(**self._scribe.head(identity), last_message=message)]
            case "exec_command_end" | "patch_apply_end" | "mcp_tool_call_end":
                self._remember_end(payload)
        return []

    def _remember_end(self, payload: _Payload) -> None:
        if not payload.call_id:
            return
        if len(self._hints) >= MOST_OPEN_CALLS:
            del self._hints[next(iter(self._hints))]
        went_well = payload.success
        if payload.type == "mcp_tool_call_end":
            went_well = _mcp_success(payload.result)
        code = payload.exit_code if payload.type == "exec_command_end" else None
        sane = code if code is not None and abs(code) < 100_000 else None
        self._hints[payload.call_id] = EndHint(succeeded=went_well, exit_code=sane)


def _tool_name(payload: _Payload) -> str:
    if payload.type == "local_shell_call":
        return "local_shell"
    name = cut(payload.name, NAME_LIMIT)
    if not payload.namespace or not name:
        return name
    # Connectors name their tools `_create_issue`, servers `read_wiki`: hooks see the joined name.
    joint = "" if name.startswith("_") else "__"
    return f"{cut(payload.namespace, NAME_LIMIT)}{joint}{name}"


def _native_input(payload: _Payload) -> bytes | Raw:
    """The call's input as JSON: function arguments are JSON inside a string."""
    if payload.type == "local_shell_call":
        return payload.action
    if payload.type == "custom_tool_call":
        return payload.input
    try:
        text = _native_text.decode(payload.arguments)
    except DECODE_ERRORS:
        return payload.arguments
    inner = text.encode()
    try:
        msgspec.json.decode(inner)
    except DECODE_ERRORS:
        return payload.arguments
    return inner


def _mcp_success(result: Raw) -> bool | None:
    try:
        both = _mcp_results.decode(result)
        if both.Err:
            return False
        return _mcp_oks.decode(both.Ok).is_error is not True if both.Ok else None
    except DECODE_ERRORS:
        return None
