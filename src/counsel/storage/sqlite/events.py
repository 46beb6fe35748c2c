"""The event log in SQLite.

Events are encoded on the writer's thread: the work is the same on either (one lock for both), but
there it costs no caller his answer's time. A seq is given inside the transaction, from the highest
ever given, so that the order of seq is the order of commits and no gap is ever filled later.
"""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import chain
from typing import Any

from counsel.memory.ports import LoggedEvent
from counsel.model.events import Event, UnknownEvent
from counsel.model.ids import AdviceId, EventId, ProjectKey, SessionId
from counsel.storage.record import EventRecord, event_of, record_of
from counsel.storage.refusals import check_erasure
from counsel.storage.sqlite.queries import QUERIES
from counsel.storage.sqlite.readers import Readers
from counsel.storage.sqlite.writer import Writer

_Events = Sequence[Event | UnknownEvent]


class SqliteEventLog:
    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def append(self, events: _Events) -> Future[int]:
        return self._writer.submit(_append, tuple(events))

    def read(self, after: int = 0, limit: int = 1000) -> list[LoggedEvent]:
        return _logged(self._readers.rows("read_events", after, max(limit, 0)))

    def read_session(self, agent: str, session: SessionId, after: int = 0) -> list[LoggedEvent]:
        return _logged(self._readers.rows("read_session_events", session, agent, after))

    def find(self, event: EventId) -> LoggedEvent | None:
        return _first(self._readers.rows("find_event", event))

    def find_advice(self, advice: AdviceId) -> LoggedEvent | None:
        return _first(self._readers.rows("find_advice", advice))

    def last_seq(self) -> int:
        """The highest seq ever given."""
        return self._readers.number("last_seq")

    def erase(self, *, session: SessionId | None = None, project: ProjectKey | None = None) -> int:
        check_erasure(session, project)
        if session:
            erased = self._writer.submit(_erase_sessions, session).result()
        else:
            erased = self._writer.submit(_erase_projects, project or "").result()
        self._writer.scrub()
        return erased


def _append(connection: sqlite3.Connection, batches: Sequence[_Events]) -> list[int]:
    records = [record_of(event) for event in chain.from_iterable(batches)]
    last = _last_seq(connection)
    seqs: Sequence[int]
    try:
        seqs = _insert(connection, records, last)
    except sqlite3.IntegrityError:
        seqs = _insert_missing(connection, records)
    answers = []
    end = 0
    for batch in batches:
        end += len(batch)
        answers.append(seqs[end - 1] if batch else max([last, *seqs[:end]]))
    return answers


def _insert(connection: sqlite3.Connection, records: list[EventRecord], last: int) -> range:
    """Insert records that are all new; raises `IntegrityError` at the first that is not."""
    rows = [(seq, *record) for seq, record in enumerate(records, last + 1)]
    connection.executemany(QUERIES["append_event"], rows)
    return range(last + 1, last + 1 + len(rows))


def _insert_missing(connection: sqlite3.Connection, records: list[EventRecord]) -> list[int]:
    """Insert those that are not there, one by one. `on conflict do nothing` would use up a seq."""
    seqs = []
    last = _last_seq(connection)
    for record in records:
        found = connection.execute(QUERIES["seq_of_event"], (record.id,)).fetchone()
        if found is None:
            last += 1
            connection.execute(QUERIES["append_event"], (last, *record))
        seqs.append(last if found is None else int(found[0]))
    return seqs


def _last_seq(connection: sqlite3.Connection) -> int:
    row = connection.execute(QUERIES["last_seq"]).fetchone()
    return int(row[0]) if row else 0


def _erase_sessions(connection: sqlite3.Connection, sessions: Sequence[str]) -> list[int]:
    return [connection.execute(QUERIES["erase_session"], (key,)).rowcount for key in sessions]


def _erase_projects(connection: sqlite3.Connection, projects: Sequence[str]) -> list[int]:
    return [connection.execute(QUERIES["erase_project"], (key,)).rowcount for key in projects]


def _logged(rows: list[tuple[Any, ...]]) -> list[LoggedEvent]:
    return [LoggedEvent(seq=seq, event=event_of(kind, body)) for seq, kind, body in rows]


def _first(rows: list[tuple[Any, ...]]) -> LoggedEvent | None:
    return _logged(rows)[0] if rows else None
