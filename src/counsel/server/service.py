"""The life of a service: claim, bind, open, serve, and an orderly stop.

Stop: accept no more, finish what came in, stop the workers, finish every write and close the
store, remove the socket, give up the claim. A kill -9 at any moment is allowed, too: the kernel
ends the claim, the next start replaces the socket file, and the store keeps what it promised.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator, Mapping

import uvicorn
import uvloop

from counsel import __version__
from counsel.bootstrap import House, open_house
from counsel.config import Settings
from counsel.server.app import App
from counsel.server.instance import Instance, ServiceState
from counsel.server.logs import start_logging
from counsel.server.protocol import uvicorn_config
from counsel.server.recorder import Recorder
from counsel.server.routes import TABLE, Routes
from counsel.server.serving import Serving
from counsel.server.sockets import Listeners, bind
from counsel.server.tokens import ensure_token
from counsel.server.workers import Workers

logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def serve(
    settings: Settings,
    environ: Mapping[str, str],
    started: Callable[[ServiceState], None] = lambda _state: None,
) -> None:
    """Serve until a signal ends it; `started` is called once it listens.

    Raises `Conflict` when another process serves this home.
    """
    # Seconds until a thread that computes gives the loop its turn. Beside one that never rests,
    # 680 requests a second with the default of 5 ms, 1,235 with this, 1,350 with 0.1 ms.
    sys.setswitchinterval(0.0005)
    settings.home.create()
    instance = Instance.claim(settings.home, environ)
    start_logging(settings)
    try:
        ensure_token(settings.home)
        listeners = bind(settings)
        house = open_house(settings)
    except Exception:
        logger.exception("cannot start", extra={"action": "service_not_started"})
        raise
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(house, instance, listeners, started))
    finally:
        house.close()
    settings.home.socket.unlink(missing_ok=True)
    instance.release()
    logger.info("stopped", extra={"action": "service_stopped"})


async def _run(
    house: House,
    instance: Instance,
    listeners: Listeners,
    started: Callable[[ServiceState], None],
) -> None:
    settings = house.settings
    recorder = Recorder()
    workers = Workers(house.workers, recorder)
    state = ServiceState(
        pid=os.getpid(),
        port=listeners.port,
        socket=str(settings.home.socket),
        started_ms=house.clock.now_ms(),
        version=__version__,
        trouble=listeners.trouble,
    )
    serving = Serving(house=house, state=state, recorder=recorder, workers=workers)
    app = App(serving, settings, Routes(TABLE), house.clock)

    def announce() -> None:
        instance.announce(state)
        started(state)
        if state.trouble:
            logger.warning(state.trouble, extra={"action": "http_not_bound"})
        logger.info(
            "pid %d listens on %s and port %d", state.pid, state.socket, state.port,
            extra={"action": "service_started"},
        )  # fmt: skip

    server = _Server(uvicorn_config(app, settings), announce)
    workers.start()
    try:
        await server.serve(sockets=listeners.all)
    finally:
        busy = await asyncio.to_thread(workers.stop, settings.stop_timeout)
        if busy:
            logger.warning(
                "still busy: %s", ", ".join(busy), extra={"action": "workers_not_stopped"}
            )


class _Server(uvicorn.Server):
    """uvicorn, with our signals, and the announcement when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What exists now stays: without it in the collector's way, its pauses are short.
        gc.collect()
        gc.freeze()
        self._listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Instead of uvicorn's, which ends the process by the signal once it has stopped."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._told_to_stop, number)
        yield

    def _told_to_stop(self, number: int) -> None:
        # A second Ctrl-C does not wait for requests any more.
        self.force_exit = self.should_exit and number == signal.SIGINT
        self.should_exit = True
