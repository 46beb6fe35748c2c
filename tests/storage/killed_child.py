"""A process to be killed: it appends and learns for ever, and tells what was acknowledged.

Run as a module, with DATABASE RUN; a line `event ID` or `learnt SEQ` stands for one
acknowledged write. Lines are written by the store's writer thread, right after each COMMIT.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Semaphore

from counsel.memory.ports import LearningBatch, Written
from counsel.storage.sqlite.store import SqliteStore

from .samples import counter, lesson, prompt

IN_FLIGHT = 64
"""Writes asked for and not yet acknowledged, so that a kill finds transactions of many writes."""

COUNTERS = 300
"""Rows of the learner's statistics in one batch."""


def main(database: str, run: str) -> None:
    store = SqliteStore(Path(database))
    room = Semaphore(IN_FLIGHT)

    def tell(line: str) -> Callable[[Written], None]:
        def told(written: Written) -> None:
            written.result()
            os.write(1, f"{line}\n".encode())
            room.release()

        return told

    mark = store.learning.learnt_upto()
    number = 0
    while True:
        number += 1
        room.acquire()
        key = f"{run}-{number}"
        appended = store.events.append([prompt(key, key * (number % 300))])
        appended.add_done_callback(tell(f"event {key}"))
        if number % 10 == 0:
            mark += 1
            room.acquire()
            learnt = store.learning.commit(batch_for(mark))
            learnt.add_done_callback(tell(f"learnt {mark}"))


def batch_for(mark: int) -> LearningBatch:
    """All its parts carry the mark, so that a half of it could be seen.

    It is big enough that about every other kill falls into the writing of one.
    """
    return LearningBatch(
        upto=mark,
        lessons=(lesson("first", version=mark), lesson("last", version=mark)),
        counters=tuple(counter("kill", f"{n:04}", str(mark).encode()) for n in range(COUNTERS)),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
