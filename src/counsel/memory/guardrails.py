"""Shell actions that cannot be taken back, and a few others, judged on the parsed command.

| name | what | level |
|---|---|---|
| recursive_delete | `rm -r`, `find -delete` of a system folder, the home, `.git`, the root | high |
| force_push | `git push --force`, `+ref`, `--mirror`, or a deletion, onto main or master | high |
| lease_push | the same with `--force-with-lease` | moderate |
| discard_edits | `git reset --hard`, `checkout .`, `clean -f` while edits are uncommitted | high |
| pipe_to_shell | what curl or wget fetched is run by a shell or an interpreter | high |
| open_permissions | `chmod -R` 777 of such a folder | high |
| raw_device | `dd of=`, a redirect or a tool such as mkfs that writes onto a device | high |
| secret_read | a private key, `.aws`, `.netrc`, `*.pem` printed or read | high |
| failed_edits | one more edit of a file whose last two edits failed, unread since | moderate |

Words are compared as the shell would pass them, never searched for in the line: `rm -rf /tmp/x` is
not `rm -rf /`, `npm run format` formats no disk, `grep id_rsa src` reads no key. Where a fact is
needed and unknown (the current branch, uncommitted edits, the working folder) the rule is silent.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from counsel.memory.steps import SHELLS, Step, unwrapped
from counsel.model.actions import Action
from counsel.model.commands import Command, parse_command

Caution = Literal["high", "moderate"]


class Guardrail(Struct, frozen=True, kw_only=True):
    """What speaks against the action: the rule's name, a sentence, how grave it is."""

    name: str
    text: str
    caution: Caution = "high"


class Situation(Struct, frozen=True, kw_only=True):
    """What is known where the action runs; empty or None where it is not known."""

    cwd: str = ""
    root: str = ""
    """Of the repository."""
    home: str = ""
    branch: str = ""
    uncommitted: bool | None = None
    steps: tuple[Step, ...] = ()
    """The episode's, oldest first."""


def guardrail(action: Action, situation: Situation) -> Guardrail | None:
    """The gravest objection to the action, None if there is none."""
    found = list(_objections(action, situation))
    return next((one for one in found if one.caution == "high"), found[0] if found else None)


def _objections(action: Action, situation: Situation) -> Iterator[Guardrail]:
    if action.kind == "shell":
        here = replace(situation, cwd=_join(situation.cwd, action.workdir or ""))
        yield from _line_objections(unwrapped(parse_command(action.command or "")), here)
    elif action.kind in ("read", "search") and action.path and is_secret(action.path):
        yield _secret(action.path)
    elif action.kind in ("edit", "write") and action.path:
        yield from _failed_edits(action.path, situation.steps)


def _line_objections(commands: Sequence[Command], here: Situation) -> Iterator[Guardrail]:
    yield from _piped_to_shell(commands)
    for i, command in enumerate(commands):
        place = replace(here, cwd=_join(here.cwd, command.folder))
        if any(_is_device(target) for target in command.redirects):
            yield _device(command)
        rule = _RULES.get(command.program.split(".")[0])
        found = rule(command, place) if rule else None
        if found is not None and not (
            found.name == "discard_edits" and any(_stashes(one) for one in commands[:i])
        ):
            yield found


_INTERPRETERS = frozenset("python python3 perl ruby node".split())


# Places

_SYSTEM = frozenset(
    """/ /bin /boot /dev /etc /home /lib /lib64 /opt /proc /root /run /sbin /srv /sys /usr /var
    /usr/bin /usr/lib /usr/local /var/lib /Users /Applications /Library /System /private
    /private/etc /private/var""".split()
)
_SOMEBODYS_HOME = re.compile(r"/(?:home|Users)/[^/]+")
_TEMPORARY = ("/tmp/", "/var/tmp/", "/var/folders/", "/private/tmp/", "/private/var/folders/")
_HOME_VARIABLE = re.compile(r"\$(?:HOME\b|\{HOME\})")


def _join(folder: str, word: str) -> str:
    return word if word.startswith(("/", "~", "$")) or not folder else posixpath.join(folder, word)


def _place(word: str, here: Situation) -> str:
    """The normalised path a word means, relative where the working folder is not known.

    `folder/*` means the folder: what it holds is what it is. Empty if a variable hides it.
    """
    word = "." if word in ("*", "./*") else word
    word = word[:-1] if word.endswith("/*") else word
    path = _HOME_VARIABLE.sub("~", _join(here.cwd, word), count=1)
    if path == "~" or path.startswith("~/"):
        path = (here.home or "/home/~") + path[1:]
    elif path.startswith("~"):
        path = f"/home/{path[1:]}"
    if "$" in path or "`" in path:
        return ""
    return re.sub(r"^/+", "/", posixpath.normpath(path))


def _is_vital(word: str, here: Situation) -> bool:
    """A folder whose loss is not made good by anything in it."""
    path = _place(word, here)
    if path in _SYSTEM or (here.home and path == here.home) or _SOMEBODYS_HOME.fullmatch(path):
        return True
    root = here.root.rstrip("/")
    if root and path and (path == root or root.startswith(path.rstrip("/") + "/")):
        return True
    inside = bool(root) and path.startswith(root + "/")
    return posixpath.basename(path) == ".git" and (inside or not path.startswith(_TEMPORARY))


