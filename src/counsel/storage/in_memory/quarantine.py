"""Quarantined texts, in a dict. One put again under the same id replaces the former."""

import builtins
from concurrent.futures import Future
from threading import Lock

from counsel.memory.ports import Quarantined
from counsel.storage.in_memory.written import done


class InMemoryQuarantineStore:
    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[str, Quarantined] = {}

    def put(self, row: Quarantined) -> Future[int]:
        with self._lock:
            self._rows[row.id] = row
            return done()

    def list(self, limit: int = 100) -> builtins.list[Quarantined]:
        """Newest first; of the same time, the greater id first."""
        with self._lock:
            rows = sorted(self._rows.values(), key=lambda row: (row.at_ms, row.id), reverse=True)
            return rows[: max(limit, 0)]

    def take(self, row: str) -> Quarantined | None:
        with self._lock:
            return self._rows.pop(row, None)
