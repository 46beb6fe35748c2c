"""Preflight: the call checked against facts, before it runs.

Each rule is a small pure function from the call, the session's facts and the world to at most one
foreseen failure. A rule is silent when the fact it needs is unknown. The signature it names is
the agent's own message for that failure.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from counsel.advice.foreseen import Foreseen
from counsel.memory.facts import Facts, Failed, Touch, fingerprint, pattern_of
from counsel.memory.operands import needed_paths
from counsel.memory.signature import signature
from counsel.memory.world import Sight, World
from counsel.model.actions import Action
from counsel.model.advice import FailureClass
from counsel.model.commands import Command

HALF_HOUR_MS = 1_800_000
_SHOWN = 120


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


Rule = Callable[[Check], Foreseen | None]


def foreseen(check: Check) -> Iterator[Foreseen]:
    """All failures that any rule foresees for this call, most certain rules first."""
    for rule in RULES:
        found = rule(check)
        if found is not None:
            yield found


def _touch(check: Check) -> Touch | None:
    assert check.action.path is not None
    return check.facts.touched.get(check.facts.reader(check.action, check.action.path))


def unchanged_text(check: Check) -> Foreseen | None:
    """Edit: the old text equals the new text."""
    action = check.action
    if action.kind != "edit" or not action.old_text or action.old_text != action.new_text:
        return None
    return Foreseen(
        rule="unchanged_text",
        basis="unchanged_text",
        prior=0.95,
        signature=signature(
            action.tool,
            "No changes to make: old_string and new_string are exactly the same.",
        ),
        text="old and new text are identical, so this edit will be refused",
        object=_short(action.path or ""),
        certain=True,
    )


def unread_file(check: Check) -> Foreseen | None:
    """Edit or overwrite: this reader has not read the file, or has forgotten it since."""
    action = check.action
    if not action.path or not _guarded(check):
        return None
    touch = _touch(check)
    if touch is None:
        sight = check.look(action.path)
        if action.kind == "write" and sight.exists is not True:
            return None
        if sight.certain and sight.exists is False:
            return None
        first = "cold" if not check.facts.touched else "warm"
        if action.path.rsplit("/", 1)[-1] in check.facts.prompt:
            first = "mentioned"
        elif not check.facts.prompt:
            first = "continued"
        how = "certain" if sight.certain else "remembered"
        return _unread(check, f"unread_file|never|{first}|{action.kind}|{how}", 0.6, "not read")
    if touch.restarts < check.facts.restarts:
        return _unread(check, "unread_file|restart", 0.42, "not read since the session restarted")
    age, calls = check.now_ms - touch.at_ms, check.facts.calls - touch.calls
    if age >= HALF_HOUR_MS and calls > 30:
        hours = "hour" if age >= 2 * HALF_HOUR_MS else "half"
        return _unread(check, f"unread_file|old|{hours}", 0.45, "not read for a long time")
    return None


def _guarded(check: Check) -> bool:
    """Only Claude Code's own edit tools insist on a read before."""
    return check.action.tool in ("Edit", "Write", "NotebookEdit", "MultiEdit")


def _unread(check: Check, basis: str, prior: float, why: str) -> Foreseen:
    action = check.action
    return Foreseen(
        rule="unread_file",
        basis=basis,
        prior=prior,
        signature=signature(
            action.tool, "File has not been read yet. Read it first before writing to it."
        ),
        text=f"{_short(action.path or '')} was {why}: read it first, then edit",
        object=f"{action.path}:{hash_of(action.old_text or '')}",
    )


def changed_file(check: Check) -> Foreseen | None:
    """Edit: the file changed behind the reader's back since it was read."""
    action = check.action
    if not action.path or not _guarded(check):
        return None
    touch = _touch(check)
    if touch is None:
        return None
    by = check.facts.disturbed.get(action.path, "")
    sight = check.look(action.path)
    if sight.certain and touch.mtime_ns and sight.mtime_ns > touch.mtime_ns:
        basis, by = "changed_file|disk", by or "another process"
    elif by:
        basis = "changed_file|redirected"
    elif check.facts.swept_calls > touch.calls:
        basis, by = f"changed_file|swept|{check.facts.swept}", f"`{check.facts.swept}`"
    else:
        return None
    return Foreseen(
        rule="changed_file",
        basis=basis,
        prior=0.8 if basis == "changed_file|disk" else 0.1,
        signature=signature(
            action.tool,
            "File has been modified since read, either by the user or by a linter. "
            "Read it again before attempting to write it.",
        ),
        text=f"{_short(action.path)} was changed by {by} since it was read: read it again first",
        object=action.path,
    )


def text_to_replace(check: Check) -> Foreseen | None:
    """Edit: the text to replace is not in the file, or is there more than once."""
    action = check.action
    if action.kind != "edit" or not action.path or not action.old_text:
        return None
    sight = check.look(action.path, read=True)
    if sight.text is not None:
        found = sight.text.count(action.old_text)
        if found == 0:
            return _missing_text(check, "missing_text|disk", 0.95)
        if found > 1 and not action.replace_all:
            return _ambiguous(check, found)
        return None
    replaced = check.facts.replaced.get(action.path, [])
    if action.old_text in replaced:
        return _missing_text(check, "missing_text|replaced", 0.2)
    return None