def _is_device(word: str) -> bool:
    path = posixpath.normpath(word)
    return path.startswith("/dev/") and not _HARMLESS_DEVICE.fullmatch(path)


_HARMLESS_DEVICE = re.compile(
    r"/dev/(?:null|zero|full|u?random|std(?:in|out|err)|tty\w*|console|ptmx"
    r"|(?:fd|shm|pts|tcp|udp|mqueue)(?:/.*)?)"
)


# Rules, one program each


def _short(command: Command, letter: str) -> bool:
    return any(re.fullmatch(rf"-[A-Za-z]*{letter}[A-Za-z]*", flag) for flag in command.flags)


def _operands(command: Command) -> tuple[str, ...]:
    """All operands, those after `--` whatever they begin with."""
    if "--" not in command.words:
        return command.operands
    at = command.words.index("--")
    before = tuple(word for word in command.words[:at] if word and not word.startswith("-"))
    return (*before, *command.words[at + 1 :])


def _rm(command: Command, here: Situation) -> Guardrail | None:
    if not (_short(command, "[rR]") or "--recursive" in command.flags):
        return None
    return _deletes(_operands(command), here)


def _deletes(words: Sequence[str], here: Situation) -> Guardrail | None:
    hit = next((word for word in words if _is_vital(word, here)), None)
    if hit is None:
        return None
    return Guardrail(
        name="recursive_delete", text=f"This deletes {hit!r} and all in it; nothing brings it back."
    )


_UNFILTERED = frozenset("-delete -depth -xdev -mount -mindepth -maxdepth -type".split())


def _find(command: Command, here: Situation) -> Guardrail | None:
    if "-delete" not in command.flags or not _UNFILTERED.issuperset(command.flags):
        return None
    first = next(i for i, word in enumerate(command.words) if word.startswith("-"))
    return _deletes(command.words[:first] or (".",), here)


def _git(command: Command, here: Situation) -> Guardrail | None:
    sub = command.subcommand
    if sub == "push":
        return _push(command, here)
    if here.uncommitted and _discards(command):
        return Guardrail(
            name="discard_edits",
            text=f"There are uncommitted edits; `git {sub}` discards them for good. Stash first.",
        )
    return None


def _discards(command: Command) -> bool:
    flags, sub = command.flags, command.subcommand
    if sub == "reset":
        return "--hard" in flags
    if sub == "clean":
        forced = _short(command, "f") or "--force" in flags
        return forced and not (_short(command, "n") or "--dry-run" in flags)
    all_files = "." in _operands(command)
    if sub == "restore":
        return all_files and ("--staged" not in flags or "--worktree" in flags)
    return sub == "checkout" and all_files


def _stashes(command: Command) -> bool:
    if command.program != "git":
        return False
    kept = {"list", "pop", "apply", "drop", "clear", "show", "branch"}.isdisjoint(command.words)
    return command.subcommand == "commit" or (command.subcommand == "stash" and kept)


_PROTECTED = frozenset(("main", "master"))
_PUSH_VALUED = frozenset("-o --push-option --repo --receive-pack --exec".split())


def _push(command: Command, here: Situation) -> Guardrail | None:
    flags = command.flags
    if _short(command, "n") or "--dry-run" in flags:
        return None
    forced = _short(command, "f") or "--force" in flags or "--mirror" in flags
    leased = "--force-with-lease" in flags
    deletes = _short(command, "d") or "--delete" in flags
    refs = _pushed(command) or ([here.branch] if here.branch else [])
    if forced and {"--all", "--mirror"} & set(flags):
        refs.append("main")
    for ref in refs:
        source, colon, target = ref.lstrip("+").rpartition(":")
        target = here.branch if target in ("HEAD", "@") else target.removeprefix("refs/heads/")
        gone = deletes or (bool(colon) and not source)
        if target not in _PROTECTED or not (forced or leased or gone or ref.startswith("+")):
            continue
        if leased and not (forced or gone):
            return Guardrail(
                name="lease_push",
                caution="moderate",
                text=f"This rewrites the published history of {target!r}, lease or not.",
            )
        return Guardrail(
            name="force_push",
            text=f"This overwrites {target!r} for everybody, with commits that others pushed.",
        )
    return None


def _pushed(command: Command) -> list[str]:
    """The refs a `git push` names, after the remote."""
    words = list(command.words[command.words.index("push") + 1 :])
    named: list[str] = []
    while words:
        word = words.pop(0)
        if word in _PUSH_VALUED and words:
            words.pop(0)
        elif not word.startswith("-"):
            named.append(word)
    return named[1:]


def _chmod(command: Command, here: Situation) -> Guardrail | None:
    recursive = _short(command, "R") or "--recursive" in command.flags
    mode, *targets = command.operands or ("",)
    if not recursive or not re.fullmatch(r"0?777|(?:a|ugo)?[+=]rwx", mode):
        return None
    hit = next((word for word in targets if _is_vital(word, here)), None)
    if hit is None:
        return None
    return Guardrail(
        name="open_permissions", text=f"This lets everybody write everything in {hit!r}."
    )


