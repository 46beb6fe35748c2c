"""How much a candidate deserves to be heard: one number from relevance, quality and trust.

Relevance has no floor, and quality is the source's tier *times* the text's own quality: a
well-worded text from a good source that does not fit the call stays low, and so does a bad text
from a good source.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from counsel.control.tuneables import Tuneables
from counsel.model.advice import Candidate, SourceName

SOURCE_TIER: Final[Mapping[SourceName, float]] = {
    "preflight": 0.95,
    "distillation": 0.90,
    "stuck": 0.90,
    "replay": 0.85,
    "trigger": 0.75,
    "opportunity": 0.72,
    "mind": 0.65,
    "chip": 0.65,
    "cognitive": 0.50,
    "bank": 0.40,
}
"""Quality of each source before anything was measured."""


class Ranked(Struct, frozen=True):
    candidate: Candidate
    score: float


def score(
    candidate: Candidate,
    tuneables: Tuneables,
    tiers: Mapping[SourceName, float] = SOURCE_TIER,
) -> float:
    """0.50 relevance + 0.25 tier * text quality + 0.25 trust by default, within [0, 1].

    `tiers` may carry the measured quality of the sources instead of their first tiers.
    """
    advisor = tuneables.advisor
    quality = _unit(tiers.get(candidate.source, 0.0)) * _unit(candidate.text_quality)
    return _unit(
        advisor.relevance_weight * _unit(candidate.relevance)
        + advisor.quality_weight * quality
        + advisor.trust_weight * _unit(candidate.trust)
    )


def rank(
    candidates: Iterable[Candidate],
    tuneables: Tuneables,
    tiers: Mapping[SourceName, float] = SOURCE_TIER,
) -> tuple[Ranked, ...]:
    """The best candidates, best first, at most `advisor.max_items`; each id once.

    Equal scores stand in the order of their ids, so that the same call gets the same answer.
    """
    best: dict[str, Ranked] = {}
    for candidate in candidates:
        ranked = Ranked(candidate, score(candidate, tuneables, tiers))
        held = best.get(candidate.id)
        if held is None or ranked.score > held.score:
            best[candidate.id] = ranked
    ordered = sorted(best.values(), key=lambda ranked: (-ranked.score, ranked.candidate.id))
    return tuple(ordered[: tuneables.advisor.max_items])


def _unit(value: float) -> float:
    """`value` within [0, 1]; what is not a number counts as 0."""
    return min(1.0, value) if value > 0.0 else 0.0
