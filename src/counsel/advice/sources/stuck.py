"""A stuck session gets the escape protocol; a dangerous command gets its guardrail.

Both speak from the session at hand, not from memory.
"""

from collections.abc import Iterator

from counsel.advice.session import Session
from counsel.advice.sources import Query
from counsel.memory.escape import escape_advice
from counsel.memory.guardrails import Situation, guardrail
from counsel.model.advice import Candidate

_LOUDNESS = {"high": 1.0, "moderate": 0.5}


def candidates_of(query: Query, session: Session) -> Iterator[Candidate]:
    """At most one of each."""
    escape = escape_advice(session.episode)
    if escape is not None:
        yield Candidate(
            id=f"stuck:{escape.episode}:{session.episode.step_count}",
            source="stuck",
            text=escape.text,
            relevance=0.9,
            trust=0.5,
            category="stuck",
            evidence=escape.trigger.replace("_", " "),
        )
    if query.action.kind not in ("shell", "edit", "write", "read"):
        return
    objection = guardrail(
        query.action,
        Situation(cwd=query.cwd, root=session.facts.root, steps=session.episode.steps),
    )
    if objection is not None:
        loudness = _LOUDNESS[objection.caution]
        yield Candidate(
            id=f"preflight:guardrail:{objection.name}",
            source="preflight",
            text=objection.text,
            relevance=loudness,
            trust=loudness,
            category="guardrail",
            caution=True,
        )
