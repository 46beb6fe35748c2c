"""The event log as a list.

What every engine keeps to:
- an append returns the seq of its last event, be it new or there already; the log's own last
  seq if it was given nothing;
- an append with an event that cannot be kept writes none of its events;
- a seq is never given twice, not even after the newest events were erased.
"""

from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import Future
from operator import itemgetter
from threading import Lock

from counsel.memory.ports import LoggedEvent
from counsel.model.errors import StoreFault
from counsel.model.events import Event, UnknownEvent
from counsel.model.ids import AdviceId, EventId, ProjectKey, SessionId
from counsel.storage.in_memory.written import done, failed
from counsel.storage.record import EventRecord, event_of, record_of
from counsel.storage.refusals import check_erasure

_Row = tuple[int, EventRecord]


class InMemoryEventLog:
    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0
        self._rows: list[_Row] = []
        self._seqs: dict[str, int] = {}

    def append(self, events: Sequence[Event | UnknownEvent]) -> Future[int]:
        try:
            records = [record_of(event) for event in events]
        except StoreFault as error:
            return failed(error)
        with self._lock:
            seq = self._last
            for record in records:
                seq = self._seqs.get(record.id) or self._add(record)
            return done(seq)

    def _add(self, record: EventRecord) -> int:
        self._last += 1
        self._seqs[record.id] = self._last
        self._rows.append((self._last, record))
        return self._last

    def read(self, after: int = 0, limit: int = 1000) -> list[LoggedEvent]:
        with self._lock:
            start = bisect_right(self._rows, after, key=itemgetter(0))
            return [_logged(row) for row in self._rows[start : start + max(limit, 0)]]

    def read_session(self, agent: str, session: SessionId, after: int = 0) -> list[LoggedEvent]:
        with self._lock:
            return [
                _logged((seq, record))
                for seq, record in self._rows
                if seq > after and (record.agent, record.session) == (agent, session)
            ]

    def find(self, event: EventId) -> LoggedEvent | None:
        with self._lock:
            return next((_logged(row) for row in self._rows if row[1].id == event), None)

    def find_advice(self, advice: AdviceId) -> LoggedEvent | None:
        with self._lock:
            return next((_logged(row) for row in self._rows if row[1].advice == advice), None)

    def last_seq(self) -> int:
        """The highest seq ever given."""
        with self._lock:
            return self._last

    def erase(self, *, session: SessionId | None = None, project: ProjectKey | None = None) -> int:
        check_erasure(session, project)
        with self._lock:
            kept = [
                row for row in self._rows if row[1].session != session and row[1].project != project
            ]
            erased = len(self._rows) - len(kept)
            self._rows = kept
            self._seqs = {record.id: seq for seq, record in kept}
            return erased


def _logged(row: _Row) -> LoggedEvent:
    seq, record = row
    return LoggedEvent(seq=seq, event=event_of(record.kind, record.body))
