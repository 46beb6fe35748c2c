"""The one thread that writes: as many writes as are waiting in one transaction.

Rules:
- a write is a function and one argument; neighbours with the same function run in one call;
- its `Future` is done only after COMMIT, and cannot be cancelled;
- a transaction that fails is rolled back and its writes are tried again in two halves, down to
  the one that cannot be written: that one fails alone, at no cost while nothing fails (a
  savepoint per write costs two statements each, and does not outlive a full disk);
- so a function may run more than once, and touches nothing but the connection;
- callbacks of a `Future` run on this thread: they must not wait for another write.
"""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

from counsel.model.errors import StoreFault
from counsel.storage.sqlite.connect import scrub
from counsel.storage.sqlite.faults import closed, fault_of

A = TypeVar("A")
R = TypeVar("R")

MOST_AT_ONCE = 1_000
"""Writes in one transaction."""

MOST_WAITING = 100_000
"""Writes in the queue; more are refused, as a disk that hangs must not fill the memory."""


class _Write(NamedTuple):
    function: Callable[[sqlite3.Connection, Sequence[Any]], Sequence[Any]]
    argument: Any
    future: Future[Any]


class Writer:
    """Owns `connection`, which is open on `path`, and closes it in the end."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, most_waiting: int = MOST_WAITING
    ) -> None:
        self._connection = connection
        self._path = path
        self._most_waiting = most_waiting
        self._lock = Lock()
        self._queue: SimpleQueue[_Write | None] = SimpleQueue()
        self._closed = False
        self._thread = Thread(target=self._run, name="counsel-store-writer", daemon=True)
        self._thread.start()

    def submit(
        self, function: Callable[[sqlite3.Connection, Sequence[A]], Sequence[R]], argument: A
    ) -> Future[R]:
        """Queue one write. `function` gets the arguments of several, and answers one by one."""
        future: Future[R] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._closed:
                future.set_exception(closed(self._path))
            elif self._queue.qsize() >= self._most_waiting:
                future.set_exception(_too_many(self._path, self._most_waiting))
            else:
                self._queue.put(_Write(function, argument, future))
        return future

    def scrub(self) -> None:
        """Leave nothing of what was erased on the disk; on the caller's thread."""
        try:
            scrub(self._path)
        except sqlite3.Error as error:
            raise fault_of(error, self._path) from error

    def close(self) -> None:
        """Finish what is queued, then close the connection. Later writes are refused."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while self._settle_next():
            pass
        self._connection.close()

    def _settle_next(self) -> bool:
        """Settle what is waiting; False when the last write was settled."""
        waiting = [self._queue.get()]
        for _ in range(min(self._queue.qsize(), MOST_AT_ONCE - 1)):
            waiting.append(self._queue.get())
        writes = [write for write in waiting if write is not None]
        if writes:
            self._settle(writes)
        return len(writes) == len(waiting)

    def _settle(self, writes: list[_Write]) -> None:
        try:
            self._connection.execute("begin immediate")
        except sqlite3.Error as error:
            self._fail(writes, error)
            return
        try:
            answers = list(zip(writes, self._apply(writes), strict=True))
            self._connection.execute("commit")
        except Exception as error:  # noqa: BLE001 - the shell: whatever it is, the writer goes on
            self._roll_back()
            if len(writes) == 1:
                self._fail(writes, error)
            else:
                self._settle(writes[: len(writes) // 2])
                self._settle(writes[len(writes) // 2 :])
        else:
            for write, answer in answers:
                write.future.set_result(answer)

    def _apply(self, writes: list[_Write]) -> list[Any]:
        answers: list[Any] = []
        for function, run in groupby(writes, key=attrgetter("function")):
            answers += function(self._connection, [write.argument for write in run])
        return answers

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):  # a full disk has rolled back by itself
                self._connection.execute("rollback")

    def _fail(self, writes: list[_Write], error: Exception) -> None:
        for write in writes:
            fault = fault_of(error, self._path)
            fault.__cause__ = None if fault is error else error
            write.future.set_exception(fault)


def _too_many(path: Path, most: int) -> StoreFault:
    return StoreFault(
        f"{most!r} writes to {str(path)!r} are waiting already.",
        advice="Wait for earlier writes before asking for more; see whether the disk hangs.",
    )
