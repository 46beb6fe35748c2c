"""The service, as the commands speak to it: HTTP over its Unix socket, typed answers."""

import socket
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from counsel.cli.errors import Unreachable
from counsel.model.errors import BadInput, Conflict, CounselError, NotFound

T = TypeVar("T")

_TIMEOUT = 10.0


class _Trouble(Struct, frozen=True):
    code: str = ""
    message: str = ""
    advice: str = ""


class _Envelope(Struct):
    error: _Trouble = _Trouble()


class Service:
    """One service, by the path of its socket. `timeout` in seconds, for each answer."""

    def __init__(self, path: Path, timeout: float = _TIMEOUT) -> None:
        self._path = path
        self._timeout = timeout

    def answers(self) -> bool:
        """Whether somebody listens."""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(self._timeout)
                link.connect(str(self._path))
        except OSError:
            return False
        return True

    def get(self, path: str, kind: type[T]) -> T:
        return self._decoded(self.raw("GET", path), kind)

    def post(self, path: str, value: object, kind: type[T]) -> T:
        return self._decoded(self.raw("POST", path, msgspec.json.encode(value)), kind)

    def delete(self, path: str, kind: type[T]) -> T:
        return self._decoded(self.raw("DELETE", path), kind)

    def raw(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Raises `Unreachable`, or what the service's error envelope says."""
        try:
            link = socket.socket(socket.AF_UNIX)
            with link:
                link.settimeout(self._timeout)
                link.connect(str(self._path))
                status, answer = exchange(link, method, path, body)
        except (OSError, ValueError) as error:
            raise Unreachable(
                f"no service answers at {self._path} ({error}).",
                advice="Start it with `counsel serve`, or see `counsel doctor`.",
            ) from error
        if status >= 400:
            raise _error_of(status, answer)
        return answer

    def _decoded(self, answer: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer, type=kind)
        except msgspec.DecodeError as error:
            raise Unreachable(
                f"the service at {self._path} speaks another version ({error}).",
                advice="Restart it: `counsel stop`, then `counsel serve`.",
            ) from error


def exchange(
    link: socket.socket, method: str, path: str, body: bytes = b"", token: str = ""
) -> tuple[int, bytes]:
    """One request, one response: status and body. Raises `OSError` or `ValueError`."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{bearer}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    link.sendall(head.encode("ascii") + body)
    received = b"".join(iter(lambda: link.recv(1 << 16), b""))
    answer_head, found, answer = received.partition(b"\r\n\r\n")
    if not found:
        raise ValueError("it hung up")
    return int(answer_head.split(b" ", 2)[1]), answer


def _error_of(status: int, answer: bytes) -> CounselError:
    try:
        trouble = msgspec.json.decode(answer, type=_Envelope).error
    except msgspec.DecodeError:
        trouble = _Trouble("unknown", f"the service answered {status}.")
    kinds: dict[int, type[CounselError]] = {400: BadInput, 404: NotFound, 409: Conflict}
    error = kinds.get(status, CounselError)(trouble.message, advice=trouble.advice)
    error.code = trouble.code
    return error
