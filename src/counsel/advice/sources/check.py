"""A call as the rules of preflight look at it: with the session's facts and the world."""

from msgspec import Struct

from counsel.memory.facts import Facts
from counsel.memory.world import Sight, World
from counsel.model.actions import Action
from counsel.model.commands import Command


class Check(Struct, frozen=True):
    """What a rule may look at."""

    action: Action
    commands: tuple[Command, ...]
    facts: Facts
    world: World
    now_ms: int
    cwd: str = ""
    """Where this very call runs; the session's last folder where it does not say."""

    def look(self, path: str, *, read: bool = False, folder: str = "") -> Sight:
        base = self.action.workdir or self.cwd or self.facts.cwd
        if folder and not folder.startswith(("/", "~")):
            folder = f"{base}/{folder}" if base else ""
        cwd = folder or base
        return self.world.look(path, root=self.facts.root, cwd=cwd, read=read)


def short(path: str) -> str:
    """A path as a reader can take it in: its last parts where it is long."""
    return path if len(path) <= 60 else "…/" + "/".join(path.rsplit("/", 3)[-3:])
