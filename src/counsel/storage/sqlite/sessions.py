"""Session snapshots in SQLite."""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import chain

from counsel.advice.ports import SessionSnapshot
from counsel.model.ids import SessionId
from counsel.storage.sqlite.queries import QUERIES
from counsel.storage.sqlite.readers import Readers
from counsel.storage.sqlite.writer import Writer


class SqliteSessionStore:
    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def save(self, snapshots: Sequence[SessionSnapshot]) -> Future[int]:
        return self._writer.submit(_save, tuple(snapshots))

    def load(self, agent: str, session: SessionId) -> SessionSnapshot | None:
        for owner, key, upto, at_ms, body in self._readers.rows("find_session", session, agent):
            return SessionSnapshot(agent=owner, session=key, upto=upto, at_ms=at_ms, body=body)
        return None

    def drop(self, session: SessionId) -> Future[int]:
        """Of every agent."""
        return self._writer.submit(_drop, session)


def _save(
    connection: sqlite3.Connection, batches: Sequence[Sequence[SessionSnapshot]]
) -> list[int]:
    rows = [
        (row.session, row.agent, row.upto, row.at_ms, row.body)
        for row in chain.from_iterable(batches)
    ]
    connection.executemany(QUERIES["put_session"], rows)
    return [0] * len(batches)


def _drop(connection: sqlite3.Connection, sessions: Sequence[SessionId]) -> list[int]:
    connection.executemany(QUERIES["drop_session"], [(session,) for session in sessions])
    return [0] * len(sessions)
