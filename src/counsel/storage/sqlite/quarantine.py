"""Quarantined texts in SQLite, one row each."""

import builtins
import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future

import msgspec

from counsel.memory.ports import Quarantined
from counsel.storage.sqlite.queries import QUERIES
from counsel.storage.sqlite.readers import Readers
from counsel.storage.sqlite.writer import Writer


class SqliteQuarantineStore:
    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def put(self, row: Quarantined) -> Future[int]:
        return self._writer.submit(_put, row)

    def list(self, limit: int = 100) -> builtins.list[Quarantined]:
        """Newest first; of the same time, the greater id first."""
        rows = self._readers.rows("newest_quarantined", max(limit, 0))
        return [_quarantined(row) for row in rows]

    def take(self, row: str) -> Quarantined | None:
        return self._writer.submit(_take, row).result()


def _put(connection: sqlite3.Connection, rows: Sequence[Quarantined]) -> list[int]:
    connection.executemany(QUERIES["put_quarantined"], [_columns(row) for row in rows])
    return [0] * len(rows)


def _take(connection: sqlite3.Connection, ids: Sequence[str]) -> list[Quarantined | None]:
    taken = [connection.execute(QUERIES["take_quarantined"], (row,)).fetchall() for row in ids]
    return [_quarantined(rows[0]) if rows else None for rows in taken]


def _columns(row: Quarantined) -> tuple[object, ...]:
    return (row.id, row.at_ms, row.stage, row.reason, row.text, row.source, row.body)


def _quarantined(row: tuple[object, ...]) -> Quarantined:
    names = ("id", "at_ms", "stage", "reason", "text", "source", "body")
    return msgspec.convert(dict(zip(names, row, strict=True)), Quarantined)
