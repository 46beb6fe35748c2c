"""Any sequence of calls: SQLite answers what the in-memory store answers."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from counsel.memory.ports import LearningBatch
from counsel.model.errors import CounselError
from counsel.model.events import Event, UnknownEvent
from counsel.model.ids import AdviceId, EventId, LessonId, PacketId, ProjectKey, SessionId
from counsel.storage.in_memory.store import InMemoryStore
from counsel.storage.sqlite.store import SqliteStore
from counsel.storage.store import Store

from .samples import (
    UNWRITABLE,
    advice_given,
    counter,
    import_mark,
    lesson,
    packet,
    prompt,
    quarantined,
    snapshot,
    unknown,
)

keys = st.sampled_from(["a", "b", "c", "\0", "\N{SNOWMAN}"])
agents = st.sampled_from(["codex", "cursor"])
numbers = st.integers(0, 6)
bodies = st.binary(max_size=3)
lesson_ids = keys.map(LessonId)
events: st.SearchStrategy[Event | UnknownEvent] = st.one_of(
    st.builds(prompt, keys, st.text(max_size=5), agent=agents, session=keys, project=keys),
    st.builds(advice_given, keys, keys),
    st.builds(unknown, bodies),
    st.just(UNWRITABLE),
)
batches = st.builds(
    LearningBatch,
    upto=st.none() | numbers,
    lessons=st.lists(st.builds(lesson, keys, st.text(max_size=3)), max_size=3).map(tuple),
    forgotten=st.lists(lesson_ids, max_size=2).map(tuple),
    counters=st.lists(st.builds(counter, keys, keys, bodies), max_size=3).map(tuple),
    dropped_counters=st.lists(st.tuples(keys, keys), max_size=2).map(tuple),
)


def outcome(call: Callable[[], object]) -> object:
    """What a call comes to: its value, or the error it raises, at once or when written."""
    try:
        value = call()
        if isinstance(value, Future):
            return value.result()
    except CounselError as error:
        return type(error), str(error)
    if isinstance(value, list):
        return [outcome(partial(_itself, part)) for part in value]
    return value


def _itself(value: object) -> object:
    return value


class TwoStores(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "counsel.db"
        self.sqlite = SqliteStore(self.path)
        self.specification = InMemoryStore()

    def teardown(self) -> None:
        self.sqlite.close()
        self.folder.cleanup()

    def both(self, call: Callable[[Store], object]) -> None:
        assert outcome(lambda: call(self.sqlite)) == outcome(lambda: call(self.specification))

    @rule()
    def reopen(self) -> None:
        self.sqlite.close()
        self.sqlite = SqliteStore(self.path)

    @rule(given=st.lists(events, max_size=4))
    def append(self, given: list[Event | UnknownEvent]) -> None:
        self.both(lambda store: store.events.append(given))

    @rule(given=st.lists(st.lists(events, max_size=2), max_size=8))
    def append_without_waiting(self, given: list[list[Event | UnknownEvent]]) -> None:
        self.both(lambda store: [store.events.append(batch) for batch in given])

    @rule(session=keys)
    def erase_session(self, session: str) -> None:
        self.both(lambda store: store.events.erase(session=SessionId(session)))

    @rule(project=keys)
    def erase_project(self, project: str) -> None:
        self.both(lambda store: store.events.erase(project=ProjectKey(project)))

    @rule(after=numbers, limit=st.integers(-1, 5))
    def read(self, after: int, limit: int) -> None:
        self.both(lambda store: store.events.read(after, limit))

    @rule(agent=agents, key=keys, after=numbers)
    def look_up(self, agent: str, key: str, after: int) -> None:
        self.both(lambda store: store.events.read_session(agent, SessionId(key), after))
        self.both(lambda store: store.events.find(EventId(key)))
        self.both(lambda store: store.events.find_advice(AdviceId(key)))
        self.both(lambda store: store.learning.lesson(LessonId(key)))
        self.both(lambda store: store.learning.counters(key))
        self.both(lambda store: store.imports.marked(key))
        self.both(lambda store: store.sessions.load(agent, SessionId(key)))

    @rule(batch=batches)
    def learn(self, batch: LearningBatch) -> None:
        self.both(lambda store: store.learning.commit(batch))

    @rule(key=keys, at_ms=numbers)
    def quarantine(self, key: str, at_ms: int) -> None:
        self.both(lambda store: store.quarantine.put(quarantined(key, at_ms)))

    @rule(key=keys)
    def take(self, key: str) -> None:
        self.both(lambda store: store.quarantine.take(key))

    @rule(digest=keys, count=numbers, done=st.booleans())
    def mark_import(self, digest: str, count: int, done: bool) -> None:
        self.both(lambda store: store.imports.mark(import_mark(digest, count, done)))

    @rule(saved=st.lists(keys, max_size=3), plane=st.text(max_size=2), dropped=keys)
    def change_packets(self, saved: list[str], plane: str, dropped: str) -> None:
        self.both(lambda store: store.packets.save([packet(key, plane) for key in saved]))
        self.both(lambda store: store.packets.drop([PacketId(dropped)]))

    @rule(agent=agents, session=keys, upto=numbers, body=bodies)
    def save_session(self, agent: str, session: str, upto: int, body: bytes) -> None:
        self.both(lambda store: store.sessions.save([snapshot(agent, session, upto, body)]))

    @rule(session=keys)
    def drop_session(self, session: str) -> None:
        self.both(lambda store: store.sessions.drop(SessionId(session)))

    @invariant()
    def they_hold_the_same(self) -> None:
        self.both(lambda store: store.events.read())
        self.both(lambda store: store.events.last_seq())
        self.both(lambda store: store.learning.lessons())
        self.both(lambda store: store.learning.learnt_upto())
        self.both(lambda store: store.quarantine.list())
        self.both(lambda store: store.packets.packets())


TestTwoStores = TwoStores.TestCase
TestTwoStores.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
