"""What Codex says about a finished call, read once for hooks and for rollouts.

Rules (texts as seen in Codex 0.140 to 0.142 rollouts):
- a report opens with header lines (`Chunk ID:`, `Wall time:`, `Process exited with code N`,
  `Process running with session ID N`, `Exit code: N`, ...) up to `Output:`; only these lines are
  believed, because a command may print the very same words;
- older versions answer JSON: `{"output", "metadata": {"exit_code", "duration_seconds"}}`;
- without a report `aborted by user`, `rejected by user`, `... failed` lead the text;
- without any mark the caller says what silence means: `ok` in a rollout (tools without an exit
  code went through), `unknown` in a hook payload (Codex runs the hook after failures as well and
  leaves the exit code out).
"""

import re

import msgspec
from msgspec import Raw, Struct

from counsel.agents.payload import DECODE_ERRORS, block_text
from counsel.agents.texts import cut_or_none
from counsel.model.ids import ActionId
from counsel.model.outcomes import Outcome, OutcomeStatus

_HEADER = re.compile(
    r"(?:Chunk ID: .*|Wall time: (?P<wall>[\d.]{1,12}) seconds"
    r"|Process exited with code (?P<code>-?\d{1,5})|Exit code: (?P<exit>-?\d{1,5})"
    r"|Process (?P<running>running) with session ID .*"
    r"|Original token count: \d+|Total output lines: \d+)\Z"
)
_ABORTED = re.compile(r"\A(?:aborted by user|command was interrupted)")
_REJECTED = re.compile(r"\A(?:\w+ )?(?:command |patch )?rejected by user")
_HOOK = re.compile(r"\A(?:Command|Tool call) blocked by PreToolUse hook")
_FAILED = re.compile(
    r"\A(?:(?:apply_patch|exec_command|write_stdin|shell|shell_command|local_shell|view_image)"
    r" (?P<check>verification )?failed(?:: | for )"
    r"|(?P<parse>failed to parse function arguments|unsupported call): |tool call error: )"
)
_DONE = re.compile(r"\ASuccess\. Updated the following files:")


class Report(Struct, frozen=True, kw_only=True):
    """The header of one result, and the output under it."""

    body: str
    exit_code: int | None = None
    running: bool = False
    duration_ms: int | None = None


class EndHint(Struct, frozen=True, kw_only=True):
    """What another record of a rollout says about the end of a call."""

    succeeded: bool | None = None
    exit_code: int | None = None


NO_HINT = EndHint()


def outcome_of(
    action: ActionId,
    tool: str,
    result: bytes | Raw,
    *,
    silence: OutcomeStatus,
    hint: EndHint = NO_HINT,
) -> Outcome:
    """The outcome that a native result tells; `silence` is what no mark at all means."""
    text, told = result_text(result)
    report = read_report(text)
    code = report.exit_code if report.exit_code is not None else hint.exit_code
    status = _status(report, code, _either(told, hint.succeeded), silence)
    failed = status not in ("ok", "running", "unknown")
    return Outcome(
        action_id=action,
        tool=tool,
        status=status,
        error=cut_or_none(_error_text(report.body, code)) if failed else None,
        output=None if failed else cut_or_none(report.body),
        exit_code=code,
        duration_ms=report.duration_ms,
        rejected_by_agent=status == "failed" and _refused_input(report.body),
    )


def read_report(text: str) -> Report:
    """The header lines of `text`, if it opens with any, and what follows them."""
    if text.startswith("{"):
        return _json_report(text)
    exit_code: int | None = None
    duration: int | None = None
    running = False
    rest = text
    while (found := _HEADER.match((cut_line := rest.partition("\n"))[0])) is not None:
        rest = cut_line[2]
        running = running or bool(found["running"])
        code = found["code"] or found["exit"]
        exit_code = int(code) if code else exit_code
        duration = _wall_ms(found["wall"]) if found["wall"] else duration
    body = rest.removeprefix("Output:\n") if rest is not text else rest
    return Report(body=body, exit_code=exit_code, running=running, duration_ms=duration)


class _Result(Struct):
    content: Raw = Raw(b"")
    output: str | None = None
    success: bool | None = None
    isError: bool | None = None  # noqa: N815 - the agent's own key


_results = msgspec.json.Decoder(_Result)


def result_text(raw: bytes | Raw) -> tuple[str, bool | None]:
    """A native result as text, and whether it says by itself that it went well."""
    if not raw:
        return "", None
    text = block_text(raw)
    if text is not None:
        return text, None
    try:
        result = _results.decode(raw)
    except DECODE_ERRORS:
        return bytes(raw).decode("utf-8", "replace"), None
    told = result.success if result.isError is None else not result.isError
    shown = result.output if result.output is not None else block_text(result.content)
    return (shown if shown is not None else bytes(raw).decode("utf-8", "replace")), told


class _Metadata(Struct):
    exit_code: int | None = None
    duration_seconds: float | None = None


class _JsonReport(Struct):
    output: str
    metadata: _Metadata


_json_reports = msgspec.json.Decoder(_JsonReport)


def _json_report(text: str) -> Report:
    try:
        known = _json_reports.decode(text)
    except (*DECODE_ERRORS, UnicodeEncodeError):
        return Report(body=text)
    code = known.metadata.exit_code
    return Report(
        body=known.output,
        exit_code=code if code is not None and abs(code) < 100_000 else None,
        duration_ms=_wall_ms(str(known.metadata.duration_seconds or 0)),
    )


def _wall_ms(seconds: str) -> int | None:
    try:
        return int(float(seconds) * 1000)
    except (ValueError, OverflowError):
        return None


def _either(first: bool | None, second: bool | None) -> bool | None:
    return second if first is None else first


def _status(
    report: Report, code: int | None, told: bool | None, silence: OutcomeStatus
) -> OutcomeStatus:
    if code is not None:
        return "ok" if code == 0 else "failed"
    if report.running:
        return "running"
    marked = _marked_status(report.body)
    if marked is not None:
        return marked
    if told is not None:
        return "ok" if told else "failed"
    return silence


def _marked_status(body: str) -> OutcomeStatus | None:
    if _ABORTED.match(body):
        return "interrupted"
    if _REJECTED.match(body):
        return "denied"
    if _HOOK.match(body):
        return "hook_denied"
    if _FAILED.match(body):
        return "failed"
    return "ok" if _DONE.match(body) else None


def _refused_input(body: str) -> bool:
    found = _FAILED.match(body)
    return bool(found and (found["check"] or found["parse"]))


def _error_text(body: str, code: int | None) -> str:
    return body if code in (None, 0) else f"Exit code {code}\n{body}"
