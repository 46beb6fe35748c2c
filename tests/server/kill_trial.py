"""The kill trial: agents post, the service is killed with -9 again and again, nothing is lost.

`run_kills(home, kills, seed)` is what the test runs with few kills and a bench with many. An
event counts as acknowledged when its client has read a 200.
"""

import json
import random
import threading

from msgspec import Struct

from counsel.config import Home
from counsel.model.events import ActionProposed
from counsel.storage.sqlite.store import SqliteStore
from tests.server.processes import PATIENCE, Running, before, read_reply, request

CLIENTS = 4
ACKNOWLEDGED_BETWEEN_KILLS = 150
"""At most; the number is drawn anew for each kill."""


class Trial(Struct):
    """What came of it. `lost` is what must be empty."""

    kills: int
    acknowledged: int
    lost: set[str]
    unacknowledged_but_kept: int


class _Load:
    """Clients that post as fast as they are answered, and try again when the service is gone."""

    def __init__(self) -> None:
        self.acknowledged: set[str] = set()
        self.changed = threading.Condition()
        self.service: Running | None = None
        self.over = False
        self._threads = [
            threading.Thread(target=self._post, args=(number,)) for number in range(CLIENTS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        with self.changed:
            self.over = True
            self.changed.notify_all()
        for thread in self._threads:
            thread.join(PATIENCE)

    def put(self, service: Running | None) -> None:
        with self.changed:
            self.service = service
            self.changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self.changed:
            came = self.changed.wait_for(lambda: len(self.acknowledged) >= count, PATIENCE)
        assert came, "the service no longer acknowledges"

    def _post(self, client: int) -> None:
        sent = 0
        while (service := self._running()) is not None:
            try:
                with service.connect() as link:
                    while True:
                        sent += 1
                        call = f"{client}-{sent}"
                        body = json.dumps(before(call, session=f"s{client}")).encode()
                        link.sendall(request("POST", "/v1/agents/claude-code", body))
                        if read_reply(link).status == 200:
                            self._acknowledge(call)
                        if self.over:
                            return
            except OSError:
                self._gone(service)

    def _running(self) -> Running | None:
        with self.changed:
            self.changed.wait_for(lambda: self.over or self.service is not None)
            return None if self.over else self.service

    def _gone(self, service: Running) -> None:
        with self.changed:
            if self.service is service:
                self.service = None

    def _acknowledge(self, call: str) -> None:
        with self.changed:
            self.acknowledged.add(call)
            self.changed.notify_all()


def run_kills(home: Home, kills: int, seed: int) -> Trial:
    """Raises when a start fails."""
    chance = random.Random(seed)
    load = _Load()
    load.start()
    service = None
    try:
        for _ in range(kills):
            service = Running(home)
            load.put(service)
            target = len(load.acknowledged) + chance.randrange(1, ACKNOWLEDGED_BETWEEN_KILLS)
            load.wait_for(target)
            service.kill()
            load.put(None)
        service = Running(home)
    finally:
        load.end()
        if service is not None:
            service.stop()
    kept = _kept(home)
    return Trial(
        kills, len(load.acknowledged), load.acknowledged - kept, len(kept - load.acknowledged)
    )


def _kept(home: Home) -> set[str]:
    store = SqliteStore(home.database)
    try:
        rows = store.events.read(limit=10_000_000)
    finally:
        store.close()
    return {row.event.action.id for row in rows if isinstance(row.event, ActionProposed)}
