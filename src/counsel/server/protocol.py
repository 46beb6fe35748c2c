"""HTTP/1.1 on one connection: uvicorn's httptools protocol with the limits it leaves out.

- a request that is not whole after `read_timeout` seconds is refused; the timer only runs while
  a part is missing, so a request that comes in one piece costs none;
- a head that is not whole after `header_limit` bytes is refused (the app measures whole ones);
- what cannot be parsed is answered with the error envelope, like everything else;
- head and body of an answer leave in one system call: each one hands the GIL to another thread;
- the application learns whether it is spoken to over the Unix socket. The peer's address cannot
  tell: it is missing for TCP too when the peer is gone already.
"""

import asyncio
import socket

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from counsel.config import Settings
from counsel.server.exchange import trouble_body


class Corked(asyncio.Transport):
    """Holds the head of an answer back until the body comes, or the answer is complete."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._held = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._held and _is_final_head(data):
            self._held = bytes(data)
            return
        self._transport.write(self._held + data if self._held else data)
        self._held = b""

    def flush(self) -> None:
        if self._held:
            self._transport.write(self._held)
            self._held = b""

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()


def _is_final_head(data: bytes | bytearray | memoryview) -> bool:
    """The head of an answer; `100 Continue` is none, the client waits for it."""
    start = bytes(data[:10])
    return start.startswith(b"HTTP/1.1 ") and start != b"HTTP/1.1 1"


class Connection(HttpToolsProtocol):
    """`header_limit` and `read_timeout` are set on the class by `connection_class`."""

    header_limit = 0
    read_timeout = 0.0

    _idle = False
    """Between two requests. A new connection is not: its first request is waited for."""
    _in_head = True
    _head_bytes = 0
    _patience: asyncio.TimerHandle | None = None
    _corked: Corked

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        family = transport.get_extra_info("socket").family
        self.app_state = {"unix": family == socket.AF_UNIX}
        self.transport = self._corked = Corked(transport)
        self._begin_patience()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_patience()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._idle:
            self._end_patience()
            return
        self._begin_patience()
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self.header_limit:
                status = b"431 Request Header Fields Too Large"
                self._refuse(status, "refused", "the head is too long.")

    def on_message_begin(self) -> None:
        self._idle = False
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._idle = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._corked.flush()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(b"400 Bad Request", "bad_input", "this is not HTTP/1.1.")

    def _begin_patience(self) -> None:
        if self._patience is None and not self.transport.is_closing():
            self._patience = self.loop.call_later(self.read_timeout, self._lost_patience)

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lost_patience(self) -> None:
        self._patience = None
        if self._idle:
            return
        if not self._in_head:
            # The app waits for the rest of the body; to it, the client has left.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._refuse(b"408 Request Timeout", "refused", "the request took too long.")

    def _refuse(self, status: bytes, code: str, message: str) -> None:
        if self.transport.is_closing():
            return
        body = trouble_body(code, message, "Send a well-formed request.", "")
        self.transport.write(
            b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%b" % (status, len(body), body)
        )
        self.transport.close()


def connection_class(settings: Settings) -> type[Connection]:
    """A protocol class with the limits of these settings."""
    limits = {"header_limit": settings.header_limit, "read_timeout": settings.read_timeout}
    return type("BoundedConnection", (Connection,), limits)


def uvicorn_config(app: object, settings: Settings) -> uvicorn.Config:
    """uvicorn with everything off that Counsel does itself or does not need."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=connection_class(settings),
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        log_level="error",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, round(settings.stop_timeout)),
    )
