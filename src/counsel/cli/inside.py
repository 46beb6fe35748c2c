"""The service's own routes, called in this process, where no service runs.

A command speaks to a `Counterpart` and does not know which it is: `Service` over the socket, or
`Inside` on the open home. Changing needs the lock of the service; reading does not.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from counsel.cli.service import Service
from counsel.config import Home, home_of, load_settings
from counsel.model.errors import Conflict

if TYPE_CHECKING:
    from counsel.server.instance import Instance

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds in which a service that is starting answers, or another command ends."""


class Counterpart(Protocol):
    """Whoever answers the routes. All raise what the routes raise."""

    def get(self, path: str, kind: type[T]) -> T: ...

    def post(self, path: str, value: object, kind: type[T]) -> T: ...

    def delete(self, path: str, kind: type[T]) -> T: ...

    def raw(self, method: str, path: str, body: bytes = b"") -> bytes: ...


class Inside:
    """`Counterpart` without a service."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        # Only where no service runs: the server's modules cost 150 ms to import.
        from counsel import __version__
        from counsel.bootstrap import open_house
        from counsel.server.instance import ServiceState
        from counsel.server.recorder import Recorder
        from counsel.server.routes import TABLE, Routes
        from counsel.server.serving import Serving
        from counsel.server.workers import Workers

        self._house = open_house(load_settings(environ))
        self._routes = Routes(TABLE)
        recorder = Recorder()
        self._serving = Serving(
            house=self._house,
            state=ServiceState(
                pid=os.getpid(), port=0, socket="", started_ms=0, version=__version__
            ),
            recorder=recorder,
            workers=Workers((), recorder),
        )

    def get(self, path: str, kind: type[T]) -> T:
        return msgspec.json.decode(self.raw("GET", path), type=kind)

    def post(self, path: str, value: object, kind: type[T]) -> T:
        return msgspec.json.decode(self.raw("POST", path, msgspec.json.encode(value)), type=kind)

    def delete(self, path: str, kind: type[T]) -> T:
        return msgspec.json.decode(self.raw("DELETE", path), type=kind)

    def raw(self, method: str, path: str, body: bytes = b"") -> bytes:
        from urllib.parse import unquote

        from counsel.server.exchange import Request

        place, _, query = path.partition("?")
        place = unquote(place)
        found = self._routes.find(method, place)
        request = Request(
            method=method,
            path=place,
            given=found.given,
            body=body,
            trace="",
            query=query.encode("ascii", "replace"),
        )

        async def answered() -> bytes:
            return (await found.one(method, place).handler(self._serving, request)).body

        return asyncio.run(answered())

    def close(self) -> None:
        self._house.close()


@contextmanager
def counterpart(environ: Mapping[str, str], *, changes: bool) -> Iterator[Counterpart]:
    """The running service, or the home itself.

    With `changes` under the service's lock; raises `Conflict` when another process keeps it.
    """
    home = home_of(environ)
    service = Service(home.socket, timeout=60.0)
    if service.answers():
        yield service
        return
    home.create()
    if not changes:
        yield from _inside(environ)
        return
    claimed = claim(home, environ, service)
    if claimed is None:
        yield service
        return
    try:
        yield from _inside(environ)
    finally:
        claimed.release()


def claim(home: Home, environ: Mapping[str, str], service: Service) -> "Instance | None":
    """The lock of the service, None when a service answers after all. Raises `Conflict`."""
    from counsel.server.instance import Instance

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return Instance.claim(home, environ)
        except Conflict as error:
            if service.answers():
                return None
            if time.monotonic() > deadline:
                raise Conflict(
                    f"another process works on {home.root}, and no service answers.",
                    advice="Try again when it has ended; `counsel doctor` says who it is.",
                ) from error
            time.sleep(0.05)


def _inside(environ: Mapping[str, str]) -> Iterator[Inside]:
    inside = Inside(environ)
    try:
        yield inside
    finally:
        inside.close()
