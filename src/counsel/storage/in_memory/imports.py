"""How far each file was imported, in a dict by digest."""

from concurrent.futures import Future
from threading import Lock

from counsel.memory.ports import ImportMark
from counsel.storage.in_memory.written import done


class InMemoryImportStore:
    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[str, ImportMark] = {}

    def mark(self, row: ImportMark) -> Future[int]:
        with self._lock:
            self._rows[row.digest] = row
            return done()

    def marked(self, digest: str) -> ImportMark | None:
        with self._lock:
            return self._rows.get(digest)