def _missing_text(check: Check, basis: str, prior: float) -> Foreseen:
    action = check.action
    return Foreseen(
        rule="missing_text",
        basis=basis,
        prior=prior,
        signature=signature(
            action.tool, f"String to replace not found in file.\nString: {action.old_text}"
        ),
        text=f"the text to replace is not in {_short(action.path or '')}: read the file again",
        object=f"{action.path}:{hash_of(action.old_text or '')}",
    )


def _ambiguous(check: Check, found: int) -> Foreseen:
    action = check.action
    return Foreseen(
        rule="ambiguous_text",
        basis="ambiguous_text|disk",
        prior=0.95,
        signature=signature(
            action.tool,
            f"Found {found} matches of the string to replace, but replace_all is false. To "
            "replace all occurrences, set replace_all to true. To replace only one occurrence, "
            "please provide more context",
        ),
        text=f"the text to replace occurs {found} times in {_short(action.path or '')}: "
        "give more context around it, or replace all",
        object=f"{action.path}:{hash_of(action.old_text or '')}",
    )


def missing_path(check: Check) -> Foreseen | None:
    """Read or search: the file or folder does not exist, or nobody has ever heard of it."""
    action = check.action
    if action.kind not in ("read", "search") or not action.path:
        return None
    return _missing(check, action.path, action.kind, _absent_message(action))


def _missing(check: Check, path: str, user: str, message: str, folder: str = "") -> Foreseen | None:
    sight = check.look(path, folder=folder)
    if sight.exists is True:
        return None
    if sight.certain:
        basis, prior = f"missing_path|disk|{user}", 0.97
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
        text=f"{_short(path)} {_why(sight)}: list the folder or search for the name first",
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


def broken_tool(check: Check) -> Foreseen | None:
    """The tool itself failed to start in this session and has not worked since."""
    sign = check.facts.broken.get(check.action.tool)
    shared = check.facts.broken if check.action.pattern is not None else {}
    sign = sign or next(iter(shared.values()), None)
    if sign is None:
        return None
    own = "own" if check.action.tool in check.facts.broken else "sibling"
    tool = check.action.tool
    return Foreseen(
        rule="broken_tool",
        basis=f"broken_tool|{own}",
        prior=0.6 if own == "own" else 0.5,
        signature=f"{tool}|{sign.partition('|')[2]}",
        text=f"{tool} could not even start earlier in this session: use another tool "
        "(a shell command, say) until it works again",
        object=f"{tool}:{hash_of(fingerprint(check.action))}",
    )


def same_call_again(check: Check) -> Foreseen | None:
    """This very call failed before in this session and nothing was changed since."""
    failed = check.facts.failed.get(fingerprint(check.action))
    if failed is None or failed.failure_class == "signal":
        return None
    changed = "changed" if check.facts.writes > failed.writes else "same"
    near = "near" if check.facts.calls - failed.calls <= 3 else "later"
    often = "often" if failed.times > 1 else "once"
    return Foreseen(
        rule="same_call_again",
        basis=f"same_call_again|{failed.failure_class}|{changed}|{often}|{near}",
        prior=_AGAIN[failed.failure_class] * (1.0 if changed == "same" else 0.6),
        signature=failed.signature,
        text=_again_text(failed),
        failure_class=failed.failure_class,
        object=hash_of(fingerprint(check.action)),
    )


_AGAIN: dict[FailureClass, float] = {"mistake": 0.5, "refusal": 0.1, "other": 0.3, "signal": 0.0}


def _again_text(failed: Failed) -> str:
    times = "" if failed.times == 1 else f" {failed.times} times"
    if failed.failure_class == "refusal":
        return f"the human refused this very call{times}: ask what they want instead"
    shown = failed.signature.partition("|")[2][:_SHOWN]
    return f"this very call failed{times} before ({shown}) and nothing changed since"


def refused_before(check: Check) -> Foreseen | None:
    """The human has just refused a call of this kind and has not spoken since."""
    refused = check.facts.refused
    if refused is None or refused.kind != check.action.kind:
        return None
    words = "words" if refused.words else "silent"
    when = "next" if refused.since == 0 else "later"
    streak = "again" if refused.streak > 1 else "once"
    return Foreseen(
        rule="refused_before",
        basis=f"refused_before|{check.action.kind}|{words}|{when}|{streak}",
        prior=0.3,
        signature=refused.signature,
        text="the human refused the last call of this kind: do what they asked for, or ask",
        failure_class="refusal",
        object=pattern_of(check.action),
    )


def hash_of(text: str) -> str:
    """A short name for a long text."""
    return f"{sum(ord(c) * (i % 251 + 1) for i, c in enumerate(text)) & 0xFFFFFFFF:08x}"


def _short(path: str) -> str:
    return path if len(path) <= 60 else "…/" + "/".join(path.rsplit("/", 3)[-3:])


RULES: tuple[Rule, ...] = (
    unchanged_text,
    unread_file,
    changed_file,
    text_to_replace,
    missing_path,
    missing_operand,
    broken_tool,
    same_call_again,
    refused_before,
)
