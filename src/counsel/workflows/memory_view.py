"""Memory as a person or a program sees it from outside: summaries first, whole lessons on demand.

These shapes are what `/v1/memory/*` takes and answers, and what `counsel memory --json` prints.
"""

from collections.abc import Iterable

from msgspec import Struct

from counsel.memory.lesson import Condition, Lesson, LessonKind, LessonStatus
from counsel.memory.ports import Quarantined
from counsel.memory.reliability import trust
from counsel.memory.wording import evidence_line, lesson_text

LIMIT = 50
"""Rows of a list that nobody asked more of."""


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lessons: an empty field puts no condition. A project's include the global ones."""

    project: str = ""
    status: LessonStatus | None = None
    kind: LessonKind | None = None
    limit: int = LIMIT


class Summary(Struct, frozen=True, kw_only=True):
    """One lesson in a line. `trust` lies in [0, 1], `updated_ms` is UTC."""

    id: str
    kind: LessonKind
    status: LessonStatus
    project: str
    text: str
    evidence: str
    trust: float
    updated_ms: int


class Lessons(Struct, frozen=True, kw_only=True):
    """The first of `total` lessons: active ones first, and the last changed first."""

    total: int
    lessons: tuple[Summary, ...]


class Whole(Struct, frozen=True, kw_only=True):
    """One lesson with everything known of it."""

    text: str
    evidence: str
    trust: float
    lesson: Lesson


class NewLesson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person wants remembered. An empty project means everywhere."""

    text: str
    kind: LessonKind = "preference"
    project: str = ""
    condition: Condition = Condition()


class Admission(Struct, frozen=True, kw_only=True):
    """What the write gate said: `accepted`, `pending`, `duplicate` or `rejected`.

    `id` is the lesson's, or empty where none was kept; a rejected one is in quarantine under
    `quarantined`, with the gate's `reason`.
    """

    verdict: str
    id: str = ""
    text: str = ""
    quarantined: str = ""
    reason: str = ""
    restorable: bool = False


class Forget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of the three. With `dry_run` nothing is removed, only counted."""

    lesson: str = ""
    session: str = ""
    project: str = ""
    dry_run: bool = False


class Forgotten(Struct, frozen=True, kw_only=True):
    """How many lessons and events were (or with `dry_run` would be) removed for good."""

    lessons: int
    events: int
    sessions: tuple[str, ...] = ()
    """Those whose events were removed."""
    dry_run: bool = False


class Restored(Struct, frozen=True, kw_only=True):
    """Counts of lines: taken over, known already and no older, refused by the gate, unreadable."""

    added: int = 0
    kept: int = 0
    refused: int = 0
    bad: int = 0


class Held(Struct, frozen=True, kw_only=True):
    """One row of the quarantine. `restorable`: a lesson can be made of it."""

    id: str
    at_ms: int
    stage: str
    reason: str
    text: str
    restorable: bool


def summary(lesson: Lesson, now_ms: int) -> Summary:
    return Summary(
        id=lesson.id,
        kind=lesson.kind,
        status=lesson.status,
        project=lesson.project,
        text=lesson_text(lesson),
        evidence=evidence_line(lesson.evidence, now_ms),
        trust=round(trust(lesson, now_ms), 3),
        updated_ms=lesson.updated_ms,
    )


def whole(lesson: Lesson, now_ms: int) -> Whole:
    line = summary(lesson, now_ms)
    return Whole(text=line.text, evidence=line.evidence, trust=line.trust, lesson=lesson)


def told(one: Summary) -> str:
    """A lesson as a line of a report."""
    return f"{one.text} ({one.evidence})" if one.evidence else one.text


def restorable(row: Quarantined) -> bool:
    """Whether a person may let it in: what would command a model, or do harm, stays out."""
    return bool(row.body) and row.stage != "safety"


def held(row: Quarantined) -> Held:
    return Held(
        id=row.id,
        at_ms=row.at_ms,
        stage=row.stage,
        reason=row.reason,
        text=row.text,
        restorable=restorable(row),
    )


def best(lessons: Iterable[Lesson], now_ms: int, most: int = 3) -> tuple[Summary, ...]:
    """The active lessons with most evidence: distinct sessions first, then times.

    Those that say what to do stand before those that only expect a failure.
    """
    active = [lesson for lesson in lessons if lesson.status == "active"]
    active.sort(
        key=lambda one: (
            one.kind == "anti_pattern",
            -one.evidence.sessions,
            -one.evidence.seen,
            one.id,
        )
    )
    return tuple(summary(lesson, now_ms) for lesson in active[:most])
