"""The two listeners: a Unix socket with mode 0600, and HTTP on one address.

Both are bound before the store is opened and listen only after it, so a client is either refused
at once or answered.
"""

import os
import socket
import stat
from pathlib import Path

from msgspec import Struct

from counsel.config import Settings
from counsel.model.errors import Refused


class Listeners(Struct, frozen=True):
    """`http` is None where it could not be bound; `trouble` says why."""

    unix: socket.socket
    http: socket.socket | None
    trouble: str = ""

    @property
    def all(self) -> list[socket.socket]:
        return [self.unix] if self.http is None else [self.unix, self.http]

    @property
    def port(self) -> int:
        return 0 if self.http is None else int(self.http.getsockname()[1])


def bind(settings: Settings) -> Listeners:
    """Call with the lock held: whatever socket lies there is a dead one."""
    unix = _bind_unix(settings.home.socket, settings.home.root)
    try:
        return Listeners(unix, _bind_http(settings))
    except OSError as error:
        trouble = f"cannot bind {settings.host}:{settings.port}: {error.strerror or error}"
        return Listeners(unix, None, trouble)


def _bind_unix(path: Path, home: Path) -> socket.socket:
    if path.parent != home:
        _private_folder(path.parent)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    return listener


def _private_folder(folder: Path) -> None:
    """A folder in /tmp that is ours alone; the hook makes the same check."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not ours or stat.S_IMODE(found.st_mode) != 0o700:
        raise Refused(
            f"{folder} does not belong to this user alone.",
            advice="Remove it, or set COUNSEL_HOME to a shorter path.",
        )


def _bind_http(settings: Settings) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener
