"""Bearer tokens: made once, kept in 0600 files, compared in constant time.

Rotation: write the new one to `token.next`; both are accepted; when every client uses it, move
it over `token`. The files are read again when they change, so no restart is needed.
"""

import os
import secrets
from hmac import compare_digest
from pathlib import Path

from counsel.config import Home


def ensure_token(home: Home) -> str:
    """The token of this home, made now if there is none. Only the holder of the lock may call."""
    token = _read(home.token).decode("ascii", "replace")
    if not token:
        token = secrets.token_urlsafe(32)
        write_private(home.token, f"{token}\n".encode("ascii"))
    return token


def write_private(path: Path, content: bytes) -> None:
    """Put `content` there at once or not at all, readable by its owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)


class TokenRing:
    """The one or two tokens that are valid now."""

    def __init__(self, home: Home) -> None:
        self._files = (home.token, home.next_token)
        self._stamps: tuple[object, ...] = ()
        self._tokens: tuple[bytes, ...] = ()

    def accepts(self, authorization: bytes) -> bool:
        """Whether a header `Bearer <token>` carries a valid one."""
        scheme, _, given = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            return False
        given = given.strip()
        matches = [compare_digest(given, token) for token in self._current()]
        return any(matches)

    def _current(self) -> tuple[bytes, ...]:
        stamps = tuple(_stamp(path) for path in self._files)
        if stamps != self._stamps:
            self._tokens = tuple(token for path in self._files if (token := _read(path)))
            self._stamps = stamps
        return self._tokens


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        return b""
