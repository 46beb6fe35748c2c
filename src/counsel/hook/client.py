"""The hook client: stdin to the service, its answer to stdout.

Run as `python -I -S client.py AGENT`.

Rules:
- it exits 0 and prints one JSON object, whatever happens; `{}` is "no opinion";
- it never takes longer than its deadline (`COUNSEL_HOOK_DEADLINE_MS`, default 1500): one timer
  over everything, from reading stdin to the last byte of the answer;
- it imports modules written in C only. A bare `python -I -S` costs 9.3 ms of CPU, `os` would add
  1.7, `_socket` adds 0.6, leaving by `_exit` saves 1.5;
- if no service runs, it starts one in the background and does not wait for it, save at the start
  of a session. It holds `service.lock` while it does so and hands the lock over to the service:
  whoever gets the lock is the service, so there is never a second one.

Where the home and the socket are is said in `counsel.config`; here it is said again in bytes.
`COUNSEL_HOOK_AUTOSTART=0` leaves the starting of the service to others.
"""

import _socket
import posix
import sys
import time

NO_OPINION = b"{}"
ANSWER_LIMIT = 1_048_576
SOCKET_PATH_LIMIT = 100
SESSION_STARTS = (b'"SessionStart"', b'"sessionStart"')
STARTS_AT_MOST_EVERY = 3.0
"""Seconds. A service that cannot start would otherwise be tried on every call of a tool."""

_signal = sys.modules["_signal"]  # every interpreter has it loaded; typeshed does not know it


def main(arguments: list[str]) -> None:
    """Never returns: leaves the process with status 0."""
    answer = NO_OPINION
    try:
        _signal.signal(_signal.SIGALRM, _out_of_time)
        # The interval repeats the alarm, should it fall between a check and a blocking call.
        _signal.setitimer(_signal.ITIMER_REAL, _deadline(), 0.05)
        answer = _consult(arguments[0].encode("ascii")) or NO_OPINION
    finally:
        _signal.setitimer(_signal.ITIMER_REAL, 0)
        _leave(answer)


def _out_of_time(_number: int, _frame: object) -> None:
    raise TimeoutError


def _deadline() -> float:
    given = posix.environ.get(b"COUNSEL_HOOK_DEADLINE_MS", b"")
    milliseconds = int(given) if given.isdigit() else 1500
    return min(max(milliseconds, 10), 60_000) / 1000


def _leave(answer: bytes) -> None:
    """Write `answer` and end, without the interpreter's own way out (1.5 ms)."""
    try:
        while answer:
            answer = answer[posix.write(1, answer) :]
    finally:
        posix._exit(0)


def _consult(agent: bytes) -> bytes | None:
    payload = _stdin()
    home = home_of(posix.environ)
    request = (
        b"POST /v1/agents/%b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        % (agent, len(payload), payload)
    )
    link = _connected(home)
    if link is None and posix.environ.get(b"COUNSEL_HOOK_AUTOSTART") != b"0":
        _start_service(home)
        while link is None and any(moment in payload for moment in SESSION_STARTS):
            time.sleep(0.02)
            link = _connected(home)
    return None if link is None else _answer(link, request)


def _stdin() -> bytes:
    chunks = []
    while chunk := posix.read(0, 1 << 16):
        chunks.append(chunk)
    return b"".join(chunks)


def home_of(environ: dict[bytes, bytes]) -> bytes:
    """As `counsel.config.home_of`."""
    named = environ.get(b"COUNSEL_HOME", b"")
    if not named:
        user = environ.get(b"HOME")
        if not user:
            import pwd

            user = pwd.getpwuid(posix.getuid()).pw_dir.encode("utf-8", "surrogateescape")
        named = user + b"/.counsel"
    if not named.startswith(b"/"):
        named = posix.getcwdb() + b"/" + named
    return b"/" + b"/".join(part for part in named.split(b"/") if part not in (b"", b"."))


def socket_of(home: bytes) -> bytes:
    """As `counsel.config.Home.socket`."""
    here = home.rstrip(b"/") + b"/counsel.sock"
    if len(here) <= SOCKET_PATH_LIMIT:
        return here
    digest = 0xCBF29CE484222325
    for byte in home:
        digest = ((digest ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return b"/tmp/counsel-%d/%016x.sock" % (posix.getuid(), digest)


def _connected(home: bytes) -> _socket.socket | None:
    """A connection, or None where nobody listens."""
    path = socket_of(home)
    if not path.startswith(home) and not _ours(path.rpartition(b"/")[0]):
        return None
    link = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        link.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        link.close()
        return None
    return link


def _ours(folder: bytes) -> bool:
    """Nobody else made the folder in /tmp to answer in our place."""
    try:
        found = posix.lstat(folder)
    except FileNotFoundError:
        return False
    return found.st_uid == posix.getuid() and found.st_mode == 0o040700


def _answer(link: _socket.socket, request: bytes) -> bytes | None:
    """The body of a whole answer with status 200 that looks like a JSON object, or None."""
    link.sendall(request)
    received = b""
    while len(received) < ANSWER_LIMIT:
        chunk = link.recv(1 << 16)
        received += chunk
        head, found, body = received.partition(b"\r\n\r\n")
        if not found:
            if not chunk:
                return None
            continue
        _, _, length = head.lower().partition(b"\r\ncontent-length:")
        if len(body) >= int(length.partition(b"\r\n")[0]):
            whole = head.startswith(b"HTTP/1.1 200 ") and body[:1] == b"{" and body[-1:] == b"}"
            return body if whole else None
        if not chunk:
            return None
    return None


def _start_service(home: bytes) -> None:
    """Start one if nobody holds the lock; returns at once."""
    import fcntl

    lock = _open_lock(home)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = posix.fstat(lock)
        if found.st_size == 0 or abs(time.time() - found.st_mtime) >= STARTS_AT_MOST_EVERY:
            _spawn(home, lock)
    except BlockingIOError:
        pass  # somebody holds the lock: a service that starts, stops, or is too busy
    finally:
        posix.close(lock)


def _open_lock(home: bytes) -> int:
    path, flags = home + b"/service.lock", posix.O_RDWR | posix.O_CREAT | posix.O_CLOEXEC
    try:
        return posix.open(path, flags, 0o600)
    except FileNotFoundError:
        posix.mkdir(home, 0o700)
        return posix.open(path, flags, 0o600)


def _spawn(home: bytes, lock: int) -> None:
    """The service as a process of its own session, with the lock as descriptor 3."""
    if posix.fork():
        return
    try:
        posix.setsid()
        posix.dup2(lock, 3)
        posix.set_inheritable(3, True)
        posix.ftruncate(3, 0)
        posix.pwrite(3, b"%d\n" % posix.getpid(), 0)
        posix.dup2(posix.open(b"/dev/null", posix.O_RDONLY), 0)
        log = posix.open(
            home + b"/service.log", posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND, 0o600
        )
        posix.dup2(log, 1)
        posix.dup2(log, 2)
        posix.closerange(4, 4096)
        posix.chdir(home)
        environ = {**posix.environ, b"COUNSEL_HOME": home, b"COUNSEL_LOCK_FD": b"3"}
        # -P and -E: neither the agent's folder nor its PYTHONPATH may decide what is run.
        arguments = [sys.executable, "-E", "-P", "-m", "counsel", "serve"]
        posix.execve(sys.executable, arguments, environ)
    finally:
        posix._exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
