"""The ASGI app: guard, route, read, handle, answer; every failure in one envelope.

A request passes in this order: rate limit, Host, Origin, token, route, method, body. Nothing is
read of a request that may not come in.
"""

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from random import Random
from typing import Any

from counsel.config import Settings
from counsel.model.clock import Clock
from counsel.model.errors import CounselError, Refused
from counsel.server.exchange import Request, Response, refusal, trouble_body
from counsel.server.guard import Guard, Headers
from counsel.server.limits import RateLimit
from counsel.server.routes import Found, Routes
from counsel.server.serving import Serving
from counsel.server.tokens import TokenRing

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

DRAINED_AT_MOST = 4
"""Times the body limit. So much of a body that is too large is read and dropped, so that the
client gets to read why it was refused instead of a broken connection."""


class App:
    def __init__(self, serving: Serving, settings: Settings, routes: Routes, clock: Clock) -> None:
        self._serving = serving
        self._settings = settings
        self._routes = routes
        # Not os.urandom: it lets go of the GIL, which costs 90 us a call beside a busy thread.
        self._chance = Random()
        self._guard = Guard(settings, TokenRing(settings.home))
        self._rate = RateLimit(
            clock, per_second=settings.rate_per_second, burst=settings.rate_burst
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        trace = _trace_of(scope["headers"]) or f"{self._chance.getrandbits(128):032x}"
        route = self._routes.find(scope["method"], scope["path"])
        name = route.route.name if route.route else "none"
        try:
            response = await self._respond(scope, receive, route, trace)
        except CounselError as error:
            response = refusal(error, trace)
            if error.status >= 500:
                logger.exception("%s", error, extra={"action": "request_failed", "trace": trace})
        except Exception:
            logger.exception(
                "unexpected: %s %s", scope["method"], name,
                extra={"action": "request_crashed", "trace": trace},
            )  # fmt: skip
            response = _crashed(trace)
        await _send(send, response, trace)
        recorder = self._serving.recorder
        recorder.count(
            "counsel_requests_total", (("route", name), ("status", str(response.status)))
        )
        recorder.observe("counsel_request_seconds", time.perf_counter() - began, (("route", name),))

    async def _respond(self, scope: Scope, receive: Receive, found: Found, trace: str) -> Response:
        self._admit(scope, needs_token=not (found.route and found.route.open))
        route = found.one(scope["method"], scope["path"])
        body = await self._body(scope["headers"], receive) if route.method == "POST" else b""
        request = Request(
            method=route.method,
            path=scope["path"],
            given=found.given,
            body=body,
            trace=trace,
            query=scope["query_string"],
        )
        return await route.handler(self._serving, request)

    def _admit(self, scope: Scope, *, needs_token: bool) -> None:
        unix = scope["state"]["unix"]
        source = "unix" if unix else str((scope["client"] or ("unknown",))[0])
        if not self._rate.admits(source):
            raise Refused("too many requests.", status=429, advice="Slow down and try again.")
        head = len(scope["raw_path"]) + sum(
            len(name) + len(value) for name, value in scope["headers"]
        )
        if head > self._settings.header_limit:
            raise Refused("the head is too long.", status=431, advice="Send fewer headers.")
        if not unix:
            self._guard.check(scope["headers"], needs_token=needs_token)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        limit = self._settings.body_limit
        length = _content_length(headers)
        if length > limit * DRAINED_AT_MOST:
            raise _too_large(limit)
        return await _read(receive, limit)


async def _read(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more and size <= limit * DRAINED_AT_MOST:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused("the client left.", status=400, advice="Send the whole body.")
        chunk = message["body"]
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        more = message["more_body"]
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> Refused:
    return Refused(
        f"the body is larger than {limit} bytes.",
        status=413,
        advice="Send less, or raise body_limit.",
    )


def _content_length(headers: Headers) -> int:
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and len(value) < 19:
            return int(value)
    return 0


def _trace_of(headers: Headers) -> str:
    """The trace id of a W3C `traceparent`, empty where there is none."""
    for name, value in headers:
        if name == b"traceparent":
            parts = value.split(b"-")
            if len(parts) >= 4 and len(parts[1]) == 32 and parts[1].isalnum():
                return parts[1].decode("ascii")
    return ""


def _crashed(trace: str) -> Response:
    body = trouble_body(
        "internal", "this is a defect of Counsel.", "See the log, by the trace id.", trace
    )
    return Response(body=body, status=500)


async def _send(send: Send, response: Response, trace: str) -> None:
    headers = [
        (b"content-type", response.content_type),
        (b"content-length", b"%d" % len(response.body)),
        (b"x-trace-id", trace.encode("ascii")),
        *response.headers,
    ]
    if response.close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
