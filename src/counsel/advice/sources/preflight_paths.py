"""Preflight on paths: what a call reads, searches or edits does not exist, as far as is known."""

from msgspec.structs import replace

from counsel.advice.foreseen import Foreseen
from counsel.advice.sources.check import Check, short
from counsel.memory.operands import needed_paths
from counsel.memory.signature import signature
from counsel.memory.world import Sight
from counsel.model.actions import Action
from counsel.model.commands import Command


def missing_path(check: Check) -> Foreseen | None:
    """Read, search or edit: the file or folder does not exist, or nobody has ever heard of it."""
    action = check.action
    if not action.path:
        return None
    if action.kind == "edit" and action.old_text:
        certain = check.look(action.path).certain
        return _missing(check, action.path, "edit", "File does not exist.") if certain else None
    if action.kind not in ("read", "search"):
        return None
    return _missing(check, action.path, action.kind, _absent_message(action))


def _missing(check: Check, path: str, user: str, message: str, folder: str = "") -> Foreseen | None:
    sight = check.look(path, folder=folder)
    if sight.exists is True or sight.belief == "unknown":
        return None
    if sight.certain:
        basis, prior = f"missing_on_disk|{user}", 0.97
    else:
        inside = not path.startswith(("/", "~")) or _inside(check, path)
        near = "known" if sight.folder_known else "new"
        much = "much" if sight.familiar >= 100 else "little"
        where = "missing_path" if inside else "missing_outside"
        if sight.belief in ("gone", "under_gone"):
            where = "gone_path"
        basis = f"{where}|{user}|{near}|{sight.belief}|{much}"
        prior = _doubt(user, sight) * (1.0 if inside else 0.3)
    if not message:
        return None
    return Foreseen(
        rule="missing_path",
        basis=basis,
        prior=prior,
        signature=signature(check.action.tool, message),
        text=f"{short(path)} {_why(sight)}: list the folder or search for the name first",
        object=path,
    )


_DOUBT = {"gone": 0.6, "under_gone": 0.6, "unheard": 0.5, "namesake": 0.5}
"""How likely a path is missing that a reader names in a folder that is known otherwise."""


def _doubt(user: str, sight: Sight) -> float:
    doubt = _DOUBT.get(sight.belief, 0.05)
    if sight.belief in ("gone", "under_gone"):
        return doubt
    if user != "read":
        return doubt / 4
    return doubt if sight.folder_known else doubt / 2


def _inside(check: Check, path: str) -> bool:
    return bool(check.facts.root) and path.startswith(check.facts.root + "/")


def _why(sight: Sight) -> str:
    if sight.certain:
        return "does not exist"
    return {
        "gone": "was not there before",
        "under_gone": "lies in a folder that was not there before",
        "namesake": "was never seen here; a file of that name is somewhere else",
    }.get(sight.belief, "was never seen in this project")


def _absent_message(action: Action) -> str:
    if action.kind == "read":
        return "File does not exist."
    return f"Path does not exist: {action.path}"


def missing_operand(check: Check) -> Foreseen | None:
    """Shell: a path that a command reads does not exist. The least believable one is named."""
    if check.action.kind != "shell":
        return None
    made: set[str] = set()
    doubtful: list[Foreseen] = []
    for command in check.commands:
        for path in needed_paths(command):
            if any(path.startswith(one) or one.startswith(path) for one in made):
                continue
            user = command.program if command.program in ("cd", "git") else "shell"
            message = _operand_message(command, path)
            found = _missing(check, path, user, message, command.folder)
            if found is not None:
                doubtful.append(found)
        made.update(_made(command))
    if not doubtful:
        return None
    surest = max(doubtful, key=lambda found: found.prior)
    if len(doubtful) < 3 or surest.prior > 0.5:
        return surest
    many = "many" if len(doubtful) > 3 else "three"
    return replace(surest, basis=f"several_paths|{many}", prior=0.45 if many == "many" else 0.2)


_MAKERS = frozenset("mkdir cp mv touch tee git curl wget tar unzip go npm make ln python".split())


def _made(command: Command) -> set[str]:
    made = set(command.redirects)
    if command.program in _MAKERS:
        made.update(word.rstrip("/") for word in command.operands if len(word) > 2)
    return made


def _operand_message(command: Command, path: str) -> str:
    program = command.program
    if path == command.executable:
        return f"zsh:1: no such file or directory: {path}"
    forms = {
        "sed": f"sed: can't read {path}: No such file or directory",
        "rg": f"rg: {path}: No such file or directory (os error 2)",
        "ls": f"ls: cannot access '{path}': No such file or directory",
        "cd": f"(eval):cd:1: no such file or directory: {path}",
        "git": f"fatal: cannot change to '{path}': No such file or directory",
        "wc": f"wc: {path}: open: No such file or directory",
    }
    return forms.get(program, f"{program}: {path}: No such file or directory")
