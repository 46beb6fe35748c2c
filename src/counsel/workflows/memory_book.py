"""What a person does with memory: list, show, add, forget, restore, export and import lessons.

Every change goes through the one writer (`Learning`), under its lock, and leaves a `LessonChanged`
event as its trace: that something was done, not what it said.
"""

from collections.abc import Iterable, Iterator
from random import Random

import msgspec

from counsel.memory.injection import injection_reason
from counsel.memory.lesson import Lesson, lesson_id
from counsel.memory.ports import LoggedEvent, Quarantined
from counsel.memory.redaction import redact
from counsel.model.clock import Clock
from counsel.model.errors import BadInput, NotFound
from counsel.model.events import LessonChanged, Noted, UnknownEvent
from counsel.model.ids import EventId, LessonId, ProjectKey, SessionId, new_id
from counsel.workflows.learning import Learning
from counsel.workflows.memory_view import Admission, Forgotten, NewLesson, Restored, Wanted
from counsel.workflows.ports import Stores

Change = str
_READ = 2_000
_lessons = msgspec.json.Decoder(Lesson)


class MemoryBook:
    """Safe from any thread. Waits for the learner's current run, so never call it on the loop."""

    def __init__(self, learning: Learning, stores: Stores, clock: Clock) -> None:
        self._learning = learning
        self._stores = stores
        self._clock = clock
        self._randomness = Random()

    def lessons(self, wanted: Wanted = Wanted()) -> list[Lesson]:  # noqa: B008 - frozen
        """All that are wanted, whatever the limit, last changed first."""
        found = [
            lesson
            for lesson in self._learning.learner.shelf.all()
            if (not wanted.project or lesson.project in ("", wanted.project))
            and wanted.status in (None, lesson.status)
            and wanted.kind in (None, lesson.kind)
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

    def add(self, new: NewLesson) -> Admission:
        """Through the write gate. Raises `BadInput` where there is no text."""
        text = redact(" ".join(new.text.split()))[:400]
        if not text:
            raise BadInput("a lesson needs a text.", advice="Say what to do, and why.")
        now = self._clock.now_ms()
        lesson = Lesson(
            id=lesson_id(new.project, text),
            kind=new.kind,
            project=ProjectKey(new.project),
            condition=new.condition,
            text=text,
            origin="user",
            created_ms=now,
            updated_ms=now,
        )
        with self._learning.lock:
            verdict = self._learning.learner.admit(lesson)
            self._learning.save()
            known = self._learning.learner.shelf.get(lesson.id)
        if verdict == "rejected":
            row = f"qua_{lesson.id.removeprefix('les_')}"
            reasons = [one.reason for one in self._stores.quarantine.list() if one.id == row]
            return Admission(
                verdict=verdict, text=text, quarantined=row, reason="".join(reasons[:1])
            )
        if verdict in ("accepted", "pending"):
            self._trace([lesson.id], "added")
        return Admission(verdict=verdict, id=known.id if known else "", text=text)

    def forget(self, lesson: str) -> Forgotten:
        """Remove a lesson and what it was learnt from. Raises `NotFound`."""
        found = self.show(lesson).id
        with self._learning.lock:
            self._learning.learner.forget(found)
            self._learning.save()
        self._trace([found], "forgotten")
        return Forgotten(lessons=1, events=0)

    def forget_session(self, session: str) -> Forgotten:
        """Erase a session's events and its state; lessons keep their counts only."""
        removed = self._stores.events.erase(session=SessionId(session))
        self._stores.sessions.drop(SessionId(session)).result()
        self._note("session_forgotten")
        return Forgotten(lessons=0, events=removed)

    def forget_project(self, project: str) -> Forgotten:
        """Erase a project's events and its lessons."""
        removed = self._stores.events.erase(project=ProjectKey(project))
        with self._learning.lock:
            gone = self._learning.learner.forget_where(lambda one: one.project == project)
            self._learning.save()
        self._trace(gone, "forgotten")
        self._note("project_forgotten")
        return Forgotten(lessons=len(gone), events=removed)

    def would_forget(self, *, session: str = "", project: str = "") -> Forgotten:
        """What the two above would remove. Reads the whole log."""
        shelf = self._learning.learner.shelf
        return Forgotten(
            lessons=sum(1 for one in shelf.all() if project and one.project == project),
            events=sum(
                not isinstance(row.event, UnknownEvent)
                and (row.event.session == session if session else row.event.project == project)
                for row in self._log()
            ),
            dry_run=True,
        )

    def _log(self) -> Iterator[LoggedEvent]:
        after = 0
        while rows := self._stores.events.read(after, _READ):
            yield from rows
            after = rows[-1].seq

    def export(self) -> Iterator[bytes]:
        """One JSON object per lesson: `counsel.memory.lesson.Lesson`, documented in the docs."""
        for lesson in sorted(self._learning.learner.shelf.all(), key=lambda one: one.id):
            yield msgspec.json.encode(lesson)

    def restore(self, lines: Iterable[bytes]) -> Restored:
        """Import exported lessons. A file is a stranger: no secrets, nothing that commands."""
        counts = {"added": 0, "kept": 0, "refused": 0, "bad": 0}
        changed: list[LessonId] = []
        with self._learning.lock:
            for line in lines:
                if line.strip():
                    fate, lesson = self._restored(line)
                    counts[fate] += 1
                    changed += [lesson] if lesson else []
            self._learning.save()
        self._trace(changed, "added")
        return Restored(**counts)

    def _restored(self, line: bytes) -> tuple[str, LessonId | None]:
        learner = self._learning.learner
        try:
            lesson = _lessons.decode(line)
        except (ValueError, RecursionError):
            return "bad", None
        lesson = msgspec.structs.replace(
            lesson,
            text=redact(lesson.text),
            action=redact(lesson.action),
            reason=redact(lesson.reason),
            failing=redact(lesson.failing),
        )
        said = "\n".join((lesson.text, lesson.action, lesson.reason, lesson.failing))
        if not lesson.id or injection_reason(said):
            return "refused", None
        known = learner.shelf.get(lesson.id)
        if known is not None and known.updated_ms >= lesson.updated_ms:
            return "kept", None
        learner.put(lesson)
        return "added", lesson.id

    def quarantine(self, limit: int = 100) -> list[Quarantined]:
        return self._stores.quarantine.list(limit)

    def release(self, row: str) -> Lesson:
        """Let a quarantined lesson in after all. Raises `NotFound`, `BadInput`."""
        taken = self._stores.quarantine.take(row)
        if taken is None:
            raise NotFound(
                f"nothing in quarantine has the id {row!r}.", advice="See `counsel memory quarantine`."
            )
        if not taken.body:
            self._stores.quarantine.put(taken).result()
            raise BadInput(
                f"{row!r} holds no lesson that could be restored.", advice="Add it by hand."
            )
        now = self._clock.now_ms()
        lesson = msgspec.structs.replace(
            _lessons.decode(taken.body), status="active", updated_ms=now
        )
        with self._learning.lock:
            self._learning.learner.put(lesson)
            self._learning.save()
        self._trace([lesson.id], "restored")
        return lesson

    def _note(self, name: str) -> None:
        now = self._clock.now_ms()
        note = Noted(
            id=EventId(new_id("evt", now, self._randomness)),
            at_ms=now,
            agent="counsel",
            session=SessionId("memory"),
            name=name,
        )
        self._stores.events.append([note]).result()

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
