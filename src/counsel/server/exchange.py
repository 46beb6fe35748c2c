"""One request and one response, as the handlers see them; and the one error envelope."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from counsel.model.errors import BadInput, CounselError

JSON = b"application/json"
JSONL = b"application/x-ndjson"
TEXT = b"text/plain; version=0.0.4; charset=utf-8"

_encoder = msgspec.json.Encoder()
_QUERY_FIELDS = 32

T = TypeVar("T")


class Request(Struct, frozen=True, kw_only=True):
    """`given` are the parts of the path that the route leaves open, by their names."""

    method: str
    path: str
    given: Mapping[str, str]
    body: bytes
    trace: str
    query: bytes = b""
    """What follows the `?`, as it came."""

    def asked(self, kind: type[T]) -> T:
        """The query as `kind`, a flat struct. Raises `BadInput`."""
        try:
            text = self.query.decode("ascii", "replace")
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_QUERY_FIELDS)
            return msgspec.convert(dict(pairs), kind, strict=False)
        except ValueError as error:
            raise BadInput(
                f"the query cannot be used: {str(error)[:200]}.", advice="Mend what follows the ?."
            ) from error

    def said(self, kind: type[T]) -> T:
        """The body, JSON, as `kind`. Raises `BadInput`."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (ValueError, RecursionError) as error:
            raise BadInput(
                f"the body cannot be used: {str(error)[:200]}.", advice="Send the JSON it asks for."
            ) from error


class Response(Struct, frozen=True, kw_only=True):
    body: bytes
    status: int = 200
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    close: bool = False
    """End the connection after this answer: the rest of what the client sent was not read."""


class Trouble(Struct, frozen=True):
    code: str
    message: str
    advice: str
    trace: str


class Envelope(Struct, frozen=True):
    """What every error looks like: `{"error": {"code", "message", "advice", "trace"}}`."""

    error: Trouble


def answer(value: object, *, status: int = 200) -> Response:
    """`value` as JSON."""
    return Response(body=_encoder.encode(value), status=status)


def trouble_body(code: str, message: str, advice: str, trace: str) -> bytes:
    return _encoder.encode(Envelope(Trouble(code, message, advice, trace)))


def refusal(error: CounselError, trace: str) -> Response:
    """The response to an error that was raised on purpose."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if error.status == 401:
        headers = ((b"www-authenticate", b"Bearer"),)
    if isinstance(error, NotAllowed):
        headers = ((b"allow", ", ".join(error.methods).encode()),)
    return Response(
        body=trouble_body(error.code, error.message, error.advice, trace),
        status=error.status,
        headers=headers,
        close=error.status in (408, 413),
    )


class NotAllowed(CounselError):
    """The path exists, but not for this method."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, method: str, path: str, methods: tuple[str, ...]) -> None:
        super().__init__(
            f"{path!r} does not take {method!r}.", advice=f"Use {' or '.join(methods)}."
        )
        self.methods = methods
