"""Explicit feedback: what a mark is worth. The last one counts, a withdrawn one is undone.

| mark | the lesson's posterior | the rule's record |
|---|---|---|
| helpful | alpha + 1 | a hit |
| unhelpful | beta + 1 | a miss |
| noisy | beta + 1/2, one more `noisy` | a miss |

A mark is no harm: harm is a lesson that was followed and then failed in a new way.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from counsel.memory.lesson import LessonKind, Reliability
from counsel.memory.reliability import decayed
from counsel.model.advice import Candidate
from counsel.model.events import FeedbackGiven
from counsel.model.ids import LessonId

Mark = Literal["helpful", "unhelpful", "noisy", "withdrawn"]

_WEIGHTS: dict[Mark, tuple[float, float]] = {
    "helpful": (1.0, 0.0),
    "unhelpful": (0.0, 1.0),
    "noisy": (0.0, 0.5),
    "withdrawn": (0.0, 0.0),
}


class Marked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The mark that counts for one item of one advice."""

    advice: str
    item: str
    mark: Mark
    basis: str = ""
    lesson: LessonId | None = None


def marked(
    reliability: Reliability, kind: LessonKind, old: Mark, new: Mark, now_ms: int
) -> Reliability:
    """The posterior with `new` in the place of `old`. What has aged cannot be undone whole."""
    aged = decayed(reliability, kind, now_ms)
    (alpha, beta), (old_alpha, old_beta) = _WEIGHTS[new], _WEIGHTS[old]
    return replace(
        aged,
        alpha=max(1.0, aged.alpha + alpha - old_alpha),
        beta=max(1.0, aged.beta + beta - old_beta),
        noisy=max(0, aged.noisy + (new == "noisy") - (old == "noisy")),
        judged_ms=max(aged.judged_ms, now_ms),
    )


class Marks:
    """The marks that count."""

    def __init__(self, marks: Iterable[Marked] = ()) -> None:
        self._marks = {_key(mark): mark for mark in marks}
        self._changed: dict[str, None] = {}

    def replaced(
        self, event: FeedbackGiven, shown: Mapping[str, Candidate]
    ) -> Iterator[tuple[Mark, Marked]]:
        """Put a mark in the place of the old one; (old, new) for each item where they differ.

        `shown`: the items of the advice that it speaks of, where they are still known.
        """
        known = {
            mark.item: mark
            for mark in self._marks.values()
            if mark.advice == event.advice and event.item in ("", mark.item)
        }
        for item in {**shown, **known}:
            mark = known.get(item) or Marked(
                advice=event.advice,
                item=item,
                mark="withdrawn",
                basis=shown[item].basis,
                lesson=shown[item].lesson,
            )
            if mark.mark == event.mark:
                continue
            new = replace(mark, mark=event.mark)
            key = _key(new)
            self._marks.pop(key, None)
            if new.mark != "withdrawn":
                self._marks[key] = new
            self._changed[key] = None
            yield mark.mark, new

    def noisy(self) -> dict[str, frozenset[str]]:
        """Item -> the advices for which it was marked too noisy."""
        found: dict[str, frozenset[str]] = {}
        for mark in self._marks.values():
            if mark.mark == "noisy":
                found[mark.item] = found.get(mark.item, frozenset()) | {mark.advice}
        return found

    def changed(self) -> tuple[list[tuple[str, Marked]], list[str]]:
        """What changed since the last call: marks by key, and keys of withdrawn ones."""
        changed, self._changed = self._changed, {}
        kept = [(key, self._marks[key]) for key in changed if key in self._marks]
        return kept, [key for key in changed if key not in self._marks]


def _key(mark: Marked) -> str:
    return f"{mark.advice} {mark.item}"
