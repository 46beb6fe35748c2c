"""How far each file was imported, in SQLite."""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future

from counsel.memory.ports import ImportMark
from counsel.storage.sqlite.queries import QUERIES
from counsel.storage.sqlite.readers import Readers
from counsel.storage.sqlite.writer import Writer


class SqliteImportStore:
    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def mark(self, row: ImportMark) -> Future[int]:
        return self._writer.submit(_mark, row)

    def marked(self, digest: str) -> ImportMark | None:
        for found, name, events, done, at_ms in self._readers.rows("find_import", digest):
            return ImportMark(digest=found, name=name, events=events, done=bool(done), at_ms=at_ms)
        return None


def _mark(connection: sqlite3.Connection, rows: Sequence[ImportMark]) -> list[int]:
    columns = [(row.digest, row.name, row.events, row.done, row.at_ms) for row in rows]
    connection.executemany(QUERIES["put_import"], columns)
    return [0] * len(rows)
