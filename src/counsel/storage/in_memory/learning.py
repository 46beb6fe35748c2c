"""Lessons, counters and the mark of the learner, in dicts.

What every engine keeps to:
- a batch is written whole or not at all, and its mark with it;
- a batch whose `upto` is not beyond the mark was learnt before: its `Written` raises `Conflict`
  and nothing of it is written, so every event is learnt from exactly once. The loser of a race
  reads `learnt_upto()` and learns from what comes after it;
- removals come last: a lesson both given and forgotten is forgotten, a counter likewise.
"""

from concurrent.futures import Future
from threading import Lock

from counsel.memory.lesson import Lesson
from counsel.memory.ports import Counter, LearningBatch
from counsel.model.ids import LessonId
from counsel.storage.in_memory.written import done, failed
from counsel.storage.refusals import already_learnt


class InMemoryLearningStore:
    def __init__(self) -> None:
        self._lock = Lock()
        self._upto = 0
        self._lessons: dict[LessonId, Lesson] = {}
        self._counters: dict[tuple[str, str], Counter] = {}

    def commit(self, batch: LearningBatch) -> Future[int]:
        """The mark after it; `Conflict` if it was learnt before."""
        with self._lock:
            if batch.upto is not None and batch.upto <= self._upto:
                return failed(already_learnt(batch.upto, self._upto))
            self._upto = self._upto if batch.upto is None else batch.upto
            self._lessons.update({lesson.id: lesson for lesson in batch.lessons})
            self._counters.update({(row.family, row.key): row for row in batch.counters})
            for lesson in batch.forgotten:
                self._lessons.pop(lesson, None)
            for counter in batch.dropped_counters:
                self._counters.pop(counter, None)
            return done(self._upto)

    def learnt_upto(self) -> int:
        with self._lock:
            return self._upto

    def lessons(self) -> list[Lesson]:
        with self._lock:
            return [lesson for _, lesson in sorted(self._lessons.items())]

    def lesson(self, lesson: LessonId) -> Lesson | None:
        with self._lock:
            return self._lessons.get(lesson)

    def counters(self, family: str) -> list[Counter]:
        """By key."""
        with self._lock:
            return [row for key, row in sorted(self._counters.items()) if key[0] == family]
