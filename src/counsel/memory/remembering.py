"""What the events of a session show of the files around it: the fold behind `RememberedWorld`."""

from counsel.memory.facts import Ended, Facts
from counsel.memory.operands import needed_paths
from counsel.memory.places import Places, relative
from counsel.model.commands import Command, parse_command
from counsel.model.events import Event, PromptGiven

_REMOVERS = frozenset(("rm", "rmdir", "unlink"))


def remember(places: Places, facts: Facts, event: Event, ended: Ended | None) -> None:
    """Fold one event in; `ended` is the call that ended with it."""
    if isinstance(event, PromptGiven):
        places.heard(event.text, facts.root, facts.cwd)
    if ended is None:
        return
    action, outcome = ended.call.action, ended.outcome
    cwd = action.workdir or ended.call.cwd
    went_well = outcome.status == "ok"
    if action.path:
        place = relative(action.path, facts.root, cwd)
        if went_well:
            places.saw(place)
        elif "not exist" in (outcome.error or ""):
            places.missed(place)
    if action.command:
        _remember_command(places, facts, ended, parse_command(action.command), cwd)
    if not went_well:
        places.heard(outcome.error or "", facts.root, cwd)
        return
    places.heard(outcome.output or "", facts.root, cwd, true=True)
    for text in (action.arguments, action.content, action.new_text):
        if text:
            places.heard(text, facts.root, cwd)


def _remember_command(
    places: Places, facts: Facts, ended: Ended, commands: tuple[Command, ...], cwd: str
) -> None:
    error = ended.outcome.error or ""
    went_well = ended.outcome.status == "ok"
    for command in commands:
        for path in needed_paths(command):
            place = _placed(command, path, facts, cwd)
            if f"{path}: No such file" in error or ended.word == path:
                places.missed(place)
            elif went_well and len(commands) <= 2:
                places.saw(place)
        if went_well and command.program in _REMOVERS:
            for path in command.operands:
                places.missed(_placed(command, path.rstrip("/"), facts, cwd))


def _placed(command: Command, path: str, facts: Facts, cwd: str) -> str:
    folder = command.folder
    base = folder if folder.startswith(("/", "~")) else f"{cwd}/{folder}".rstrip("/")
    return relative(path, facts.root, base)
