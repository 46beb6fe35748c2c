"""The event log beside SQLite itself: the same rows, the same schema, ready-made bytes.

What the log adds is the encoding, the queue to its writer, and the check of every id. CPU time is
the whole process's, because the log writes on a thread of its own.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from bench.house import Site, site
from bench.plan import Plan
from bench.rows import Row, compared, figure, median
from bench.synthetic import calls
from counsel.agents.registry import ADAPTERS
from counsel.bootstrap import SystemClock, SystemStamp
from counsel.model.events import Event
from counsel.storage.record import record_of
from counsel.storage.sqlite.queries import QUERIES
from counsel.storage.sqlite.store import SqliteStore

BATCHES = {"import": 1_000, "one call": 3}
ROUNDS = 9


def run(plan: Plan) -> list[Row]:
    with site() as place:
        return [
            row
            for number, (name, size) in enumerate(BATCHES.items())
            for row in _compare(f"append, {name}, batches of {size}", size, place, plan, number)
        ]


def _compare(name: str, size: int, place: Site, plan: Plan, number: int) -> list[Row]:
    folder = place.here.root.parent / f"batches-{size}"
    folder.mkdir()
    SqliteStore(folder / "bare.db").close()  # the schema, indexes and all
    batches = plan.many(9 if size > 100 else 300, 2)
    ours, bare = [], []
    with (
        closing(SqliteStore(folder / "log.db")) as store,
        closing(_bare(folder / "bare.db")) as connection,
    ):
        for turn in range(plan.many(ROUNDS, 1)):
            told = _events(batches * size, place, 1_000 * number + turn)
            made = [told[start : start + size] for start in range(0, len(told), size)]
            rows = _rows(made, after=turn * batches * size)
            ours.append(_cpu(partial(_append, store, made)))
            bare.append(_cpu(partial(_insert, connection, rows)))
    each, n = batches * size, batches * size * len(ours)
    mine, theirs = each / median(ours), each / median(bare)
    return [
        compared(f"{name}: per CPU second", mine, "events/s", "bare executemany", theirs, n),
        figure(f"{name}: CPU", 1e6 * median(ours) / each, "us/event", n),
    ]


def _rows(batches: Sequence[Sequence[Event]], after: int) -> list[list[tuple[object, ...]]]:
    numbers = count(after + 1)
    return [[(next(numbers), *record_of(event)) for event in batch] for batch in batches]


def _append(store: SqliteStore, batches: Sequence[Sequence[Event]]) -> None:
    for batch in batches:
        store.events.append(batch).result()


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma synchronous = normal")
    return connection


def _insert(
    connection: sqlite3.Connection, batches: Sequence[Sequence[tuple[object, ...]]]
) -> None:
    for batch in batches:
        connection.execute("begin immediate")
        connection.executemany(QUERIES["append_event"], batch)
        connection.execute("commit")


def _cpu(work: Callable[[], None]) -> float:
    """Seconds of CPU of the whole process."""
    began = time.process_time()
    work()
    return max(time.process_time() - began, 1e-9)


def _events(count: int, place: Site, seed: int) -> list[Event]:
    """Events as hooks tell them."""
    stamp = SystemStamp(SystemClock(), Random(seed))
    adapter = ADAPTERS["claude-code"]
    told: list[Event] = []
    for call in calls(count, f"storage-{seed}", place.here, seed):
        for payload in (call.before, call.after):
            told.extend(adapter.parse(json.dumps(payload).encode(), stamp).events)
    return told[:count]
