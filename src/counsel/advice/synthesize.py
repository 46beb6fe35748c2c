"""What is said, in words, without a model (tier 1).

A candidate's text is already `When {condition}: {action} because {reason}`; here it gets its
evidence in short form, as the preferred style wants it. How it is marked, made safe and cut is
`emission`'s.
"""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from counsel.model.advice import Authority, Candidate, Considered, SourceName

Style: TypeAlias = Literal["concise", "balanced", "coach"]
"""`concise`: the advice alone. `balanced`: with its evidence. `coach`: and what it foresees."""

_OWN_WORDS: Final[frozenset[SourceName]] = frozenset({"preflight", "stuck"})
"""Sources that speak in Counsel's own sentences; all others repeat what somebody once wrote."""


class Spoken(Struct, frozen=True):
    """One item to be said. `remembered` text is quoted as data; `evidence` may be left away."""

    id: str
    authority: Authority
    text: str
    evidence: str = ""
    remembered: bool = True


def synthesize(considered: Iterable[Considered], style: Style = "balanced") -> tuple[Spoken, ...]:
    """What is shown of `considered`, in its order."""
    return tuple(
        Spoken(
            id=item.candidate.id,
            authority=item.authority,
            text=item.candidate.text,
            evidence=_evidence(item.candidate, style),
            remembered=item.candidate.source not in _OWN_WORDS,
        )
        for item in considered
        if item.shown
    )


def _evidence(candidate: Candidate, style: Style) -> str:
    if style == "concise":
        return ""
    parts = [candidate.evidence]
    if style == "coach" and candidate.signature:
        error = candidate.signature.partition("|")[2] or candidate.signature
        parts.append(f"foresees: {error}")
    return "; ".join(part for part in parts if part)
