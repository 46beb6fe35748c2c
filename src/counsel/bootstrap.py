"""The one place that chooses implementations: a home's settings in, a running house out."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from threading import Event
from typing import Protocol

from msgspec import Struct

from counsel.agents.adapter import Adapter, Stamp
from counsel.agents.registry import ADAPTERS
from counsel.config import Settings
from counsel.model.clock import Clock
from counsel.model.ids import EventId, ProjectKey, new_id
from counsel.storage.sqlite.store import SqliteStore
from counsel.storage.store import Store
from counsel.workflows.desk import Desk

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
    adapters: Mapping[str, Adapter]
    workers: tuple[Worker, ...] = ()

    def close(self) -> None:
        """Finish every write, then let go of the store."""
        self.store.close()


def open_house(settings: Settings) -> House:
    """Open the store of the home and put everything together. Raises `StoreFault`."""
    clock = SystemClock()
    store = SqliteStore(settings.home.database, durability=settings.durability)
    return House(
        settings=settings,
        clock=clock,
        stamp=SystemStamp(clock, Random()),
        store=store,
        desk=Desk(store.events),
        adapters=ADAPTERS,
    )
