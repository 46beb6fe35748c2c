"""Real services in processes of their own, and raw HTTP to them."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from counsel.config import Home
from counsel.server.instance import ServiceState, lock_holder

PATIENCE = 30.0
"""Seconds after which a condition that should have come true is taken as never coming."""


class Reply(Struct):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def environ_for(home: Home, **settings: object) -> dict[str, str]:
    """This process's environment with a home and settings instead of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNSEL_")}
    given = {f"COUNSEL_{name.upper()}": str(value) for name, value in settings.items()}
    return {**kept, "COUNSEL_HOME": str(home.root), "COUNSEL_PORT": "0", **given}


def run_counsel(
    home: Home, *arguments: str, stdin: bytes = b"", settings: Mapping[str, object] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The command line, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "counsel", *arguments],
        input=stdin,
        env=environ_for(home, **(settings or {})),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


class Running:
    """A started service."""

    def __init__(self, home: Home, **settings: object) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "counsel", "serve", "--json"],
            env=environ_for(home, **settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, complaint = self.process.communicate(timeout=PATIENCE)
            raise AssertionError(f"the service did not start: {complaint.decode()}")
        self.state = msgspec.json.decode(line, type=ServiceState)

    @property
    def token(self) -> str:
        return self.home.token.read_text().strip()

    def connect(self, *, tcp: bool = False) -> socket.socket:
        link = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
        link.settimeout(PATIENCE)
        link.connect(("127.0.0.1", self.state.port) if tcp else self.state.socket)
        return link

    def send(self, raw: bytes, *, tcp: bool = False) -> Reply:
        """Raw bytes on a connection of their own, one answer back."""
        with self.connect(tcp=tcp) as link:
            link.sendall(raw)
            return read_reply(link)

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        tcp: bool = False,
        token: str | None = None,
        **headers: str,
    ) -> Reply:
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return self.send(request(method, path, body, **headers), tcp=tcp)

    def hear(self, payload: object, agent: str = "claude-code") -> Reply:
        return self.call("POST", f"/v1/agents/{agent}", json.dumps(payload).encode())

    def kill(self) -> None:
        self.process.kill()
        self._end()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self._end()

    def _end(self) -> int:
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """One HTTP/1.1 request; `_` in a header's name stands for `-`."""
    fields = {"host": "localhost", "content-length": str(len(body)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items()]
    return f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1") + body


def read_reply(link: socket.socket) -> Reply:
    """One answer with a Content-Length; the connection may live on."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(link)
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers["content-length"]):
        body += _more(link)
    return Reply(int(status.split()[1]), headers, body)


def _more(link: socket.socket) -> bytes:
    chunk = link.recv(1 << 16)
    if not chunk:
        raise ConnectionError("the service hung up")
    return chunk


def before(call: str, session: str = "s1", command: str = "ls", cwd: str = "/") -> dict[str, Any]:
    """Claude Code's payload before a shell command."""
    return {
        "hook_event_name": "PreToolUse",
        "session_id": session,
        "cwd": cwd,
        "tool_name": "Bash",
        "tool_input": {"command": command},
        "tool_use_id": call,
    }


@contextlib.contextmanager
def running(home: Home, **settings: object) -> Iterator[Running]:
    service = Running(home, **settings)
    try:
        yield service
    finally:
        service.stop()


def end_service_of(home: Home) -> None:
    """Stop whatever service a test made a hook start in `home`."""
    pid = lock_holder(home)
    if not pid:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    eventually(lambda: lock_holder(home) != pid, f"the service with pid {pid} ends")


def eventually(condition: Any, what: str) -> None:
    """Poll a real condition; fail when it does not come true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what}")
        time.sleep(0.01)


def fresh_home(folder: Path) -> Home:
    return Home(folder / "home")
