"""What is true of files right now: asked of the disk, or of what sessions have shown.

The port is `World`; the service beside the agent looks at the disk (`counsel.workflows.disk`), a
replay can only remember (`RememberedWorld`).
"""

from typing import Protocol

from msgspec import Struct

from counsel.memory.places import Belief, Places, relative


class Sight(Struct, frozen=True):
    """What is known of one path.

    `exists` is None where nobody knows; `belief` says on what grounds; `mtime_ns` and `text` only
    come from a disk (`text` None: unreadable, binary, or larger than 2 MB).
    """

    exists: bool | None
    belief: Belief
    folder_known: bool = True
    familiar: int = 0
    certain: bool = False
    mtime_ns: int = 0
    text: str | None = None
    is_folder: bool | None = None


class World(Protocol):
    def look(self, path: str, *, root: str, cwd: str, read: bool = False) -> Sight:
        """What is known of `path`; bounded work, never raises."""
        ...

    def program(self, name: str) -> bool | None:
        """Whether a program is on the PATH; None where nobody knows."""
        ...


class RememberedWorld:
    """Knows what calls and their outputs have shown, per root."""

    def __init__(self) -> None:
        self.places = Places()

    def look(self, path: str, *, root: str, cwd: str, read: bool = False) -> Sight:
        place = relative(path, root, cwd)
        belief = self.places.belief(place)
        return Sight(
            exists=True if belief == "present" else None,
            belief=belief,
            folder_known=self.places.folder_known(place),
            familiar=self.places.familiar,
        )

    def program(self, name: str) -> bool | None:
        return None
