"""Session snapshots, in a dict by session and agent."""

from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

from counsel.advice.ports import SessionSnapshot
from counsel.model.ids import SessionId
from counsel.storage.in_memory.written import done


class InMemorySessionStore:
    def __init__(self) -> None:
        self._lock = Lock()
        self._rows: dict[tuple[SessionId, str], SessionSnapshot] = {}

    def save(self, snapshots: Sequence[SessionSnapshot]) -> Future[int]:
        with self._lock:
            self._rows.update({(row.session, row.agent): row for row in snapshots})
            return done()

    def load(self, agent: str, session: SessionId) -> SessionSnapshot | None:
        with self._lock:
            return self._rows.get((session, agent))

    def drop(self, session: SessionId) -> Future[int]:
        """Of every agent."""
        with self._lock:
            self._rows = {key: row for key, row in self._rows.items() if key[0] != session}
            return done()
