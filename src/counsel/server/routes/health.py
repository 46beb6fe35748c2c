"""Is it alive, and may it be sent work."""

from msgspec import Struct

from counsel import __version__
from counsel.server.exchange import Request, Response, answer
from counsel.server.serving import Serving


class Health(Struct, frozen=True):
    status: str
    version: str


async def health(_serving: Serving, _request: Request) -> Response:
    """The process answers. Says nothing that is worth a token."""
    return answer(Health("ok", __version__))


async def ready(serving: Serving, _request: Request) -> Response:
    """The store answers, too; a `StoreFault` (503) if it does not."""
    serving.house.store.events.last_seq()
    return answer(Health("ready", __version__))
