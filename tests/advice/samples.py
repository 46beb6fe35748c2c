"""Candidates and situations for the tests of advice."""

from counsel.advice.gate import Situation
from counsel.advice.intent import Intent
from counsel.advice.rank import Ranked
from counsel.advice.sources import Query
from counsel.control.tuneables import Tuneables
from counsel.model.actions import Action, ToolKind
from counsel.model.advice import Candidate, SourceName
from counsel.model.commands import parse_command
from counsel.model.ids import ActionId, LessonId, ProjectKey, SessionId, TraceId

DEFAULTS = Tuneables()
NOW_MS = 1_700_000_000_000


def candidate(
    id: str = "chip:a",
    source: SourceName = "chip",
    *,
    text: str = "",
    relevance: float = 0.5,
    trust: float = 0.5,
    text_quality: float = 1.0,
    signature: str = "",
    lesson: str | None = None,
    category: str = "general",
    caution: bool = False,
    policy: bool = False,
    evidence: str = "",
) -> Candidate:
    return Candidate(
        id=id,
        source=source,
        text=text or f"Do {id}.",
        relevance=relevance,
        trust=trust,
        text_quality=text_quality,
        signature=signature,
        lesson=None if lesson is None else LessonId(lesson),
        category=category,
        caution=caution,
        backed_by_policy=policy,
        evidence=evidence,
    )


def ranked(
    score: float,
    id: str = "chip:a",
    source: SourceName = "chip",
    *,
    text: str = "",
    signature: str = "",
    lesson: str | None = None,
    category: str = "general",
    caution: bool = False,
    policy: bool = False,
) -> Ranked:
    made = candidate(
        id,
        source,
        text=text,
        signature=signature,
        lesson=lesson,
        category=category,
        caution=caution,
        policy=policy,
    )
    return Ranked(made, score)


def situation(
    *,
    kind: ToolKind = "shell",
    now_ms: int = NOW_MS,
    trace: str = "trace",
    phase: str = "",
    already_done: frozenset[str] = frozenset(),
    noisy: dict[str, int] | None = None,
    muted: frozenset[SourceName] = frozenset(),
    holdout_key: bytes | None = None,
) -> Situation:
    return Situation(
        kind=kind,
        now_ms=now_ms,
        trace=TraceId(trace),
        phase=phase,
        already_done=already_done,
        noisy=noisy or {},
        muted=muted,
        holdout_key=holdout_key,
    )


def shell(command: str, *, background: bool = False) -> Action:
    return Action(
        id=ActionId("call"), tool="Bash", kind="shell", command=command, background=background
    )


def query(
    action: Action, *, prompt: str = "", project: str = "app", platform: str = "linux"
) -> Query:
    return Query(
        action=action,
        commands=parse_command(action.command or ""),
        agent="claude-code",
        session=SessionId("s"),
        project=ProjectKey(project),
        cwd="/app",
        prompt=prompt,
        intent=Intent("unknown", "unknown", 0.0),
        phase="",
        now_ms=NOW_MS,
        platform=platform,
    )
