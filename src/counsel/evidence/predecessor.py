"""The predecessor's relevance rule as a baseline, from its published code (advisor and gate).

As there:
- context = tool + first 200 characters of the input + last prompt; relevance = min(1, words shared
  / words of the insight + 0.3): never below 0.3;
- rank = 0.50 relevance + 0.25 max(text quality, source quality) + 0.25 trust; kept from 0.40 up
  with trust from 0.60 up; the best 4 go on;
- gate = 0.45 relevance + 0.25 trust + 0.15; said from 0.38 up (a note); whispers
  are not part of the text that it emits;
- the same insight not again within 420 s of the session, a tool not again within 10 s (times 0.5
  for Read, Grep, Glob, 0.6 Task, 0.7 Bash, 1.2 Edit, Write), at most 3 at once.

Simplified: one insight for every failure signature, worded "When using TOOL, expect: ERROR", as of
its cognitive source (quality 0.50); text quality 0.70, which is what its four marks give that
wording (no observation .40, condition .15, specific .15); trust n / (n + 1) for n failures seen,
instead of its several confidences; no phases, categories, emotions, boosts, embeddings or
synthesis. These mostly scale all insights alike.
"""

import re
from heapq import nlargest
from typing import NamedTuple

from counsel.evidence.calls import Calls, Named
from counsel.evidence.player import ShownAdvice
from counsel.model.events import ActionProposed, Event, PromptGiven
from counsel.model.ids import SessionId

FLOOR = 0.3
SOURCE_QUALITY = 0.50
TEXT_QUALITY = 0.70
LEAST_RANK = 0.40
LEAST_TRUST = 0.60
MOST_RANKED = 4
NOTE = 0.38
MOST_SHOWN = 3
SHOWN_MS = 420_000
COOLDOWN_MS = 10_000
_COOLDOWNS = {
    "Read": 0.5, "Grep": 0.5, "Glob": 0.5, "Task": 0.6, "Bash": 0.7, "Edit": 1.2, "Write": 1.2,
}  # fmt: skip
_WORD = re.compile(r"\w{3,}")


class _Insight:
    """One failure signature, its words, and how often it was met."""

    def __init__(self, named: str) -> None:
        tool, _, error = named.partition("|")
        self.named = named
        self.words = _words(f"When using {tool}, expect: {error}")
        self.seen = 0

    @property
    def trust(self) -> float:
        return self.seen / (self.seen + 1)


class _Ranked(NamedTuple):
    """An insight for a context."""

    rank: float
    relevance: float
    insight: _Insight


class Predecessor:
    """Word overlap with a floor, a quality that is a maximum, and time limits."""

    name = "predecessor"

    def __init__(self) -> None:
        self._calls = Calls()
        self._named = Named()
        self._insights: dict[str, _Insight] = {}
        self._with_word: dict[str, list[str]] = {}
        self._prompts: dict[SessionId, str] = {}
        self._said: dict[tuple[SessionId, str], int] = {}
        self._spoke: dict[tuple[SessionId, str], int] = {}

    def before(self, event: ActionProposed) -> tuple[ShownAdvice, ...]:
        tool, now = event.action.tool, event.at_ms
        wait = COOLDOWN_MS * _COOLDOWNS.get(tool, 1.0)
        spoke = self._spoke.get((event.session, tool))
        if spoke is not None and now - spoke < wait:
            return ()
        ranked = self._ranked(event)
        passed = [each for each in ranked if self._passes(each, event.session, now)][:MOST_SHOWN]
        for each in passed:
            self._said[event.session, each.insight.named] = now
            self._spoke[event.session, tool] = now
        return tuple(
            advice
            for each in passed
            for advice in self._named.advice(self.name, each.insight.named)
        )

    def observe(self, event: Event) -> None:
        if isinstance(event, PromptGiven) and not event.interrupted:
            self._prompts[event.session] = event.text
        end = self._calls.end(event)
        if end is None or end.failure_class is None:
            return
        self._named.learn(end)
        insight = self._insights.get(end.signature)
        if insight is None:
            insight = self._insights[end.signature] = _Insight(end.signature)
            for word in insight.words:
                self._with_word.setdefault(word, []).append(end.signature)
        insight.seen += 1

    def lessons(self) -> int:
        return len(self._insights)

    def _ranked(self, event: ActionProposed) -> list[_Ranked]:
        prompt = self._prompts.get(event.session, "")
        action = event.action
        shared: dict[str, int] = {}
        for word in _words(f"{action.tool} {action.arguments[:200]} {prompt}"):
            for named in self._with_word.get(word, ()):
                shared[named] = shared.get(named, 0) + 1
        ranked = []
        for insight in self._insights.values():
            relevance = min(1.0, shared.get(insight.named, 0) / len(insight.words) + FLOOR)
            quality = max(TEXT_QUALITY, SOURCE_QUALITY)
            rank = 0.50 * relevance + 0.25 * quality + 0.25 * insight.trust
            if rank >= LEAST_RANK and insight.trust >= LEAST_TRUST:
                ranked.append(_Ranked(rank, relevance, insight))
        return nlargest(MOST_RANKED, ranked, key=lambda each: each.rank)

    def _passes(self, each: _Ranked, session: SessionId, now: int) -> bool:
        said = self._said.get((session, each.insight.named))
        if said is not None and now - said < SHOWN_MS:
            return False
        return 0.45 * each.relevance + 0.25 * each.insight.trust + 0.15 >= NOTE


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))
