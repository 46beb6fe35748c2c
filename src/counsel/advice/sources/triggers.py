"""When a rule of a pack applies: declared in YAML, compiled once, found by index.

Rules:
- all given conditions must hold, of one and the same command where they are about commands;
- a program's name alone is no trigger: it needs a sub-command, a flag, an operand, a glob, a
  pattern of the line, or words;
- a rule that is bound to a platform is silent where the platform is not known;
- the index leads from a call's programs, path and words to the few rules that could apply, so a
  lookup costs as much as it finds, however many rules there are.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate
from posixpath import basename
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from counsel.advice.sources import Query, words_of
from counsel.model.actions import ToolKind
from counsel.model.commands import Command
from counsel.model.errors import BadInput

_TEXT_LIMIT = 4_000
"""Characters that a rule's regular expression is tried on."""
_CLUSTER = re.compile(r"-[A-Za-z]{2,4}")
"""`-rn` holds `-r` and `-n`; longer words after one dash are one option (`-name`)."""


class Trigger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a rule applies, as written in a pack."""

    kind: ToolKind | None = None
    program: tuple[str, ...] = ()
    """Any of these."""
    subcommand: tuple[str, ...] = ()
    """Any of these; `pr create` also stands for what follows it."""
    flags: tuple[str, ...] = ()
    """All of these; a single letter is also found in a cluster (`-r` in `-rn`)."""
    any_flag: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    """None of these flags."""
    operand: str = ""
    """Regular expression that some word without a dash contains."""
    glob: str = ""
    """Regular expression that some unquoted glob contains: the shell expands it."""
    glob_after: tuple[str, ...] = ()
    """An unquoted glob is the value of one of these flags."""
    line: str = ""
    """Regular expression that the whole command line contains."""
    unless: str = ""
    """Regular expression that the whole command line does not contain."""
    pattern: str = ""
    """search: regular expression that the call's pattern contains."""
    path: tuple[str, ...] = ()
    """Any of these globs over the path (`**/uv.lock`)."""
    words: tuple[str, ...] = ()
    """All of these are words of the prompt or of the call."""
    foreground: bool = False
    """Only for calls that the agent waits for."""
    platform: str = ""


class Triggered(Protocol):
    """A rule that has a trigger and a name to blame."""

    @property
    def id(self) -> str: ...

    @property
    def when(self) -> Trigger: ...


class _Compiled(Struct, frozen=True):
    when: Trigger
    operand: re.Pattern[str] | None
    glob: re.Pattern[str] | None
    line: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    pattern: re.Pattern[str] | None
    paths: tuple[re.Pattern[str], ...]


RuleT = TypeVar("RuleT", bound=Triggered)


class TriggerIndex(Generic[RuleT]):
    """Rules by what calls them: program, file name or extension, kind, or a word."""

    def __init__(self, rules: Iterable[RuleT]) -> None:
        self._by_handle: dict[str, list[tuple[RuleT, _Compiled]]] = {}
        self._by_word: dict[str, list[tuple[RuleT, _Compiled]]] = {}
        for rule in rules:
            entry = (rule, _compiled(rule))
            for handle in _handles(rule.when):
                self._by_handle.setdefault(handle, []).append(entry)
            if not any(_handles(rule.when)):
                self._by_word.setdefault(rule.when.words[0].lower(), []).append(entry)

    def matching(self, query: Query) -> Iterator[tuple[RuleT, float]]:
        """Rules that apply to the call, each once, with how closely they are bound to it."""
        seen: set[str] = set()
        for rule, compiled in self._candidates(query):
            if rule.id not in seen and _applies(compiled, query):
                seen.add(rule.id)
                yield rule, specificity(rule.when)

    def _candidates(self, query: Query) -> Iterator[tuple[RuleT, _Compiled]]:
        for handle in _query_handles(query):
            yield from self._by_handle.get(handle, ())
        if self._by_word:
            for word in self._by_word.keys() & words_of(query):
                yield from self._by_word[word]


def specificity(when: Trigger) -> float:
    """Relevance in [0, 0.95] by how much of the call had to match; a pattern binds most."""
    pinned = 0.3 * bool(when.program) + 0.2 * bool(when.subcommand)
    pinned += 0.25 * bool(when.flags or when.any_flag or when.glob_after or when.without)
    pinned += 0.35 * bool(when.operand or when.glob or when.line or when.pattern)
    pinned += 0.6 * bool(when.path) + min(0.4, 0.2 * len(when.words))
    return min(0.95, pinned)


def _compiled(rule: Triggered) -> _Compiled:
    when = rule.when
    _check(rule)
    return _Compiled(
        when=when,
        operand=_regex(rule, when.operand),
        glob=_regex(rule, when.glob),
        line=_regex(rule, when.line),
        unless=_regex(rule, when.unless),
        pattern=_regex(rule, when.pattern),
        paths=tuple(re.compile(translate(_anywhere(path))) for path in when.path),
    )


