"""Copilot CLI's `events.jsonl`: `{type, data, id, timestamp}` a line.

Rules (Copilot CLI 1.0.64):
- calls are `tool.execution_start` and `tool.execution_complete`, joined by `toolCallId`; they may
  be logged twice;
- a shell's result ends in `<shellId: N completed with exit code N>`, and a failed command is
  still `success: true`; one that is still running says so;
- prompts are `user.message`; hook, turn and system records say nothing about calls.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Raw, Struct

from counsel.agents.payload import DECODE_ERRORS, EMPTY_OBJECT, text_of
from counsel.agents.texts import ARGUMENT_LIMIT, NAME_LIMIT, cut, cut_or_none
from counsel.agents.tools import COPILOT_CLI, action_of
from counsel.agents.transcripts.reading import (
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
    Event,
    OutcomeObserved,
    PromptGiven,
    SessionEnded,
    SessionStarted,
)
from counsel.model.ids import ActionId
from counsel.model.outcomes import Outcome, OutcomeStatus

AGENT = "copilot-cli"

_EXIT = re.compile(r"<shellId: \S+ completed with exit code (-?\d{1,5})>\s*\Z")
_RUNNING = re.compile(r"<command with shellId: \S+ is still running after ")


class _Context(Struct):
    cwd: str = ""


class _Result(Struct):
    content: str = ""


class _Error(Struct):
    message: str = ""
    code: object = None


class _Data(Struct, rename="camel"):
    session_id: str = ""
    copilot_version: object = None
    context: _Context | None = None
    content: object = None
    tool_call_id: str = ""
    tool_name: str = ""
    arguments: Raw = EMPTY_OBJECT
    success: bool | None = None
    result: _Result | None = None
    error: _Error | None = None


class _Record(Struct):
    type: str
    data: _Data
    id: str = ""
    timestamp: str = ""


_records = msgspec.json.Decoder(_Record)


def read_copilot_cli(lines: Iterable[bytes], project: ProjectOf, tally: Tally) -> Iterator[Event]:
    """The events of one session. Raises `BadTranscript` when it is none."""
    reading = _Reading(project)
    for line in lines:
        try:
            record = _records.decode(line)
            event = reading.event(record, line)
        except DECODE_ERRORS:
            tally.skipped += 1
            continue
        tally.records += 1
        if event is not None:
            yield event
    if not reading.started:
        raise unrecognised(AGENT)
    yield reading.end()


class _Reading:
    """Where the reading of one file stands."""

    def __init__(self, project: ProjectOf) -> None:
        self._scribe = Scribe(AGENT, project)
        self._calls = OpenCalls()
        self._records = Remembered()
        self._last = ""

    @property
    def started(self) -> bool:
        return bool(self._scribe.session)

    def event(self, record: _Record, line: bytes) -> Event | None:
        """What one record says, if it says anything."""
        self._scribe.turn_to(timestamp=record.timestamp)
        self._last = identity = record.id or content_identity(line)
        if not self._records.is_new(identity):
            return None
        match record.type:
            case "session.start":
                return self._start(record.data)
            case "user.message" if text_of(record.data.content).strip():
                text = cut(text_of(record.data.content), ARGUMENT_LIMIT)
                return PromptGiven(**self._scribe.head(identity), text=text)
            case "tool.execution_start":
                return self._proposal(record.data, identity)
            case "tool.execution_complete":
                return self._result(record.data, identity)
        return None

    def end(self) -> Event:
        """The end of the session."""
        return SessionEnded(**self._scribe.head(f"end {self._last}"), reason="end of transcript")

    def _start(self, data: _Data) -> Event | None:
        if self._scribe.session or not data.session_id:
            return None
        cwd = data.context.cwd if data.context else ""
        self._scribe.turn_to(session=data.session_id, cwd=cwd)
        version = cut(text_of(data.copilot_version), NAME_LIMIT)
        return SessionStarted(
            **self._scribe.head("start"), cwd=cwd, source="import", agent_version=version
        )

    def _proposal(self, data: _Data, identity: str) -> Event | None:
        call = ActionId(data.tool_call_id)
        if not call or not data.tool_name:
            return None
        action = action_of(COPILOT_CLI, id=call, tool=data.tool_name, native_input=data.arguments)
        if not self._calls.open(call, data.tool_name):
            return None
        return ActionProposed(
            **self._scribe.head(identity),
            trace=self._scribe.trace(call),
            action=action,
            cwd=self._scribe.cwd,
        )

    def _result(self, data: _Data, identity: str) -> Event | None:
        call = ActionId(data.tool_call_id)
        tool = self._calls.close(call)
        if tool is None:
            return None
        return OutcomeObserved(
            **self._scribe.head(identity),
            trace=self._scribe.trace(call),
            outcome=_outcome(call, tool, data),
        )


def _outcome(call: ActionId, tool: str, data: _Data) -> Outcome:
    output = data.result.content if data.result else ""
    found = _EXIT.search(output[-200:])
    code = int(found[1]) if found else None
    status: OutcomeStatus = "ok" if data.success else "failed"
    if data.error and text_of(data.error.code) in ("denied", "rejected"):
        status = "denied"
    elif _RUNNING.search(output[-400:]):
        status = "running"
    elif code:
        status = "failed"
    failed = status in ("failed", "denied")
    error = data.error.message if data.error else output
    return Outcome(
        action_id=call,
        tool=tool,
        status=status,
        error=cut_or_none(error) if failed else None,
        output=None if failed else cut_or_none(output),
        exit_code=code,
    )
