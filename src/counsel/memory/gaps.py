"""Knowledge gaps: predictions that failed, as questions, and the suggestions they give rise to.

| before the call | it | asks |
|---|---|---|
| success expected, on counts of its own | failed as a check | WHEN does it fail here? |
| success expected, on counts of its own | failed otherwise | WHY did it fail? |
| failure expected, on counts of its own | passed | HOW did it come to pass? |
| no counts of its own to speak of | failed, and is no check | WHAT does it mean? |

A search without a match did its job and leaves no question open.

A gap is known by (question, pattern, signature); meeting it again only counts. Gaps rank by their
surprise, damped by how few distinct sessions met them: one loop cannot inflate itself.
"""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from counsel.memory.steps import CHECKS, Pattern, Step, digest
from counsel.model.ids import SessionId, TraceId

Question = Literal["WHY", "WHEN", "HOW", "WHAT"]

SURE = 0.5
"""Confidence from which a prediction stands on counts of its own."""
SURPRISING = 0.5
SESSIONS_KEPT = 20
STEPS_KEPT = 6
WORTH_ASKING = 2
"""Distinct sessions that must have met a gap before it becomes a suggestion."""


class Gap(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One open question. `surprise` is the sum over `count` meetings."""

    question: Question
    pattern: Pattern
    signature: str = ""
    count: int = 1
    surprise: float = 0.0
    sessions: tuple[SessionId, ...] = ()
    """The first SESSIONS_KEPT distinct ones."""
    steps: tuple[TraceId, ...] = ()
    """The last few."""
    last_ms: int = 0

    @property
    def id(self) -> str:
        """Stable for the same question about the same thing."""
        pattern = self.pattern
        parts = (pattern.kind, pattern.program, pattern.subcommand, self.signature)
        return f"gap_{digest(self.question, *parts)}"


class Opportunity(Struct, frozen=True, kw_only=True):
    """A suggestion for the inbox. The caller knows which ids were accepted or dismissed."""

    id: str
    gap: str
    text: str
    score: float


def gap_of(step: Step, session: SessionId) -> Gap | None:
    """The question a closed step leaves open, None if it went as expected."""
    question = _question(step)
    if question is None:
        return None
    return Gap(
        question=question,
        pattern=step.deed.pattern,
        signature=step.signature,
        surprise=step.surprise,
        sessions=(session,),
        steps=(step.id,),
        last_ms=step.ended_ms,
    )


def merged(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """One gap per id, counts added, in the order of first appearance."""
    by_id: dict[str, Gap] = {}
    for gap in gaps:
        had = by_id.get(gap.id)
        by_id[gap.id] = gap if had is None else _joined(had, gap)
    return tuple(by_id.values())


def ranked(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Most worth knowing first; ties by id."""
    return tuple(sorted(merged(gaps), key=lambda gap: (-_score(gap), gap.id)))


def opportunities(
    gaps: Iterable[Gap], *, settled: Sequence[str] = (), limit: int = 10
) -> tuple[Opportunity, ...]:
    """Suggestions for gaps that recurred, best first, without the ids in `settled`."""
    found = (
        Opportunity(
            id=f"opp_{gap.id.removeprefix('gap_')}",
            gap=gap.id,
            text=_suggestion(gap),
            score=_score(gap),
        )
        for gap in ranked(gaps)
        if len(gap.sessions) >= WORTH_ASKING
    )
    return tuple(one for one in found if one.id not in settled)[:limit]


def _question(step: Step) -> Question | None:
    prediction = step.prediction
    is_check = step.deed.purpose in CHECKS
    if step.result == "failed":
        if step.failure_class == "signal" and not is_check:
            return None
        if prediction.confidence < SURE:
            return None if is_check else "WHAT"
        if step.surprise < SURPRISING:
            return None
        return "WHEN" if is_check else "WHY"
    surprising = step.surprise >= SURPRISING and prediction.confidence >= SURE
    return "HOW" if step.result == "ok" and surprising else None


def _joined(had: Gap, gap: Gap) -> Gap:
    return replace(
        had,
        count=had.count + gap.count,
        surprise=had.surprise + gap.surprise,
        sessions=tuple(dict.fromkeys((*had.sessions, *gap.sessions)))[:SESSIONS_KEPT],
        steps=tuple(dict.fromkeys((*had.steps, *gap.steps)))[-STEPS_KEPT:],
        last_ms=max(had.last_ms, gap.last_ms),
    )


def _score(gap: Gap) -> float:
    """Mean surprise, times distinct sessions, times the root of sessions / count."""
    if not gap.count:
        return 0.0
    sessions = len(gap.sessions)
    return gap.surprise / gap.count * sessions * sqrt(min(1.0, sessions / gap.count))


def _suggestion(gap: Gap) -> str:
    name = f"{gap.pattern.program} {gap.pattern.subcommand}".strip() or gap.pattern.kind
    said = gap.signature.partition("|")[2][:80].strip()
    told = f' with "{said}"' if said else ""
    scope = f"({gap.count} times in {len(gap.sessions)} sessions)"
    match gap.question:
        case "WHY":
            return f"Find out why `{name}`, which usually passes, fails{told} {scope}."
        case "WHEN":
            return f"Find out when `{name}` fails{told}, and check that before {scope}."
        case "HOW":
            return f"`{name}` usually fails but passed {scope}: write down how."
        case "WHAT":
            return f"Find out what it means when `{name}` fails{told} {scope}."
