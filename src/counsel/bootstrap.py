"""The one place that chooses implementations: a home's settings in, a running house out."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from threading import Event
from typing import Protocol

from msgspec import Struct

from counsel.advice.pipeline import Knowledge
from counsel.agents.adapter import Adapter, Stamp
from counsel.agents.registry import ADAPTERS
from counsel.config import Settings
from counsel.control.tuneables import Tuneables
from counsel.model.clock import Clock
from counsel.model.ids import EventId, ProjectKey, new_id
from counsel.storage.sqlite.store import SqliteStore
from counsel.storage.store import Store
from counsel.workflows.desk import Desk
from counsel.workflows.disk import DiskWorld
from counsel.workflows.learning import Learning, LearningWorker
from counsel.workflows.memory_book import MemoryBook
from counsel.workflows.prefetch import PrefetchWorker, PreparedPackets
from counsel.workflows.sources import bank_sources, lesson_sources, pack_sources
from counsel.workflows.upkeep import SnapshotWorker, Waker, note_mtime

BYPASSED = frozenset(("mcp__counsel__advise", "mcp__counsel__record_outcome"))
"""Counsel's own tools: no advice about asking for advice."""
PROJECTS_REMEMBERED = 1024
PROJECT_STAYS_NS = 60 * 1_000_000_000
"""For so long a folder is taken to belong to the project it was found in."""


class Worker(Protocol):
    """Background work, in bounded pieces. `counsel.server.workers` runs it in a thread."""

    name: str
    interval: float
    """Seconds between runs when nobody wakes it."""
    awake: Event
    """Set by anybody: run now, or once more if it is running."""

    def run_once(self) -> bool:
        """Do one piece of work; True if there is more to do at once."""
        ...


class SystemClock:
    """The machine's own time."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


class Projects:
    """The project of a folder: the nearest one upward with a `.git`, else the folder itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, tuple[ProjectKey, int]] = {}

    def of(self, cwd: str) -> ProjectKey:
        """An absolute path; `cwd` as given where it is no absolute path."""
        now = self._clock.monotonic_ns()
        project, until = self._known.get(cwd, (ProjectKey(""), 0))
        if now >= until:
            project = _project_of(cwd)
            if len(self._known) >= PROJECTS_REMEMBERED:
                self._known.clear()
            self._known[cwd] = (project, now + PROJECT_STAYS_NS)
        return project


def _project_of(cwd: str) -> ProjectKey:
    # Text of strangers: a NUL or a half surrogate pair is no path of this machine.
    if not cwd.startswith("/") or "\0" in cwd or not cwd.isprintable():
        return ProjectKey(cwd)
    folder = Path(os.path.normpath(cwd))
    for candidate in (folder, *folder.parents):
        if os.path.exists(candidate / ".git"):
            return ProjectKey(str(candidate))
    return ProjectKey(str(folder))


class SystemStamp:
    """Ids, time and project for events that happen now."""

    def __init__(self, clock: Clock, randomness: Random) -> None:
        self._clock = clock
        self._randomness = randomness
        self._projects = Projects(clock)

    def event_id(self) -> EventId:
        return EventId(new_id("evt", self._clock.now_ms(), self._randomness))

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def project(self, cwd: str) -> ProjectKey:
        return self._projects.of(cwd)


class House(Struct, frozen=True, kw_only=True):
    """Everything one service works with. `workers` are run by the server."""

    settings: Settings
    clock: Clock
    stamp: Stamp
    store: Store
    desk: Desk
    memory: MemoryBook
    adapters: Mapping[str, Adapter]
    workers: tuple[Worker, ...] = ()

    def close(self) -> None:
        """Write the sessions' snapshots, finish every write, then let go of the store."""
        self.desk.save_sessions()
        self.store.close()


def open_house(settings: Settings) -> House:
    """Open the store of the home and put everything together. Raises `StoreFault`, `BadInput`."""
    clock = SystemClock()
    randomness = Random()
    store = SqliteStore(settings.home.database, durability=settings.durability)
    learning = Learning(store)
    learner = learning.learner
    packets = PreparedPackets(learner.shelf, store.packets, Tuneables())
    worker = LearningWorker(learning)
    prefetch = PrefetchWorker(packets, clock, randomness)
    snapshots = SnapshotWorker()
    desk = Desk(
        store,
        Knowledge(
            shelf=learner.shelf,
            book=learner.book,
            foresight=learner.foresight,
            world=DiskWorld(),
            remembered=lesson_sources(learner.shelf),
            sources=(*pack_sources(settings.home.packs), *bank_sources(settings.home.banks)),
            packets=packets,
            bypass=BYPASSED,
            muted=frozenset(settings.muted_sources),
            style=settings.guidance,
            holdout_key=settings.home.holdout_key() if settings.holdout else None,
        ),
        learner.predictor.predict,
        clock,
        randomness,
        listeners=(Waker(worker), prefetch),
        snapshots=snapshots,
        touch=note_mtime,
        noisy=learner.marks.noisy(),
    )
    return House(
        settings=settings,
        clock=clock,
        stamp=SystemStamp(clock, randomness),
        store=store,
        desk=desk,
        memory=MemoryBook(learning, store, clock),
        adapters=ADAPTERS,
        workers=(worker, prefetch, snapshots),
    )
