"""The world as it is: files and programs asked of the disk, in bounded pieces.

One `stat` per look; a file's text is read only when a rule asks for it, and only up to 2 MB.
Nothing here raises: what cannot be looked at is unknown.
"""

import os
import shutil
import stat

from counsel.memory.world import Sight

LARGEST = 2 * 1024 * 1024
_UNKNOWN = Sight(exists=None, belief="unknown")


class DiskWorld:
    """`counsel.memory.world.World` beside the agent, on the same machine."""

    def look(self, path: str, *, root: str, cwd: str, read: bool = False) -> Sight:
        if "\0" in path or not (cwd.startswith("/") or path.startswith(("/", "~"))):
            return _UNKNOWN
        full = os.path.normpath(os.path.join(cwd, os.path.expanduser(path)))
        if not full.startswith("/") or "~" in full[:2]:
            return _UNKNOWN
        try:
            seen = os.stat(full)
        except (FileNotFoundError, NotADirectoryError):
            return self._absent(full, cwd)
        except (OSError, ValueError):
            return _UNKNOWN
        folder = stat.S_ISDIR(seen.st_mode)
        wanted = read and stat.S_ISREG(seen.st_mode) and seen.st_size <= LARGEST
        return Sight(
            exists=True,
            belief="present",
            certain=True,
            mtime_ns=seen.st_mtime_ns,
            text=_text(full) if wanted else None,
            is_folder=folder,
        )

    def _absent(self, full: str, cwd: str) -> Sight:
        # A session of another machine: nothing that it speaks of is here, so nothing is known.
        if cwd.startswith("/") and not os.path.isdir(cwd):
            return _UNKNOWN
        return Sight(exists=False, belief="gone", certain=True)

    def program(self, name: str) -> bool | None:
        # Asked anew each time: what is missing now may be installed by the next call.
        if "/" in name or not name.isprintable():
            return None
        return shutil.which(name) is not None


def _text(full: str) -> str | None:
    try:
        with open(full, "rb") as file:
            data = file.read(LARGEST + 1)
        # Agents' edit tools see line ends as "\n", whatever the file has.
        return data.decode("utf-8").replace("\r\n", "\n") if len(data) <= LARGEST else None
    except (OSError, UnicodeDecodeError):
        return None
