"""Homes with a given amount of memory in them, and what a process has used."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.synthetic import Workplace, lessons, patterns, workplace
from counsel.advice.packet import Packet
from counsel.bootstrap import House, open_house
from counsel.config import Home, Settings
from counsel.memory.ports import Counter, LearningBatch
from counsel.storage.sqlite.store import SqliteStore
from tests.server.processes import Running, running

_TICKS = os.sysconf("SC_CLK_TCK")
_NS_PER_TICK = 1_000_000_000 // _TICKS
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Site(Struct, frozen=True):
    """A home and the project that its user works in."""

    home: Home
    here: Workplace


@contextmanager
def site(folder: str = "") -> Iterator[Site]:
    """An empty home and a workplace, gone afterwards. In a short folder, for the socket's sake."""
    root = Path(tempfile.mkdtemp(prefix="cb-", dir=folder or None))
    try:
        yield Site(Home(root / "home"), workplace(root / "project"))
    finally:
        shutil.rmtree(root)


def fill(site: Site, count: int, seed: int, packets: tuple[Packet, ...] = ()) -> None:
    """`count` lessons and a fifth as many patterns, as the learner would have written them."""
    now_ms = time.time_ns() // 1_000_000
    site.home.create()
    book = patterns(count // 5, now_ms, seed)
    counters = [Counter("pattern", key, msgspec.json.encode(one)) for key, one in book.items()]
    with closing(SqliteStore(site.home.database)) as store:
        known = tuple(lessons(count, site.here, now_ms, seed))
        store.learning.commit(LearningBatch(lessons=known, counters=tuple(counters))).result()
        if packets:
            store.packets.save(packets)


@contextmanager
def opened(site: Site) -> Iterator[House]:
    """The house in this process, as the service opens it. Its workers do not run."""
    house = open_house(Settings(home=site.home))
    try:
        yield house
    finally:
        house.close()


@contextmanager
def served(site: Site) -> Iterator[Running]:
    """The service in a process of its own."""
    with running(site.home) as service:
        yield service


class Cpu(Struct, frozen=True):
    """CPU time of a process in nanoseconds: all of it, and by thread in the order they began."""

    total: int
    threads: dict[int, int]

    def since(self, before: "Cpu") -> "Cpu":
        return Cpu(
            self.total - before.total,
            {tid: ns - before.threads.get(tid, 0) for tid, ns in self.threads.items()},
        )


def cpu_of(pid: int) -> Cpu:
    """User and system time so far, to the clock's tick (`/proc/PID/stat`)."""
    tasks = sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))
    return Cpu(
        _ticks(f"/proc/{pid}/stat") * _NS_PER_TICK,
        {tid: _ticks(f"/proc/{pid}/task/{tid}/stat") * _NS_PER_TICK for tid in tasks},
    )


def _ticks(path: str) -> int:
    # The name may hold spaces and parentheses: count from the last one.
    fields = Path(path).read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def rss_of(pid: int) -> int:
    """Resident bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def settled(pid: int) -> None:
    """Wait until the process rests: less than 2 % of a core over 0.3 s."""
    for _ in range(200):
        before = cpu_of(pid).total
        time.sleep(0.3)
        if cpu_of(pid).total - before <= _NS_PER_TICK:
            return