def _check(rule: Triggered) -> None:
    when = rule.when
    narrow = (
        when.subcommand
        or when.flags
        or when.any_flag
        or when.operand
        or when.glob
        or when.glob_after
        or when.line
        or when.words
    )
    if when.program and not narrow:
        raise BadInput(
            f"rule {rule.id!r} matches on a program's name alone.",
            advice="Add a sub-command, flag, operand, glob, line or words.",
        )
    if not (when.program or when.path or when.pattern or when.words):
        raise BadInput(
            f"rule {rule.id!r} has nothing that it could be found by.",
            advice="Give a program, a path, a pattern or words.",
        )


def _regex(rule: Triggered, text: str) -> re.Pattern[str] | None:
    if not text:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise BadInput(
            f"rule {rule.id!r} has a bad regular expression {text!r}: {error}.",
            advice="Correct the pack.",
        ) from error


def _anywhere(path: str) -> str:
    return f"*/{path.removeprefix('**/')}" if path.startswith("**/") else path


def _handles(when: Trigger) -> Iterator[str]:
    """Where a rule stands in the index: the narrowest place that every match leads to."""
    if when.program:
        yield from (f"program:{program}" for program in when.program)
    elif when.path:
        yield from (f"path:{_path_handle(path)}" for path in when.path)
    elif when.pattern:
        yield f"pattern:{when.kind or ''}"


def _path_handle(glob: str) -> str:
    """The literal file name of a glob, else its extension, else `*`: looked at for every path."""
    name = basename(glob)
    if not any(mark in name for mark in "*?["):
        return name
    extension = name.rpartition(".")[2] if name.startswith("*.") else ""
    return f".{extension}" if extension and not any(m in extension for m in "*?[") else "*"


def _query_handles(query: Query) -> Iterator[str]:
    yield from {f"program:{command.program}" for command in query.commands}
    path = query.action.path
    if path is not None:
        name = basename(path)
        yield f"path:{name}"
        if "." in name:
            yield f"path:.{name.rpartition('.')[2]}"
        yield "path:*"
    if query.action.pattern is not None:
        yield f"pattern:{query.action.kind}"
        yield "pattern:"


def _applies(rule: _Compiled, query: Query) -> bool:
    when, action = rule.when, query.action
    if when.kind is not None and when.kind != action.kind:
        return False
    if when.platform and when.platform != query.platform:
        return False
    line = (action.command or "")[:_TEXT_LIMIT]
    if when.foreground and (action.background or line.rstrip().endswith("&")):
        return False
    if when.words and not words_of(query).issuperset(word.lower() for word in when.words):
        return False
    if rule.line is not None and not rule.line.search(line):
        return False
    if rule.unless is not None and rule.unless.search(line):
        return False
    if rule.pattern is not None and not rule.pattern.search((action.pattern or "")[:_TEXT_LIMIT]):
        return False
    if rule.paths and not _path_fits(rule.paths, action.path):
        return False
    if not when.program:
        return True
    return any(_command_fits(rule, command) for command in query.commands)


def _path_fits(globs: Sequence[re.Pattern[str]], path: str | None) -> bool:
    if path is None:
        return False
    rooted = path if path.startswith("/") else f"/{path}"
    return any(glob.match(rooted) or glob.match(path) for glob in globs)


def _command_fits(rule: _Compiled, command: Command) -> bool:
    when = rule.when
    if command.program not in when.program:
        return False
    if when.subcommand and not _under(command.subcommand, when.subcommand):
        return False
    if not all(has_flag(command, flag) for flag in when.flags):
        return False
    if when.any_flag and not any(has_flag(command, flag) for flag in when.any_flag):
        return False
    if any(has_flag(command, flag) or _attached(command, flag) for flag in when.without):
        return False
    if rule.operand is not None and not _found(rule.operand, command.operands):
        return False
    if rule.glob is not None and not _found(rule.glob, command.globs):
        return False
    return not when.glob_after or _glob_follows(command, when.glob_after)


def _under(subcommand: str, wanted: Sequence[str]) -> bool:
    return any(subcommand == one or subcommand.startswith(f"{one} ") for one in wanted)


def has_flag(command: Command, flag: str) -> bool:
    """Whether a flag is given, alone, with a value, or as a letter of a short cluster."""
    if flag in command.flags:
        return True
    if len(flag) != 2:
        return False
    return any(flag[1] in word and _CLUSTER.fullmatch(word) for word in command.flags)


def _attached(command: Command, flag: str) -> bool:
    """A short flag with its value in the same word (`-mtext`); only good for ruling out."""
    return len(flag) == 2 and any(word.startswith(flag) for word in command.flags)


def _found(regex: re.Pattern[str], words: Iterable[str]) -> bool:
    return any(regex.search(word[:_TEXT_LIMIT]) for word in words)


def _glob_follows(command: Command, flags: Sequence[str]) -> bool:
    pairs = zip(command.words, command.words[1:], strict=False)
    return any(before in flags and word in command.globs for before, word in pairs)