def _writes_device(command: Command, here: Situation) -> Guardrail | None:
    words = command.operands
    if command.program == "dd":
        words = tuple(word[3:] for word in command.words if word.startswith("of="))
    if command.program == "wipefs" and not (_short(command, "a") or "--all" in command.flags):
        return None
    return _device(command) if any(_is_device(word) for word in words) else None


def _device(command: Command) -> Guardrail:
    return Guardrail(
        name="raw_device", text=f"`{command.program}` overwrites a device here, whatever is on it."
    )


# Programs from the network

_FETCHERS = frozenset(("curl", "wget"))
_STREAMED = Guardrail(
    name="pipe_to_shell",
    text="This runs what the network sends, unseen. Save it, read it, then run it.",
)


def _piped_to_shell(commands: Sequence[Command]) -> Iterator[Guardrail]:
    fetched = False
    for command in commands:
        fetched = fetched and command.after == "|"
        if (fetched and _runs_stdin(command)) or _runs_fetched(command):
            yield _STREAMED
        fetched = fetched or command.program in _FETCHERS


def _runs_stdin(command: Command) -> bool:
    """Whether the program itself is read from standard input."""
    files = set(command.operands) - {"/dev/stdin"}
    if command.program in SHELLS:
        return not _short(command, "c") and ("-s" in command.flags or not files - {"-"})
    bare = {"-u"}.issuperset(command.flags)
    return command.program in _INTERPRETERS and bare and not set(command.words) - {"-", "-u"}


def _runs_fetched(command: Command) -> bool:
    """`bash <(curl ...)`, `sh -c "$(curl ...)"`, `eval "$(wget ...)"`."""
    if command.program not in SHELLS | _INTERPRETERS | {"source", ".", "eval"}:
        return False
    word = command.operands[0] if command.operands else ""
    if not word.startswith(("<(", "$(")):
        return False
    return any(inner.program in _FETCHERS for inner in parse_command(word[2:-1]))


# Secrets

_PRINTERS = frozenset(
    """cat less more head tail bat nl tac strings xxd od hexdump base64 cut sort tee cp scp rsync
    source .""".split()
)
_SCRIPTED = frozenset("grep rg ag sed awk jq".split())
_KEY_FILE = re.compile(r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?:[-_.].*)?")
_PUBLIC = re.compile(r"cert|chain|bundle|public|\bpub\b|^ca\b")
_OPEN_IN_SSH = re.compile(r"config|known_hosts.*|authorized_keys.*|environment")
_SAMPLES = frozenset("test tests testdata fixtures examples node_modules vendor".split())


def is_secret(path: str) -> bool:
    """Whether a path names a private key or a file of credentials, by its parts."""
    *folders, name = posixpath.normpath(path).split("/")
    if name.endswith(".pub"):
        return False
    if ".ssh" in folders and not _OPEN_IN_SSH.fullmatch(name):
        return True
    if (".aws" in folders and name != "config") or ".gnupg" in folders:
        return True
    if name in (".netrc", "_netrc") or _KEY_FILE.fullmatch(name):
        return True
    if not name.endswith((".pem", ".p12", ".pfx")) or _SAMPLES.intersection(folders):
        return False
    return not _PUBLIC.search(name)


def _reads(command: Command, here: Situation) -> Guardrail | None:
    words = _operands(command)
    if command.program in _SCRIPTED and not {"-e", "-f"} & set(command.flags):
        words = words[1:]
    if command.program in ("cp", "scp", "rsync"):
        words = words[:-1]
    if command.program == "curl":
        words = tuple(w.rpartition("@")[2] for w in command.words if re.match(r"(?:\w+=)?@", w))
    hit = next((word for word in words if is_secret(word)), None)
    return _secret(hit) if hit else None


def _secret(path: str) -> Guardrail:
    name = posixpath.basename(path)
    return Guardrail(
        name="secret_read", text=f"{name!r} holds a secret; reading it puts it into the transcript."
    )


def _failed_edits(path: str, steps: Sequence[Step]) -> Iterator[Guardrail]:
    failed = 0
    for step in reversed(steps):
        if step.deed.path != path:
            continue
        if not (step.deed.purpose == "edit" and step.failed):
            break
        failed += 1
    if failed >= 2:
        yield Guardrail(
            name="failed_edits",
            caution="moderate",
            text=f"The last {failed} edits of {posixpath.basename(path)!r} failed; read it first.",
        )


_RULES: dict[str, Callable[[Command, Situation], Guardrail | None]] = {
    "rm": _rm,
    "find": _find,
    "git": _git,
    "chmod": _chmod,
    **dict.fromkeys("dd mkfs mke2fs shred blkdiscard wipefs tee".split(), _writes_device),
    **dict.fromkeys((_PRINTERS | _SCRIPTED | {"curl"}) - {"tee", "."}, _reads),
}
