"""Read-only connections, lent for one query each: as many as were ever needed at once.

A pool and not one per thread, because threads end and would leave theirs behind.
"""

import sqlite3
from pathlib import Path
from threading import Lock
from typing import Any

from counsel.storage.sqlite.connect import open_reader
from counsel.storage.sqlite.faults import closed, fault_of
from counsel.storage.sqlite.queries import QUERIES


class Readers:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    def rows(self, query: str, *parameters: str | int) -> list[tuple[Any, ...]]:
        """All rows of the named query, as of the last commit; raises `StoreFault`."""
        try:
            connection = self._borrow()
            try:
                return connection.execute(QUERIES[query], parameters).fetchall()
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            raise fault_of(error, self._path) from error

    def number(self, query: str) -> int:
        """The one number of the named query, 0 where it finds no row."""
        rows = self.rows(query)
        return int(rows[0][0]) if rows else 0

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _borrow(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise closed(self._path)
            if self._idle:
                return self._idle.pop()
        return open_reader(self._path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()
