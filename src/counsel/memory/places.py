"""Which files and folders exist, as far as sessions have shown: the disk seen through its users.

Where Counsel runs beside the agent it asks the disk itself. In a replay, or for an agent on
another machine, all it has is what calls and their outputs have shown. Paths are kept relative to
the session's root, so that checkouts of one project share what is known.
"""

import posixpath
import re
from typing import Literal

Belief = Literal["present", "gone", "under_gone", "rumoured", "namesake", "unheard", "unknown"]
"""`rumoured`: its last two parts were mentioned; `namesake`: only a file of the same name was;
`unknown`: this world cannot tell."""

LIMIT = 100_000
_PATHS = re.compile(r"(?<![\w/.@-])[~.]{0,2}/?(?:[\w.@+-]{1,80}/){1,24}[\w.@+-]{0,80}")
_NAMES = re.compile(r"(?<![\w/.-])[\w-]{1,60}\.[a-z]{1,5}\b")
_SCANNED = 6_000


class Places:
    """What is believed about the paths of one project. Bounded: the oldest knowledge goes."""

    def __init__(self) -> None:
        self._present: dict[str, None] = {}
        self._gone: dict[str, None] = {}
        self._tails: dict[str, None] = {}
        self._names: dict[str, None] = {}

    @property
    def familiar(self) -> int:
        """How many paths are known to exist."""
        return len(self._present)

    def belief(self, path: str) -> Belief:
        """What is believed of a normalised path relative to the root (or absolute)."""
        if path in self._gone:
            return "gone"
        if path in ("", ".", "/") or path in self._present:
            return "present"
        folder = posixpath.dirname(path)
        while folder not in ("", "/"):
            if folder in self._gone:
                return "under_gone"
            folder = posixpath.dirname(folder)
        if _tail(path) in self._tails:
            return "rumoured"
        return "namesake" if posixpath.basename(path) in self._names else "unheard"

    def folder_known(self, path: str) -> bool:
        folder = posixpath.dirname(path)
        return folder in ("", "/") or folder in self._present

    def saw(self, path: str) -> None:
        """The path exists, and so do the folders above it."""
        while path not in ("", "/", "."):
            known = path in self._present
            self._present[path] = None
            self._gone.pop(path, None)
            if known:
                break
            path = posixpath.dirname(path)
        _bound(self._present)

    def missed(self, path: str) -> None:
        """The path was looked for and is not there."""
        self._gone[path] = None
        self._present.pop(path, None)
        _bound(self._gone)

    def heard(self, text: str, root: str, cwd: str, *, true: bool = False) -> None:
        """Paths mentioned in a text; `true` when the text is the output of a call that worked."""
        head = text[:_SCANNED]
        for match in _PATHS.finditer(head):
            path = relative(match.group().rstrip("."), root, cwd)
            self._tails[_tail(path)] = None
            self._names[posixpath.basename(path)] = None
            if true:
                self.saw(path)
        for match in _NAMES.finditer(head):
            self._names[match.group()] = None
        _bound(self._tails)
        _bound(self._names)


def relative(path: str, root: str, cwd: str) -> str:
    """Normalised, relative to `root` where it lies inside."""
    if not path.startswith(("/", "~")):
        path = posixpath.join(cwd or root, path)
    path = posixpath.normpath(path)
    if root and path == root:
        return ""
    if root and path.startswith(root + "/"):
        return path[len(root) + 1 :]
    return path


def _tail(path: str) -> str:
    return "/".join(path.rsplit("/", 2)[-2:])


def _bound(kept: dict[str, None]) -> None:
    while len(kept) > LIMIT:
        del kept[next(iter(kept))]
