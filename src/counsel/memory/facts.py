"""What one session has done so far, as far as it bears on the next call. A fold over its events.

Facts are kept per reader: a sub-agent does not share what its parent has read. A restart of the
agent (`/exit`, `/clear`, a compaction, a resumed session) makes it forget what it had read.
"""

from typing import Any, Literal

from msgspec import Struct, field

from counsel.memory.failure_class import class_of
from counsel.memory.redaction import redact
from counsel.memory.refused import refused_word
from counsel.memory.signature import signature
from counsel.model.actions import Action, ToolKind
from counsel.model.advice import FailureClass
from counsel.model.commands import parse_command
from counsel.model.events import (
    ActionProposed,
    ContextCompacted,
    CwdChanged,
    Event,
    FileChanged,
    OutcomeObserved,
    PromptGiven,
    SessionStarted,
)
from counsel.model.outcomes import Outcome

RESTARTS = ("/exit", "/clear", "/compact", "/resume", "/quit")
KEPT = 400
WEIGHTY = frozenset(("edit", "write", "shell", "plan", "mcp"))
NEAR = 3
_WRITERS = frozenset(
    "gofmt goimports prettier black isort rustfmt sed perl patch mise biome eslint ruff".split()
)
_GIT_WRITERS = frozenset(
    "checkout switch reset restore stash pull merge rebase cherry-pick revert apply am".split()
)


class Touch(Struct):
    """When and how a file was last seen by its reader. `calls` counts the session's calls then."""

    at_ms: int
    calls: int
    how: Literal["read", "part", "edit", "write"]
    restarts: int = 0
    mtime_ns: int = 0


class Failed(Struct):
    """A failed call: what it was, how it failed, and how many writes had happened by then."""

    signature: str
    failure_class: FailureClass
    word: str
    writes: int
    calls: int
    at_ms: int
    times: int = 1


class Refused(Struct):
    """A human's no: to what kind of call, with words or without, and what came since."""

    kind: ToolKind
    words: bool
    signature: str
    streak: int = 1
    """Refusals in a row, with at most three weighty calls between."""
    since: int = 0
    """Weighty calls (those a human is asked about) since."""


class OpenCall(Struct):
    """A call that was proposed and has not ended."""

    action: Action
    cwd: str
    at_ms: int
    prompt: str = ""


class Facts(Struct):
    """The state. Mutable, owned by one fold; serialisable as JSON for snapshots."""

    root: str = ""
    cwd: str = ""
    prompt: str = ""
    calls: int = 0
    writes: int = 0
    restarts: int = 0
    refused: Refused | None = None
    """The human's last no, until the human speaks again."""
    last_ms: int = 0
    pause_ms: int = 0
    """The longest silence since the last prompt but one: a resumed session shows as one."""
    touched: dict[str, Touch] = field(default_factory=dict)
    replaced: dict[str, list[str]] = field(default_factory=dict)
    disturbed: dict[str, str] = field(default_factory=dict)
    """File -> what changed it behind the reader's back."""
    swept: str = ""
    """The last command that may have rewritten many files, and when (`swept_calls`)."""
    swept_calls: int = -1
    broken: dict[str, str] = field(default_factory=dict)
    """Tool -> signature of a failure that is the tool's own."""
    failed: dict[str, Failed] = field(default_factory=dict)
    """Fingerprint of a call -> how it failed last."""
    last_failed: dict[str, str] = field(default_factory=dict)
    """Pattern -> signature of its last outcome, empty after a success."""
    open: dict[str, OpenCall] = field(default_factory=dict)

    def reader(self, action: Action, path: str) -> str:
        return f"{action.subagent or ''}\0{path}"


class Ended(Struct, frozen=True):
    """A call with its end, as the learner needs it."""

    call: OpenCall
    outcome: Outcome
    failure_class: FailureClass | None
    signature: str
    word: str | None


def fingerprint(action: Action) -> str:
    """The same for the same call: tool and every field that matters, not its description."""
    fields = (action.command, action.path, action.old_text, action.new_text, action.pattern)
    extra = action.arguments if not any(fields) else ""
    parts = [action.tool, *(text or "" for text in fields), (action.content or "")[:400], extra]
    return "\0".join(parts)[:4_000]


def pattern_of(action: Action) -> str:
    """`tool`, `tool program sub-command` or `tool .extension`: what failure rates are kept by."""
    if action.command is not None:
        commands = parse_command(action.command)
        lead = next((c for c in commands if c.program not in ("cd", "export")), None)
        if lead is not None:
            return f"{action.tool} {lead.program} {lead.subcommand}".rstrip()
        return action.tool
    if action.path:
        name = action.path.rsplit("/", 1)[-1]
        return f"{action.tool} .{name.rsplit('.', 1)[-1]}" if "." in name else action.tool
    return f"{action.tool} {action.target}" if action.target else action.tool


def observe(facts: Facts, event: Event) -> Ended | None:
    """Fold one event in; returns the ended call where one ended."""
    silence = event.at_ms - facts.last_ms if facts.last_ms else 0
    facts.last_ms = max(facts.last_ms, event.at_ms)
    if isinstance(event, ActionProposed):
        _proposed(facts, event)
    elif isinstance(event, OutcomeObserved):
        return _ended(facts, event)
    elif isinstance(event, PromptGiven):
        _prompted(facts, event, silence)
    elif isinstance(event, SessionStarted):
        facts.root = facts.root or event.cwd
        facts.cwd = event.cwd or facts.cwd
        if event.source in ("resume", "clear", "compact", "fork"):
            facts.restarts += 1
    elif isinstance(event, ContextCompacted):
        facts.restarts += 1 if event.stage == "after" or event.trigger else 0
    elif isinstance(event, CwdChanged):
        facts.cwd = event.new
    elif isinstance(event, FileChanged):
        facts.disturbed[event.path] = "another hand"
        _bounded(facts.disturbed)
    return None


