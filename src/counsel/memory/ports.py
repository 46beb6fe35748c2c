"""What memory and learning need kept, and nothing about how. `counsel.storage` implements it.

Every method is synchronous and safe to call from any thread. What a write returns only counts
once its `Written` is done: then it survives a kill -9 of the process.
"""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from counsel.memory.lesson import Lesson
from counsel.model.events import Event, UnknownEvent
from counsel.model.ids import AdviceId, EventId, LessonId, ProjectKey, SessionId


class Written(Protocol):
    """The promise of a write; `concurrent.futures.Future` is one."""

    def result(self, timeout: float | None = None) -> int:
        """Wait until durable; the last sequence number. Raises `StoreFault`."""
        ...

    def add_done_callback(self, fn: Callable[["Written"], object], /) -> None: ...


class LoggedEvent(Struct, frozen=True):
    """An event with its place in the log (1, 2, 3, ...; gaps only where events were erased)."""

    seq: int
    event: Event | UnknownEvent


class EventLog(Protocol):
    """The durable, append-only log. An event id that is already there is not written again."""

    def append(self, events: Sequence[Event | UnknownEvent]) -> Written: ...

    def read(self, after: int = 0, limit: int = 1000) -> list[LoggedEvent]:
        """Events with seq > `after`, in order, at most `limit`."""
        ...

    def read_session(self, agent: str, session: SessionId, after: int = 0) -> list[LoggedEvent]: ...

    def find(self, event: EventId) -> LoggedEvent | None: ...

    def find_advice(self, advice: AdviceId) -> LoggedEvent | None:
        """The `AdviceGiven` event of that advice."""
        ...

    def last_seq(self) -> int: ...

    def erase(self, *, session: SessionId | None = None, project: ProjectKey | None = None) -> int:
        """Remove a session's or a project's events for good; how many. Exactly one is given."""
        ...


class Counter(Struct, frozen=True):
    """One row of the learner's statistics: opaque JSON under (`family`, `key`)."""

    family: str
    key: str
    body: bytes


class LearningBatch(Struct, frozen=True, kw_only=True):
    """All that one run of the learner changes; written whole or not at all.

    `upto` is the seq of the last event learnt from, or None to leave the mark alone.
    """

    upto: int | None = None
    lessons: tuple[Lesson, ...] = ()
    forgotten: tuple[LessonId, ...] = ()
    counters: tuple[Counter, ...] = ()
    dropped_counters: tuple[tuple[str, str], ...] = ()


class LearningStore(Protocol):
    def commit(self, batch: LearningBatch) -> Written: ...

    def learnt_upto(self) -> int: ...

    def lessons(self) -> list[Lesson]:
        """All lessons of whatever status, by id."""
        ...

    def lesson(self, lesson: LessonId) -> Lesson | None: ...

    def counters(self, family: str) -> list[Counter]: ...


QuarantineStage = Literal["write_gate", "safety", "gate", "suspended", "error"]


class Quarantined(Struct, frozen=True, kw_only=True):
    """A text that was not let in, with the stage and the reason; `body` restores it."""

    id: str
    at_ms: int
    stage: QuarantineStage
    reason: str
    text: str
    source: str = ""
    body: bytes = b""


class QuarantineStore(Protocol):
    def put(self, row: Quarantined) -> Written: ...

    def list(self, limit: int = 100) -> list[Quarantined]:
        """Newest first."""
        ...

    def take(self, row: str) -> Quarantined | None:
        """Remove and return, for restoring."""
        ...


class ImportMark(Struct, frozen=True, kw_only=True):
    """How far a file was imported. `digest` is of the content, `name` only for people."""

    digest: str
    name: str
    events: int
    done: bool
    at_ms: int


class ImportStore(Protocol):
    def mark(self, row: ImportMark) -> Written: ...

    def marked(self, digest: str) -> ImportMark | None: ...
