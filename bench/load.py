"""A load process: `python -m bench.load SOCKET CONNECTIONS SECONDS SEED CWD PATH`.

Keeps every connection busy with one request after the other (a closed loop) and prints one JSON
object. All requests are made before the clock runs; the loop does nothing but write, read, note.
"""

import json
import select
import socket
import sys
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.synthetic import Workplace, calls

READY = "ready"
PREPARED = 300
"""Calls made ahead for each connection; then they begin again with new ids."""


class Loaded(Struct, frozen=True):
    """What one load process did. `latencies_us` are of every request, as the client sees them."""

    answered: int
    failed: int
    seconds: float
    latencies_us: list[int]


class _Line:
    """One connection of one session, and the request that is under way."""

    def __init__(self, path: str, requests: list[bytes]) -> None:
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(path)
        self._requests = requests
        self._sent = 0
        self._began = 0

    def send(self) -> None:
        request = self._requests[self._sent % len(self._requests)]
        again = b"%06d" % (self._sent // len(self._requests))
        self._sent += 1
        self._began = time.perf_counter_ns()
        self.link.sendall(request.replace(b"@@@@@@", again))

    def took_us(self) -> int:
        return (time.perf_counter_ns() - self._began) // 1_000


def main(arguments: list[str]) -> None:
    path, connections, seconds, seed, cwd, target = arguments
    here = Workplace(Path(cwd))
    lines = [
        _Line(path, _requests(f"load-{seed}-{number}", here, int(seed), target))
        for number in range(int(connections))
    ]
    print(READY, flush=True)
    sys.stdin.readline()
    done = _run(lines, float(seconds))
    sys.stdout.write(msgspec.json.encode(done).decode())


def _requests(session: str, here: Workplace, seed: int, target: str) -> list[bytes]:
    """Requests in order: advice alone at `/v1/advise`, else each call with its outcome."""
    found = []
    for call in calls(PREPARED, session, here, seed):
        before = {**call.before, "tool_use_id": f"{call.before['tool_use_id']}-@@@@@@"}
        if target == "/v1/advise":
            found.append(_request(target, {
                "agent": "bench", "session": session, "cwd": before["cwd"],
                "tool": before["tool_name"], "input": before["tool_input"],
                "call_id": before["tool_use_id"],
            }))  # fmt: skip
        else:
            after = {**call.after, "tool_use_id": before["tool_use_id"]}
            found += [_request(target, before), _request(target, after)]
    return found


def _request(target: str, message: object) -> bytes:
    body = json.dumps(message).encode()
    head = f"POST {target} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _run(lines: list[_Line], seconds: float) -> Loaded:
    poll = select.epoll()
    by_file = {line.link.fileno(): line for line in lines}
    for number in by_file:
        poll.register(number, select.EPOLLIN)
    latencies: list[int] = []
    failed = 0
    began = time.perf_counter()
    end = began + seconds
    for line in lines:
        line.send()
    waiting = len(lines)
    while waiting:
        for number, _ in poll.poll(30):
            line = by_file[number]
            reply = line.link.recv(1 << 16)  # answers are small and leave in one piece
            latencies.append(line.took_us())
            failed += not reply.startswith(b"HTTP/1.1 200 ")
            if time.perf_counter() < end and reply:
                line.send()
            else:
                waiting -= 1
    return Loaded(len(latencies), failed, time.perf_counter() - began, latencies)


if __name__ == "__main__":
    main(sys.argv[1:])
