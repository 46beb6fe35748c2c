"""What the handlers can reach, and the shape of a route."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from counsel.bootstrap import House
from counsel.server.exchange import Request, Response
from counsel.server.instance import ServiceState
from counsel.server.recorder import Recorder
from counsel.server.workers import Workers


class Serving(Struct, frozen=True, kw_only=True):
    """One running service."""

    house: House
    state: ServiceState
    recorder: Recorder
    workers: Workers


Handler = Callable[[Serving, Request], Awaitable[Response]]


class Route(Struct, frozen=True):
    """`path` may leave parts open: `/v1/agents/{agent}`. `name` labels it in the figures."""

    method: str
    path: str
    name: str
    handler: Handler
    open: bool = False
    """No token is needed, even over TCP."""
