"""The service about itself, for machines (`/metrics`) and for people (`/api/status`)."""

from counsel.server.exchange import TEXT, Request, Response, answer
from counsel.server.serving import Serving
from counsel.server.status import Status


async def metrics(serving: Serving, _request: Request) -> Response:
    return Response(body=serving.recorder.exposition().encode(), content_type=TEXT)


async def status(serving: Serving, _request: Request) -> Response:
    house, state = serving.house, serving.state
    return answer(
        Status(
            version=state.version,
            pid=state.pid,
            home=str(house.settings.home.root),
            socket=state.socket,
            port=state.port,
            uptime_ms=house.clock.now_ms() - state.started_ms,
            events=house.store.events.last_seq(),
            learnt_upto=house.store.learning.learnt_upto(),
            agents=tuple(sorted(house.adapters)),
            workers=tuple(serving.workers.names()),
            trouble=state.trouble,
            tallies=tuple(serving.recorder.tallies()),
        )
    )
