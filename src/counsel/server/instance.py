"""One service per home: the lock that says so, and the file that says where it listens.

The kernel's lock on `service.lock` is the truth: it ends with the process, however that ends.
The file's content (a pid) and `service.json` only inform. A hook that starts a service takes
the lock itself and passes it on as an open descriptor, named by `COUNSEL_LOCK_FD`.
"""

import fcntl
import os
import time
from collections.abc import Mapping
from typing import Self

import msgspec
from msgspec import Struct

from counsel.config import Home
from counsel.model.errors import Conflict
from counsel.server.tokens import write_private


class ServiceState(Struct, frozen=True, kw_only=True):
    """What `service.json` holds. `port` is 0 where HTTP could not be bound; `trouble` says why."""

    pid: int
    port: int
    socket: str
    started_ms: int
    version: str
    trouble: str = ""


class Instance:
    """The claim of this process on a home."""

    def __init__(self, home: Home, descriptor: int) -> None:
        self._home = home
        self._descriptor = descriptor

    @classmethod
    def claim(cls, home: Home, environ: Mapping[str, str]) -> Self:
        """Raises `Conflict` when another process has it."""
        descriptor = _handed_over(home, environ)
        if descriptor is None:
            descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
        if not _locked(descriptor):
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise Conflict(
                f"a service with pid {holder or 'unknown'} already serves {home.root}.",
                advice="Use it, or end it with `counsel stop`.",
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        return cls(home, descriptor)

    def announce(self, state: ServiceState) -> None:
        write_private(self._home.state, msgspec.json.encode(state) + b"\n")

    def release(self) -> None:
        """The end of an orderly stop; an empty lock file says that it was one."""
        self._home.state.unlink(missing_ok=True)
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def read_state(home: Home) -> ServiceState | None:
    """What the last service said of itself; it may be gone."""
    try:
        return msgspec.json.decode(home.state.read_bytes(), type=ServiceState)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def lock_holder(home: Home) -> int | None:
    """The pid of the process that holds the lock now, 0 if it did not say, None if free."""
    try:
        descriptor = os.open(home.lock, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.pread(descriptor, 20, 0).strip()
        return int(said) if said.isdigit() else 0
    finally:
        os.close(descriptor)
    return None


def _locked(descriptor: int) -> bool:
    """Try for a moment: `lock_holder` of another process touches the lock, too."""
    for _ in range(10):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return True
    return False


def _handed_over(home: Home, environ: Mapping[str, str]) -> int | None:
    """The descriptor a hook passed on, if it really is this home's lock file."""
    named = environ.get("COUNSEL_LOCK_FD", "")
    if not named.isdigit():
        return None
    descriptor = int(named)
    try:
        given, wanted = os.fstat(descriptor), os.stat(home.lock)
    except OSError:
        return None
    if (given.st_dev, given.st_ino) != (wanted.st_dev, wanted.st_ino):
        return None
    os.set_inheritable(descriptor, False)
    return descriptor
