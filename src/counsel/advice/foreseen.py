"""A failure that a rule foresees for the call at hand, and how it becomes advice.

A rule states what it sees and what it claims (`prior`); its record (`counsel.memory.foresight`)
says how often it was right. Below the class's threshold a foreseen failure is kept as a silent
candidate, so that its record goes on growing and the rule can earn its voice.
"""

from msgspec import Struct
from msgspec.structs import replace

from counsel.memory.foresight import Foresight
from counsel.model.advice import Candidate, FailureClass, SourceName
from counsel.model.ids import LessonId

SPEAK_FROM = {"mistake": 0.42, "refusal": 0.36, "other": 0.5, "signal": 0.9}
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


ATTENTION_PRIOR = 0.4
ATTENTION_FROM = 0.3
"""Two calls in a row that went fine without it (0.4 * 5 / 7 = 0.29) silence general advice."""


def worth_attention(item: Candidate, foresight: Foresight) -> Candidate:
    """A general piece of advice (one that names no failure) with the record of its moments.

    Its trial is whether the call it was considered for went wrong at all. Where it keeps coming up
    before calls that go fine, its relevance fades, and then it is silent.
    """
    if item.basis:
        return item
    basis = f"told:{item.id}"
    estimate = foresight.estimate(basis, ATTENTION_PRIOR)
    weight = min(1.0, estimate / ATTENTION_PRIOR) if estimate >= ATTENTION_FROM else 0.0
    trust = item.trust if weight else 0.0
    return replace(item, basis=basis, relevance=item.relevance * weight, trust=trust)
