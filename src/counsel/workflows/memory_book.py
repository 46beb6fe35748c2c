"""What a person does with memory: list, show, add, forget, restore, export and import lessons.

Every change goes through the one writer (`Learning`), under its lock, and leaves a `LessonChanged`
event as its trace: that something was done, not what it said.
"""

from collections.abc import Iterable, Iterator
from random import Random

import msgspec

from counsel.memory.gaps import Opportunity, opportunities
from counsel.memory.injection import injection_reason
from counsel.memory.lesson import Condition, Evidence, Lesson, lesson_id
from counsel.memory.ports import Counter, LearningBatch, LoggedEvent, Quarantined
from counsel.memory.redaction import redact
from counsel.model.clock import Clock
from counsel.model.errors import BadInput, NotFound
from counsel.model.events import LessonChanged, Noted, UnknownEvent
from counsel.model.ids import EventId, LessonId, ProjectKey, SessionId, new_id
from counsel.workflows.learning import Learning
from counsel.workflows.memory_view import (
    Admission,
    Forgotten,
    NewLesson,
    Restored,
    Wanted,
    restorable,
)
from counsel.workflows.ports import Stores

Change = str
SETTLED = "settled"
"""The family of counters that remembers which suggestions were accepted or dismissed."""
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
        """All that are wanted, whatever the limit: active ones first, last changed first."""
        found = [
            lesson
            for lesson in self._learning.learner.shelf.all()
            if (not wanted.project or lesson.project in ("", wanted.project))
            and wanted.status in (None, lesson.status)
            and wanted.kind in (None, lesson.kind)
        ]
        return sorted(found, key=lambda one: (one.status != "active", -one.updated_ms, one.id))

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
            row = _row_of(lesson.id)
            found = next((one for one in self._stores.quarantine.list() if one.id == row), None)
            return Admission(
                verdict=verdict,
                text=text,
                quarantined=row,
                reason=found.reason if found else "",
                restorable=found is not None and restorable(found),
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
        self._stores.quarantine.take(_row_of(found))
        self._trace([found], "forgotten")
        return Forgotten(lessons=1, events=0)

    def forget_session(self, session: str) -> Forgotten:
        """Erase a session's events and its state; lessons keep their counts only."""
        removed = self._stores.events.erase(session=SessionId(session))
        self._stores.sessions.drop(SessionId(session)).result()
        self._note("session_forgotten")
        return Forgotten(lessons=0, events=removed, sessions=(session,) if removed else ())

    def forget_project(self, project: str) -> Forgotten:
        """Erase a project's events, its sessions' state, and its lessons."""
        sessions = self.would_forget(project=project).sessions
        removed = self._stores.events.erase(project=ProjectKey(project))
        for session in sessions:
            self._stores.sessions.drop(SessionId(session)).result()
        with self._learning.lock:
            gone = self._learning.learner.forget_where(lambda one: one.project == project)
            self._learning.save()
        for lesson in gone:
            self._stores.quarantine.take(_row_of(lesson))
        self._trace(gone, "forgotten")
        self._note("project_forgotten")
        return Forgotten(lessons=len(gone), events=removed, sessions=sessions)

    def would_forget(self, *, session: str = "", project: str = "") -> Forgotten:
        """What the two above would remove. Reads the whole log."""
        shelf = self._learning.learner.shelf
        found = [
            row.event.session
            for row in self._log()
            if not isinstance(row.event, UnknownEvent)
            and (row.event.session == session if session else row.event.project == project)
        ]
        return Forgotten(
            lessons=sum(1 for one in shelf.all() if project and one.project == project),
            events=len(found),
            sessions=tuple(dict.fromkeys(found)),
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
                f"nothing in quarantine has the id {row!r}.",
                advice="See `counsel memory quarantine`.",
            )
        if not restorable(taken):
            self._stores.quarantine.put(taken).result()
            raise BadInput(
                f"{row!r} cannot be restored: {taken.reason}.",
                advice="Say what is meant in other words: `counsel memory add`.",
            )
        now = self._clock.now_ms()
        held = _lessons.decode(taken.body)
        # Its harm was looked at and forgiven; otherwise the next judgement suspends it again.
        reliability = msgspec.structs.replace(held.reliability, harmful=0)
        lesson = msgspec.structs.replace(
            held, status="active", reliability=reliability, updated_ms=now
        )
        with self._learning.lock:
            self._learning.learner.put(lesson)
            self._learning.save()
        self._trace([lesson.id], "restored")
        return lesson

    def opportunities(self, limit: int = 10) -> tuple[Opportunity, ...]:
        """Suggestions nobody has settled yet, best first."""
        settled = [row.key for row in self._stores.learning.counters(SETTLED)]
        return opportunities(
            list(self._learning.learner.gaps.values()), settled=settled, limit=limit
        )

    def accept(self, opportunity: str) -> Lesson:
        """Make a lesson of a suggestion; a person wants it, so no gate. Raises `NotFound`."""
        found = self._open(opportunity)
        gap = self._learning.learner.gaps[found.gap]
        now = self._clock.now_ms()
        lesson = Lesson(
            id=lesson_id("opportunity", found.id),
            kind="heuristic",
            condition=Condition(
                kind=gap.pattern.kind,
                program=gap.pattern.program,
                subcommand=gap.pattern.subcommand,
            ),
            text=redact(found.text),
            evidence=Evidence(seen=gap.count, sessions=len(gap.sessions), last_ms=gap.last_ms),
            origin="opportunity",
            created_ms=now,
            updated_ms=now,
        )
        with self._learning.lock:
            self._learning.learner.put(lesson)
            self._learning.save()
        self._settle(found.id, "accepted")
        self._trace([lesson.id], "added")
        return lesson

    def dismiss(self, opportunity: str) -> Opportunity:
        """Never suggest it again. Raises `NotFound`."""
        found = self._open(opportunity)
        self._settle(found.id, "dismissed")
        return found

    def _open(self, opportunity: str) -> Opportunity:
        for one in self.opportunities(limit=1_000_000):
            if one.id == opportunity:
                return one
        raise NotFound(
            f"no open suggestion has the id {opportunity!r}.",
            advice="See `counsel opportunities list`.",
        )

    def _settle(self, opportunity: str, how: str) -> None:
        row = Counter(SETTLED, opportunity, msgspec.json.encode(how))
        self._stores.learning.commit(LearningBatch(counters=(row,))).result()

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


def _row_of(lesson: LessonId) -> str:
    """The quarantine's row of a lesson (see `Learner`)."""
    return f"qua_{lesson.removeprefix('les_')}"
