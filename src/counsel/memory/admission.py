"""A lesson on its way to the write gate, and into quarantine where that says no."""

import msgspec
from msgspec.structs import replace

from counsel.memory.lesson import Lesson
from counsel.memory.ports import Quarantined, QuarantineStage
from counsel.memory.redaction import redact
from counsel.memory.write_gate import Draft


def redacted(lesson: Lesson) -> Lesson:
    """The lesson without secrets and personal data in its texts."""
    return replace(
        lesson,
        text=redact(lesson.text),
        action=redact(lesson.action),
        reason=redact(lesson.reason),
        failing=redact(lesson.failing),
    )


def statement_of(lesson: Lesson) -> str:
    """What the lesson says, without its reason."""
    return lesson.text or lesson.action


def draft_of(lesson: Lesson, echo: bool) -> Draft:
    """The lesson as the write gate judges it."""
    return Draft(
        kind=lesson.kind,
        condition=lesson.condition,
        signature=lesson.signature,
        failing=lesson.failing,
        action=lesson.action,
        reason=lesson.reason,
        text=lesson.text,
        evidence=lesson.evidence,
        origin=lesson.origin,
        echo=echo,
    )


def quarantined(lesson: Lesson, reasons: tuple[str, ...], stage: QuarantineStage) -> Quarantined:
    """The row that can bring the lesson back."""
    return Quarantined(
        id=f"qua_{lesson.id.removeprefix('les_')}",
        at_ms=lesson.updated_ms,
        stage=stage,
        reason=", ".join(reasons),
        text=statement_of(lesson),
        source=lesson.origin,
        body=msgspec.json.encode(lesson),
    )
