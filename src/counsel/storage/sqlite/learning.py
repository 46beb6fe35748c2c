"""Lessons, counters and the learner's mark in SQLite: one batch, one transaction.

A batch whose `upto` is not beyond the mark was learnt before: its `Written` raises `Conflict` and
nothing of it is written. The mark is compared inside the transaction that moves it, so of two
learners with the same events exactly one succeeds.
"""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future

from counsel.memory.lesson import Lesson
from counsel.memory.ports import Counter, LearningBatch
from counsel.model.ids import LessonId
from counsel.storage.refusals import already_learnt
from counsel.storage.sqlite.bodies import Bodies
from counsel.storage.sqlite.queries import QUERIES
from counsel.storage.sqlite.readers import Readers
from counsel.storage.sqlite.writer import Writer

_lessons = Bodies("lesson", Lesson)


class SqliteLearningStore:
    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def commit(self, batch: LearningBatch) -> Future[int]:
        """The mark after it; `Conflict` if it was learnt before."""
        return self._writer.submit(_commit, batch)

    def learnt_upto(self) -> int:
        return self._readers.number("learnt_upto")

    def lessons(self) -> list[Lesson]:
        return _lessons.decode(self._readers.rows("all_lessons"))

    def lesson(self, lesson: LessonId) -> Lesson | None:
        return next(iter(_lessons.decode(self._readers.rows("one_lesson", lesson))), None)

    def counters(self, family: str) -> list[Counter]:
        """By key."""
        return [Counter(*row) for row in self._readers.rows("counters_of_family", family)]


def _commit(connection: sqlite3.Connection, batches: Sequence[LearningBatch]) -> list[int]:
    return [_commit_one(connection, batch) for batch in batches]


def _commit_one(connection: sqlite3.Connection, batch: LearningBatch) -> int:
    row = connection.execute(QUERIES["learnt_upto"]).fetchone()
    mark = int(row[0]) if row else 0
    if batch.upto is not None:
        if batch.upto <= mark:
            raise already_learnt(batch.upto, mark)
        mark = batch.upto
        connection.execute(QUERIES["set_learnt_upto"], (mark,))
    _write(connection, batch)
    return mark


def _write(connection: sqlite3.Connection, batch: LearningBatch) -> None:
    lessons = [(lesson.id, _lessons.encode(lesson)) for lesson in batch.lessons]
    connection.executemany(QUERIES["put_lesson"], lessons)
    counters = [(row.family, row.key, row.body) for row in batch.counters]
    connection.executemany(QUERIES["put_counter"], counters)
    connection.executemany(QUERIES["forget_lesson"], [(lesson,) for lesson in batch.forgotten])
    connection.executemany(QUERIES["drop_counter"], batch.dropped_counters)
