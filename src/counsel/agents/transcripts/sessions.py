"""Event rows of session datasets: one JSON object a line, rows of a session in one piece.

Rules:
- the first row of a session is `session_start`, the last `session_end`; in between `prompt`,
  `action` and `outcome`, each with `session`, `seq`, `ts`, `agent`, `cwd`;
- several sessions and several agents may share a file; tools are read by their agent's table;
- absent flags mean "not known to be true"; `running` says that `ok` means nothing yet.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, assert_never

import msgspec
from msgspec import Raw, Struct

from counsel.agents import claude_results
from counsel.agents.payload import DECODE_ERRORS, EMPTY_OBJECT, Name, milliseconds
from counsel.agents.texts import ARGUMENT_LIMIT, NAME_LIMIT, cut, cut_or_none
from counsel.agents.tools import action_of, shapes_of
from counsel.agents.transcripts.reading import ProjectOf, Scribe, Tally, unrecognised
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


class _Row(Struct, kw_only=True):
    session: Name
    seq: int
    event: Literal["session_start", "prompt", "action", "outcome", "session_end"]
    ts: str | None = None
    agent: Name
    cwd: str = ""
    input: Raw = EMPTY_OBJECT
    text: str = ""
    interrupted: bool = False
    action_id: str = ""
    tool: str = ""
    subagent: str | None = None
    ok: bool | None = None
    error: str | None = None
    output: str | None = None
    exit_code: int | None = None
    duration_ms: object = None
    running: bool = False
    denied_by_user: bool = False
    user_reason: str | None = None
    cancelled: bool = False
    hook_denied: bool = False
    tool_use_error: bool = False
    truncated: bool = False


class _StartInput(Struct):
    version: str | None = None
    model: str | None = None


_rows = msgspec.json.Decoder(_Row)
_starts = msgspec.json.Decoder(_StartInput)


def read_sessions(lines: Iterable[bytes], project: ProjectOf, tally: Tally) -> Iterator[Event]:
    """The events of all sessions in the file. Raises `BadTranscript` when it has no row."""
    scribe = Scribe("", project)
    for line in lines:
        try:
            row = _rows.decode(line)
            scribe = scribe if scribe.agent == row.agent else Scribe(row.agent, project)
            event = _event(row, scribe)
        except DECODE_ERRORS:
            tally.skipped += 1
            continue
        tally.records += 1
        yield event
    if not tally.records:
        raise unrecognised("session dataset")


def _event(row: _Row, scribe: Scribe) -> Event:
    scribe.turn_to(session=row.session, timestamp=row.ts or "")
    scribe.cwd = row.cwd
    head = scribe.head(str(row.seq))
    match row.event:
        case "session_start":
            given = _starts.decode(row.input)
            return SessionStarted(
                **head,
                cwd=row.cwd,
                source="import",
                model=cut(given.model or "", NAME_LIMIT),
                agent_version=cut(given.version or "", NAME_LIMIT),
            )
        case "prompt":
            text = cut(row.text, ARGUMENT_LIMIT)
            return PromptGiven(**head, text=text, interrupted=row.interrupted)
        case "session_end":
            return SessionEnded(
                **head, reason="truncated" if row.truncated else "end of transcript"
            )
        case "action" | "outcome":
            _require_call(row)
            trace = scribe.trace(ActionId(row.action_id))
            if row.event == "outcome":
                return OutcomeObserved(**head, trace=trace, outcome=_outcome(row))
            action = action_of(
                shapes_of(row.agent),
                id=ActionId(row.action_id),
                tool=row.tool,
                native_input=row.input,
                subagent=row.subagent or None,
            )
            return ActionProposed(**head, trace=trace, action=action, cwd=row.cwd)
        case _:
            assert_never(row.event)


def _require_call(row: _Row) -> None:
    if not row.action_id or not row.tool:
        raise msgspec.ValidationError(f"an {row.event} row needs action_id and tool")


def _outcome(row: _Row) -> Outcome:
    status = _status(row)
    rejected = row.tool_use_error
    if status == "failed" and row.agent == "claude-code":
        # The row has no mark for a refusal by a permission rule; the text has.
        text = row.error or ""
        rejected = rejected or claude_results.failure(ActionId(""), "", text).rejected_by_agent
    code = row.exit_code
    return Outcome(
        action_id=ActionId(row.action_id),
        tool=row.tool,
        status=status,
        error=cut_or_none(row.error),
        output=cut_or_none(row.output),
        human_words=cut_or_none(row.user_reason),
        exit_code=code if code is not None and abs(code) < 2**31 else None,
        duration_ms=milliseconds(row.duration_ms),
        rejected_by_agent=rejected,
    )


def _status(row: _Row) -> OutcomeStatus:
    marks: tuple[tuple[bool, OutcomeStatus], ...] = (
        (row.running, "running"),
        (row.denied_by_user, "denied"),
        (row.hook_denied, "hook_denied"),
        (row.interrupted, "interrupted"),
        (row.cancelled, "cancelled"),
        (row.ok is True, "ok"),
        (row.ok is False, "failed"),
    )
    return next((status for marked, status in marks if marked), "unknown")
