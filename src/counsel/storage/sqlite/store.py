"""The store in one SQLite file: one writer and a pool of readers behind all ports."""

import sqlite3
from pathlib import Path

from counsel.storage.sqlite.connect import Durability, open_writer
from counsel.storage.sqlite.events import SqliteEventLog
from counsel.storage.sqlite.faults import fault_of
from counsel.storage.sqlite.imports import SqliteImportStore
from counsel.storage.sqlite.learning import SqliteLearningStore
from counsel.storage.sqlite.packets import SqlitePacketStore
from counsel.storage.sqlite.quarantine import SqliteQuarantineStore
from counsel.storage.sqlite.readers import Readers
from counsel.storage.sqlite.sessions import SqliteSessionStore
from counsel.storage.sqlite.writer import Writer


class SqliteStore:
    """Opens or makes the database at `path`, which grows up to `max_bytes` if that is given.

    `durability`: `process` (an acknowledged write survives a kill -9) or `power` (and the loss of
    power). Raises `StoreFault` when the file cannot be used and `Conflict` when a newer Counsel
    wrote it. Several processes may have it open; each then waits for the others' writes.
    """

    def __init__(
        self, path: Path, durability: Durability = "process", *, max_bytes: int | None = None
    ) -> None:
        try:
            connection = open_writer(path, durability, max_bytes)
        except (sqlite3.Error, OSError) as error:
            raise fault_of(error, path) from error
        self._writer = Writer(connection, path)
        self._readers = Readers(path)
        self.events = SqliteEventLog(self._writer, self._readers)
        self.learning = SqliteLearningStore(self._writer, self._readers)
        self.quarantine = SqliteQuarantineStore(self._writer, self._readers)
        self.imports = SqliteImportStore(self._writer, self._readers)
        self.packets = SqlitePacketStore(self._writer, self._readers)
        self.sessions = SqliteSessionStore(self._writer, self._readers)

    def close(self) -> None:
        """Finish the writes that are queued, then close. The file alone is left, without a WAL."""
        self._readers.close()
        self._writer.close()
