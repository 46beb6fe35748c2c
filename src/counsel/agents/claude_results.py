"""What Claude Code says about a finished call, read once for hooks and for transcripts.

Rules (texts as seen in Claude Code 2.0.64 to 2.1.63 sessions):
- "The user doesn't want to proceed with this tool use": a human said no, and what follows
  "the user said:" is why;
- "Sibling tool call errored": cancelled with a parallel call, no failure of its own;
- `<tool_use_error>...</tool_use_error>`: the agent's own validation refused the input;
- "Permission to use ... has been denied": a permission rule refused it, no human;
- `PreToolUse:<Tool> hook error`: a hook refused it (a hook's JSON deny carries no mark);
- "Exit code N" leads the output of a failed command;
- "[Request interrupted by user": the human stopped the running call;
- everything else that is an error is a failure.
"""

import re

import msgspec
from msgspec import Raw, Struct

from counsel.agents.payload import DECODE_ERRORS, block_text, milliseconds
from counsel.agents.texts import RESULT_LIMIT, cut, cut_or_none
from counsel.model.ids import ActionId
from counsel.model.outcomes import Outcome, OutcomeStatus

INTERRUPTED = "[Request interrupted by user"
_DENIED = "The user doesn't want to proceed with this tool use"
_WORDS = "the user said:"
_SIBLING = re.compile(r"\A(?:Sibling tool call errored|Cancelled: parallel tool call )")
_OPEN, _CLOSE = "<tool_use_error>", "</tool_use_error>"
_EXIT = re.compile(r"\AExit code (\d{1,5})(?=\n|\Z)")
_RULE = re.compile(r"\APermission to use .{0,4000}? has been (?:auto-)?denied", re.DOTALL)
_HOOK = re.compile(r"\A(?:PreToolUse:\S+ hook (?:blocking )?error|Hook PreToolUse:\S+ denied)")


def failure(
    action: ActionId,
    tool: str,
    text: str,
    *,
    interrupted: bool = False,
    duration_ms: int | None = None,
) -> Outcome:
    """The outcome of a call whose result was marked as an error."""
    wrapped = text.lstrip().startswith(_OPEN)
    said = text.strip().removeprefix(_OPEN).removesuffix(_CLOSE).strip() if wrapped else text
    found = _EXIT.match(said)
    status = _failure_status(said, interrupted)
    return Outcome(
        action_id=action,
        tool=tool,
        status=status,
        error=cut_or_none(said),
        human_words=_human_words(said) if status == "denied" else None,
        exit_code=int(found[1]) if found else None,
        duration_ms=duration_ms,
        rejected_by_agent=status == "failed" and (wrapped or bool(_RULE.match(said))),
    )


def success(
    action: ActionId,
    tool: str,
    response: bytes | Raw,
    *,
    text: str | None = None,
    duration_ms: int | None = None,
) -> Outcome:
    """The outcome of a call that went through.

    `response` is the native `tool_response` (may be empty), `text` what the model saw of it,
    where that is known.
    """
    known = _response(response)
    shown = text if text is not None else _response_text(response, known)
    return Outcome(
        action_id=action,
        tool=tool,
        status=_success_status(known),
        output=cut_or_none(shown),
        duration_ms=duration_ms if duration_ms is not None else _duration(known),
    )


def batch_outcome(action: ActionId, tool: str, response: bytes | Raw) -> Outcome:
    """The outcome of one call of a batch, which carries no mark for an error.

    Without a response it is `unknown`; a text that only an error begins with is a failure.
    """
    if not response:
        return Outcome(action_id=action, tool=tool, status="unknown")
    text = block_text(response)
    if text is not None and _reads_as_failure(text):
        return failure(action, tool, text)
    return success(action, tool, response, text=text)


def denial(action: ActionId, tool: str, reason: str) -> Outcome:
    """The outcome of a call that was refused before it ran."""
    return Outcome(action_id=action, tool=tool, status="denied", error=cut_or_none(reason))


def _failure_status(text: str, interrupted: bool) -> OutcomeStatus:
    if text.startswith(_DENIED):
        return "denied"
    if interrupted or INTERRUPTED in text[:200]:
        return "interrupted"
    if _SIBLING.match(text):
        return "cancelled"
    return "hook_denied" if _HOOK.match(text) else "failed"


def _reads_as_failure(text: str) -> bool:
    return text.startswith((_OPEN, _DENIED, INTERRUPTED)) or bool(
        _EXIT.match(text) or _SIBLING.match(text) or _HOOK.match(text)
    )


def _human_words(text: str) -> str | None:
    _, found, words = text.partition(_WORDS)
    return cut_or_none(words.strip()) if found else None


class _File(Struct):
    content: str = ""


class _Response(Struct):
    stdout: str | None = None
    stderr: str | None = None
    interrupted: bool = False
    backgroundTaskId: str | None = None  # noqa: N815 - the agent's own key
    filenames: list[str] | None = None
    file: _File | None = None
    filePath: str | None = None  # noqa: N815
    result: str | None = None
    content: Raw = Raw(b"")
    durationMs: object = None  # noqa: N815
    totalDurationMs: object = None  # noqa: N815


_responses = msgspec.json.Decoder(_Response)
_NOTHING = _Response()


def _response(raw: bytes | Raw) -> _Response | None:
    """None where the tool answers in a shape of its own (MCP, plain text)."""
    if not raw:
        return _NOTHING
    try:
        return _responses.decode(raw)
    except DECODE_ERRORS:
        return None


def _success_status(known: _Response | None) -> OutcomeStatus:
    if known is None:
        return "ok"
    if known.interrupted:
        return "interrupted"
    return "running" if known.backgroundTaskId else "ok"


def _duration(known: _Response | None) -> int | None:
    if known is None:
        return None
    return milliseconds(known.totalDurationMs or known.durationMs)


def _response_text(raw: bytes | Raw, known: _Response | None) -> str | None:
    if known is None:
        text = block_text(raw)
        return text if text is not None else _as_written(raw)
    if known.stdout is not None or known.stderr is not None:
        return "\n".join(part for part in (known.stdout, known.stderr) if part)
    if known.file is not None:
        return known.file.content
    if known.content:
        return block_text(known.content)
    if known.filenames is not None:
        return "\n".join(known.filenames)
    if known.filePath is not None:  # an edit: what it changed is in the action already
        return None
    return known.result if known.result is not None else _as_written(raw)


def _as_written(raw: bytes | Raw) -> str | None:
    # Four bytes are the most that one character takes.
    text = bytes(raw)[: 4 * RESULT_LIMIT].decode("utf-8", "replace")
    return None if text in ("", "{}", "null") else cut(text, RESULT_LIMIT)
