"""kill -9 at random moments: what was acknowledged is there, a batch is there whole or not."""

import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen, TimeoutExpired

from counsel.memory.ports import LearningBatch
from counsel.model.ids import EventId
from counsel.storage.sqlite.store import SqliteStore

from .killed_child import batch_for

KILLS = 20
"""In the suite; `bench` may ask `kill_many` for more."""

SEED = 20_261_121


def run_and_kill(path: Path, run: int, after: int, more: float) -> list[str]:
    """Kill a child `more` seconds after it told `after` lines; every whole line it told till then.

    Without `more` each kill would fall into the moment after a COMMIT, when lines are told.
    """
    folder = Path(__file__).parent
    command = [sys.executable, "-m", f"{folder.name}.killed_child", str(path), str(run)]
    with Popen(command, cwd=folder.parent, stdout=PIPE, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(after)]
        with suppress(TimeoutExpired):
            child.wait(more)
        child.kill()
        lines += child.stdout.readlines()
    assert child.returncode == -9
    return [line.strip() for line in lines if line.endswith("\n")]


def check(path: Path, acknowledged: list[str]) -> None:
    """Open the database as the next process would, and look for everything that was promised."""
    with closing(SqliteStore(path)) as store:
        told = [line.split() for line in acknowledged]
        events = [key for what, key in told if what == "event"]
        assert [key for key in events if store.events.find(EventId(key)) is None] == []
        assert [row.seq for row in store.events.read(limit=10**9)] == list(
            range(1, store.events.last_seq() + 1)
        )
        mark = store.learning.learnt_upto()
        assert mark >= max((int(key) for what, key in told if what == "learnt"), default=0)
        whole = batch_for(mark) if mark else LearningBatch()
        assert tuple(store.learning.lessons()) == whole.lessons
        assert tuple(store.learning.counters("kill")) == whole.counters
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]


def kill_many(path: Path, kills: int, seed: int) -> int:
    """Kill `kills` children one after the other on one database; how many writes were told."""
    random = Random(seed)
    told: list[str] = []
    for run in range(kills):
        after = random.choice([0, 1, random.randrange(1000)])
        told += run_and_kill(path, run, after, more=random.uniform(0, 0.03))
        check(path, told)
    return len(told)


def test_no_acknowledged_write_is_lost_to_a_kill(path: Path) -> None:
    assert kill_many(path, KILLS, SEED) > KILLS
