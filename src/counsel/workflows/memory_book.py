"""What a person does with memory: list, show, add, forget, restore, export and import lessons.

Every change goes through the one writer (`Learning`), under its lock, and leaves a `LessonChanged`
event as its trace: that something was done, not what it said.
"""

from collections.abc import Iterable, Iterator
from random import Random

import msgspec

from counsel.memory.lesson import Condition, Lesson, LessonKind, lesson_id
from counsel.memory.ports import Quarantined
from counsel.model.clock import Clock
from counsel.model.errors import BadInput, NotFound
from counsel.model.events import LessonChanged
from counsel.model.ids import EventId, LessonId, ProjectKey, SessionId, new_id
from counsel.workflows.learning import Learning
from counsel.workflows.ports import Stores

Change = str
_lessons = msgspec.json.Decoder(Lesson)


class MemoryBook:
    """Safe from any thread. Waits for the learner's current run, so never call it on the loop."""

    def __init__(self, learning: Learning, stores: Stores, clock: Clock) -> None:
        self._learning = learning
        self._stores = stores
        self._clock = clock
        self._randomness = Random()

    def lessons(self, project: str | None = None, status: str | None = None) -> list[Lesson]:
        """Lessons, last changed first."""
        found = [
            lesson
            for lesson in self._learning.learner.shelf.all()
            if (project is None or lesson.project in ("", project))
            and (status is None or lesson.status == status)
        ]
        return sorted(found, key=lambda lesson: (-lesson.updated_ms, lesson.id))

    def show(self, lesson: str) -> Lesson:
        """By id or an unambiguous beginning of one. Raises `NotFound`."""
        shelf = self._learning.learner.shelf
        exact = shelf.get(LessonId(lesson))
        if exact is not None:
            return exact
        found = [one for one in shelf.all() if one.id.startswith(lesson)] if lesson else []
        if len(found) == 1:
            return found[0]
        what = "no lesson has" if not found else f"{len(found)} lessons begin with"
        raise NotFound(f"{what} the id {lesson!r}.", advice="See `counsel memory list`.")

    def add(
        self,
        text: str,
        *,
        kind: LessonKind = "preference",
        project: str = "",
        condition: Condition | None = None,
    ) -> tuple[str, Lesson]:
        """Through the write gate: (`accepted`, `pending`, `duplicate` or `rejected`, lesson)."""
        if not text.strip():
            raise BadInput("a lesson needs a text.", advice="Say what to do, and why.")
        now = self._clock.now_ms()
        lesson = Lesson(
            id=lesson_id(project, text),
            kind=kind,
            project=ProjectKey(project),
            condition=condition or Condition(),
            text=text.strip()[:400],
            origin="user",
            created_ms=now,
            updated_ms=now,
        )
        with self._learning.lock:
            verdict = self._learning.learner.admit(lesson)
            self._learning.save()
        if verdict in ("accepted", "pending"):
            self._trace([lesson.id], "added")
        return verdict, lesson

    def forget(self, lesson: str) -> LessonId:
        """Remove a lesson and what it was learnt from. Raises `NotFound`."""
        found = self.show(lesson).id
        with self._learning.lock:
            self._learning.learner.forget(found)
            self._learning.save()
        self._trace([found], "forgotten")
        return found

    def forget_session(self, session: str) -> int:
        """Erase a session's events and its state; lessons keep their counts only."""
        removed = self._stores.events.erase(session=SessionId(session))
        self._stores.sessions.drop(SessionId(session)).result()
        return removed

    def forget_project(self, project: str) -> int:
        """Erase a project's events and its lessons."""
        removed = self._stores.events.erase(project=ProjectKey(project))
        with self._learning.lock:
            gone = self._learning.learner.forget_where(lambda one: one.project == project)
            self._learning.save()
        self._trace(gone, "forgotten")
        return removed

    def export(self) -> Iterator[bytes]:
        """One JSON object per lesson: `counsel.memory.lesson.Lesson`, documented in the docs."""
        for lesson in sorted(self._learning.learner.shelf.all(), key=lambda one: one.id):
            yield msgspec.json.encode(lesson)

    def restore(self, lines: Iterable[bytes]) -> dict[str, int]:
        """Import exported lessons; counts of `added`, `kept` (already there, newer) and `bad`."""
        counts = {"added": 0, "kept": 0, "bad": 0}
        changed: list[LessonId] = []
        with self._learning.lock:
            learner = self._learning.learner
            for line in lines:
                if not line.strip():
                    continue
                try:
                    lesson = _lessons.decode(line)
                except msgspec.DecodeError:
                    counts["bad"] += 1
                    continue
                known = learner.shelf.get(lesson.id)
                if known is not None and known.updated_ms >= lesson.updated_ms:
                    counts["kept"] += 1
                    continue
                learner.put(lesson)
                changed.append(lesson.id)
                counts["added"] += 1
            self._learning.save()
        self._trace(changed, "added")
        return counts

    def quarantine(self, limit: int = 100) -> list[Quarantined]:
        return self._stores.quarantine.list(limit)

    def release(self, row: str) -> Lesson:
        """Let a quarantined lesson in after all. Raises `NotFound`, `BadInput`."""
        taken = self._stores.quarantine.take(row)
        if taken is None:
            raise NotFound(f"nothing in quarantine has the id {row!r}.")
        if not taken.body:
            raise BadInput(f"{row!r} holds no lesson that could be restored.")
        lesson = msgspec.structs.replace(_lessons.decode(taken.body), status="active")
        with self._learning.lock:
            self._learning.learner.put(lesson)
            self._learning.save()
        self._trace([lesson.id], "restored")
        return lesson

    def _trace(self, lessons: Iterable[LessonId], change: Change) -> None:
        now = self._clock.now_ms()
        events = [
            LessonChanged(
                id=EventId(new_id("evt", now, self._randomness)),
                at_ms=now,
                agent="counsel",
                session=SessionId("memory"),
                lesson=lesson,
                change=change,  # type: ignore[arg-type]
            )
            for lesson in lessons
        ]
        if events:
            self._stores.events.append(events).result()
