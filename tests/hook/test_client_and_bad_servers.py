"""The hook client against servers that do everything wrong: it prints `{}` and leaves in time."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from counsel.config import Home
from tests.hook.hooks import run_hook

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: "


class BadServer:
    """Accepts on a home's socket and behaves as told; counts whom it accepted."""

    def __init__(self, home: Home, behave: Callable[[socket.socket], None]) -> None:
        home.create()
        self._behave = behave
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(home.socket))
        self._listener.listen()
        self._thread = threading.Thread(target=self._run)
        self.over = threading.Event()
        self.accepted = 0

    def _run(self) -> None:
        while not self.over.is_set():
            link, _ = self._listener.accept()
            with link, contextlib.suppress(OSError):
                if not self.over.is_set():
                    self.accepted += 1
                    self._behave(link)

    def __enter__(self) -> "BadServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with socket.socket(socket.AF_UNIX) as waker:
            waker.connect(self._listener.getsockname())
        self._thread.join()
        self._listener.close()


def _says(answer: bytes) -> Callable[[socket.socket], None]:
    def behave(link: socket.socket) -> None:
        link.recv(1 << 16)
        link.sendall(answer)

    return behave


def _closes_at_once(_link: socket.socket) -> None:
    return


def _closes_after_reading(link: socket.socket) -> None:
    link.recv(1 << 16)


def _hangs(link: socket.socket) -> None:
    while link.recv(1 << 16):
        pass


def _hangs_in_the_middle(link: socket.socket) -> None:
    link.sendall(HEAD + b"10\r\n\r\n{")
    _hangs(link)


def _never_ends(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            link.sendall(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000)


def _never_ends_its_body(link: socket.socket) -> None:
    link.sendall(HEAD + b"99999999999\r\n\r\n{")
    _never_ends(link)


@pytest.mark.parametrize(
    "behave",
    [
        _closes_at_once,
        _closes_after_reading,
        _hangs,
        _hangs_in_the_middle,
        _never_ends,
        _never_ends_its_body,
        _says(b""),
        _says(b"\r\n\r\n"),
        _says(b"{}"),
        _says(b"SSH-2.0-OpenSSH_9.2\r\n"),
        _says(bytes(range(256)) * 100),
        _says(HEAD + b"x\r\n\r\n{}"),
        _says(HEAD + b"-5\r\n\r\n{}"),
        _says(HEAD + b"3\r\n\r\n[1]"),
        _says(HEAD + b"0\r\n\r\n"),
        _says(HEAD + b"100\r\n\r\n{}"),
        _says(HEAD + b'6\r\n\r\n{"a":1'),
        _says(b'HTTP/1.1 400 Bad Request\r\ncontent-length: 12\r\n\r\n{"error": 1}'),
        _says(b"HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\n{}"),
        _says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    ],
)
def test_a_bad_server_is_no_opinion(home: Home, behave: Callable[[socket.socket], None]) -> None:
    with BadServer(home, behave) as server:
        answer = run_hook(home, b"{}", COUNSEL_HOOK_DEADLINE_MS="300")
        assert (answer, server.accepted) == ((0, b"{}"), 1)
    assert not home.log.exists(), "a server that answers badly is still a server: none is started"


@pytest.fixture
def full(home: Home) -> Iterator[Home]:
    """A socket with a full queue, where nobody accepts."""
    home.create()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(home.socket))
    listener.listen(0)
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(str(home.socket))
    yield home
    waiting.close()
    listener.close()


def test_a_server_that_accepts_nobody_is_no_opinion(full: Home) -> None:
    assert run_hook(full, b"{}", COUNSEL_HOOK_DEADLINE_MS="300") == (0, b"{}")


def test_a_good_answer_is_printed_as_it_came(home: Home) -> None:
    body = b'{"hookSpecificOutput":{"additionalContext":"' + b"x" * 100_000 + b'"}}'
    with BadServer(home, _says(HEAD + b"%d\r\n\r\n%b" % (len(body), body))):
        assert run_hook(home, b"{}") == (0, body)
