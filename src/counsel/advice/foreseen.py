"""A failure that a rule foresees for the call at hand, and how it becomes advice.

A rule states what it sees and what it claims (`prior`); its record (`counsel.memory.foresight`)
says how often it was right. Below the class's threshold a foreseen failure is kept as a silent
candidate, so that its record goes on growing and the rule can earn its voice.
"""

from msgspec import Struct

from counsel.memory.foresight import Foresight
from counsel.model.advice import Candidate, FailureClass, SourceName
from counsel.model.ids import LessonId

SPEAK_FROM = {"mistake": 0.42, "refusal": 0.3, "other": 0.5, "signal": 0.9}
"""Estimated probability from which a foreseen failure is worth saying, by class. A refusal costs
a human's time twice, so it is worth a less certain word. `signal` is a call doing its job."""


class Foreseen(Struct, frozen=True, kw_only=True):
    """One foreseen failure. `object` makes the advice id specific (a path, a flag)."""

    rule: str
    basis: str
    prior: float
    signature: str
    text: str
    object: str = ""
    failure_class: FailureClass = "mistake"
    evidence: str = ""
    lesson: LessonId | None = None
    certain: bool = False


def candidate(foreseen: Foreseen, foresight: Foresight, source: SourceName) -> Candidate:
    """The candidate with relevance and trust = the estimate, or 0 where it is too unsure."""
    estimate = foresight.estimate(foreseen.basis, foreseen.prior)
    voice = estimate if estimate >= SPEAK_FROM[foreseen.failure_class] else 0.0
    return Candidate(
        id=f"{source}:{foreseen.rule}:{foreseen.object}"[:200],
        source=source,
        text=foreseen.text,
        relevance=voice,
        trust=voice,
        signature=foreseen.signature,
        basis=foreseen.basis,
        failure_class=foreseen.failure_class,
        lesson=foreseen.lesson,
        category=foreseen.rule,
        evidence=foreseen.evidence,
        caution=True,
    )