def _prompted(facts: Facts, event: PromptGiven, silence: int) -> None:
    if event.interrupted:
        return
    if event.text.startswith(RESTARTS):
        facts.restarts += 1
    facts.prompt = event.text[:2_000]
    facts.refused = None
    facts.pause_ms = max(facts.pause_ms // 2, silence)


def _proposed(facts: Facts, event: ActionProposed) -> None:
    facts.calls += 1
    facts.cwd = event.cwd or facts.cwd
    facts.root = facts.root or event.cwd
    facts.open[event.action.id] = OpenCall(
        action=event.action, cwd=facts.cwd, at_ms=event.at_ms, prompt=facts.prompt
    )
    _bounded(facts.open)


def _ended(facts: Facts, event: OutcomeObserved) -> Ended | None:
    call = facts.open.pop(event.outcome.action_id, None)
    if call is None:
        return None
    ended = ending_of(call, event.outcome)
    if ended.failure_class is not None:
        _went_wrong(facts, ended, event.at_ms)
    elif ended.outcome.status == "ok":
        _went_well(facts, call, event.at_ms)
    return ended


_ERROR_READ = 8_000


def ending_of(call: OpenCall, outcome: Outcome) -> Ended:
    """The call with its end: class, signature and refused word of its failure."""
    failure = class_of(call.action, outcome)
    error = redact((outcome.error or "")[:_ERROR_READ]) if failure else ""
    return Ended(
        call=call,
        outcome=outcome,
        failure_class=failure,
        signature=signature(call.action.tool, error) if failure else "",
        word=refused_word(call.action, error) if failure == "mistake" else None,
    )


def _went_wrong(facts: Facts, ended: Ended, now: int) -> None:
    action, failure, sign = ended.call.action, ended.failure_class, ended.signature
    assert failure is not None
    if failure == "refusal":
        _refused(facts, ended)
    key = fingerprint(action)
    earlier = facts.failed.pop(key, None)
    facts.failed[key] = Failed(
        signature=sign,
        failure_class=failure,
        word=ended.word or "",
        writes=facts.writes,
        calls=facts.calls,
        at_ms=now,
        times=earlier.times + 1 if earlier else 1,
    )
    _bounded(facts.failed)
    facts.last_failed[pattern_of(action)] = sign
    _bounded(facts.last_failed)
    lowered = sign.lower()
    if action.kind != "shell" and ("spawn" in lowered or "enoent:" in lowered):
        facts.broken[action.tool] = sign
    if action.path and "has not been read" in lowered:
        facts.touched.pop(facts.reader(action, action.path), None)


def _refused(facts: Facts, ended: Ended) -> None:
    before = facts.refused
    near = before is not None and before.since <= NEAR
    facts.refused = Refused(
        kind=ended.call.action.kind,
        words=bool(ended.outcome.human_words),
        signature=ended.signature,
        streak=before.streak + 1 if before is not None and near else 1,
    )


def _went_well(facts: Facts, call: OpenCall, now: int) -> None:
    action = call.action
    if facts.refused is not None and action.kind in WEIGHTY:
        facts.refused.since += 1
    facts.broken.pop(action.tool, None)
    facts.last_failed.pop(pattern_of(action), None)
    facts.failed.pop(fingerprint(action), None)
    if action.path and action.kind in ("read", "edit", "write"):
        _touch(facts, action, now)
    if action.kind in ("edit", "write"):
        facts.writes += 1
    elif action.command is not None:
        _ran(facts, action.command)


def _touch(facts: Facts, action: Action, now: int) -> None:
    assert action.path is not None
    key = facts.reader(action, action.path)
    how: Literal["read", "part", "edit", "write"] = "edit"
    if action.kind == "read":
        how = "read" if action.whole_file else "part"
    elif action.kind == "write":
        how = "write"
    facts.touched.pop(key, None)
    facts.touched[key] = Touch(at_ms=now, calls=facts.calls, how=how, restarts=facts.restarts)
    facts.disturbed.pop(action.path, None)
    _bounded(facts.touched)
    if action.kind == "edit" and action.old_text:
        written = action.new_text or ""
        gone = [*facts.replaced.pop(action.path, []), action.old_text]
        facts.replaced[action.path] = [text for text in gone if text not in written][-20:]
        _bounded(facts.replaced)
    elif action.kind == "write":
        facts.replaced.pop(action.path, None)


def _ran(facts: Facts, line: str) -> None:
    for command in parse_command(line):
        writes = command.program in _WRITERS or (
            command.program == "git" and command.subcommand in _GIT_WRITERS
        )
        if writes:
            facts.swept, facts.swept_calls = (
                f"{command.program} {command.subcommand}".strip(),
                (facts.calls),
            )
            facts.writes += 1
        for path in command.redirects:
            if not path.startswith("/dev/"):
                facts.disturbed[path] = "a redirection"
                facts.writes += 1
    _bounded(facts.disturbed)


def _bounded(kept: dict[str, Any]) -> None:
    while len(kept) > KEPT:
        del kept[next(iter(kept))]
