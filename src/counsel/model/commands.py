"""What a shell command line really runs: parsed by tree-sitter's bash grammar, never by substrings.

`parse_command` gives the simple commands in order, whatever holds them together (`&&`, pipes,
subshells, loops, `$( )`), each with its words unquoted. A text that is no shell at all gives what
could be recognised, at worst an empty tuple; it never raises.
"""

import re
from functools import lru_cache

import tree_sitter_bash
from msgspec import Struct
from tree_sitter import Language, Node, Parser

MAX_LENGTH = 8_000
"""Longer command lines are parsed up to here (bytes): a here-document can be a whole file."""

_WRAPPERS = frozenset(("sudo", "env", "time", "nohup", "command", "exec", "builtin", "nice"))
_PLAIN = frozenset(
    """cat ls cd pwd echo printf grep rg ag sed awk head tail wc sort uniq cut tr find xargs tee cp
    mv rm mkdir rmdir touch chmod chown ln stat file less more diff cmp test [ true false sleep
    which type bash sh zsh fish node ruby perl python python3 curl wget jq yq tar gzip gunzip zip unzip
    ps kill pkill pgrep df du date export source . set unset eval read nl od xxd base64 ssh scp
    rsync gofmt pytest mypy ruff tsc eslint prettier biome vim nano open""".split()
)
"""Programs whose first word is an operand; for all others it is taken for a sub-command."""
_TWO_LEVELS = frozenset(("gh", "docker", "aws", "gcloud", "az", "kubectl", "npm", "bun", "uv"))
_VALUED = {
    "git": frozenset(("-C", "-c", "--git-dir", "--work-tree")),
    "go": frozenset(("-C",)),
    "docker": frozenset(("-H", "--context")),
    "gh": frozenset(("-R", "--repo")),
    "make": frozenset(("-C", "-f", "-j")),
}


_NAME = re.compile(r"[a-z][a-z0-9:_-]{1,40}", re.IGNORECASE)


class Command(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One simple command.

    `words` are all words after the program, unquoted; `flags` those that begin with `-` (without
    `=value`), `operands` the others. `folder` is where an earlier `cd` of the same line led,
    as written. `after` is the connector before it: empty, `&&`, `||`, `|`, `;`.
    """

    program: str
    executable: str = ""
    """The program as written: a path, where it was called by one."""
    subcommand: str = ""
    words: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    assignments: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    """Targets of output redirections."""
    folder: str = ""
    after: str = ""
    globs: tuple[str, ...] = ()
    """Unquoted words with `*`, `?` or `[` that the shell would expand."""


_LANGUAGE = Language(tree_sitter_bash.language())
_PARSER = Parser(_LANGUAGE)


@lru_cache(maxsize=4096)
def parse_command(text: str) -> tuple[Command, ...]:
    """The simple commands of a shell line, in order."""
    data = text.encode("utf-8", "replace")[:MAX_LENGTH]
    found: list[Command] = []
    _collect(_PARSER.parse(data).root_node, found)
    return tuple(found)


@lru_cache(maxsize=1024)
def is_broken(text: str) -> bool:
    """Whether the text is no complete shell program: something opened is never closed."""
    data = text.encode("utf-8", "replace")
    return len(data) <= MAX_LENGTH and _PARSER.parse(data).root_node.has_error


@lru_cache(maxsize=1024)
def unset_variables(text: str) -> tuple[str, ...]:
    """Names expanded in the text that nothing in it sets (a caller's environment may)."""
    used: list[str] = []
    given: set[str] = set()
    pending = [_PARSER.parse(text.encode("utf-8", "replace")[:MAX_LENGTH]).root_node]
    while pending:
        node = pending.pop()
        if node.type == "variable_name":
            holder = node.parent.type if node.parent is not None else ""
            name = _text(node)
            if holder in ("simple_expansion", "expansion"):
                used.append(name)
            else:
                given.add(name)
        elif node.type == "word" and node.prev_sibling is not None:
            lead = node.parent.children[0] if node.parent is not None else node
            if _text(lead) in ("read", "export", "declare", "local"):
                given.add(_text(node).split("=", 1)[0])
        pending.extend(reversed(node.children))
    return tuple(dict.fromkeys(name for name in used if name not in given))


def _collect(root: Node, found: list[Command]) -> None:
    """Depth first, in the order of the text, without recursion: nesting may be deep."""
    folder = ""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type == "command":
            command = _command(node, folder)
            if command is not None:
                found.append(command)
                if command.program == "cd" and command.operands:
                    target = command.operands[0]
                    folder = target if _rooted(target) or not folder else f"{folder}/{target}"
        pending.extend(reversed(node.children))


def _rooted(path: str) -> bool:
    return path.startswith(("/", "~", "$"))


def _command(node: Node, folder: str) -> Command | None:
    words: list[str] = []
    assignments: list[str] = []
    globs: list[str] = []
    for child in node.named_children:
        kind = child.type
        if kind == "variable_assignment":
            assignments.append(_text(child))
        elif kind == "command_name" or not kind.endswith("redirect"):
            words.append(_unquoted(child))
            if kind == "word" and any(mark in words[-1] for mark in "*?["):
                globs.append(words[-1])
    while words and words[0] in _WRAPPERS and len(words) > 1:
        words.pop(0)
        while words and (words[0].startswith("-") or "=" in words[0]):
            words.pop(0)
    if not words:
        return None
    program = words[0].rsplit("/", 1)[-1] if "/" in words[0] else words[0]
    rest = words[1:]
    return Command(
        program=program,
        executable=words[0],
        subcommand=_subcommand(program, rest),
        words=tuple(rest),
        flags=tuple(word.split("=", 1)[0] for word in rest if len(word) > 1 and word[0] == "-"),
        operands=tuple(word for word in rest if word and word[0] != "-"),
        assignments=tuple(assignments),
        redirects=_redirects(node),
        folder=folder,
        after=_connector(node),
        globs=tuple(globs),
    )


def _subcommand(program: str, words: list[str]) -> str:
    if program in ("python", "python3") and words[:1] == ["-m"] and len(words) > 1:
        return words[1]
    if program in _PLAIN:
        return ""
    wanted = 2 if program in _TWO_LEVELS else 1
    valued = _VALUED.get(program, frozenset())
    taken: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in valued
            if taken:
                break
        elif _NAME.fullmatch(word):
            taken.append(word)
            if len(taken) == wanted:
                break
        else:
            break
    return " ".join(taken)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _unquoted(node: Node) -> str:
    """A word as the program would see it, as far as no variable is involved."""
    kind = node.type
    text = _text(node)
    if kind == "raw_string":
        return text[1:-1]
    if kind == "string":
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if kind == "concatenation":
        return "".join(_unquoted(child) for child in node.children)
    if kind == "command_name" and node.named_child_count:
        return _unquoted(node.named_children[0])
    if kind == "word" and "\\" in text:
        return text.replace("\\\n", "").replace("\\", "")
    return text


def _redirects(node: Node) -> tuple[str, ...]:
    holder = node.parent
    if holder is None or holder.type != "redirected_statement":
        return ()
    return tuple(
        _unquoted(child.named_children[-1])
        for child in holder.named_children
        if child.type == "file_redirect" and child.named_children and b">" in (child.text or b"")
    )


def _connector(node: Node) -> str:
    """The operator right before the command, looking outward through its wrappers."""
    current: Node | None = node
    while current is not None:
        before = current.prev_sibling
        if before is not None:
            return before.type if before.type in ("&&", "||", "|", ";") else ""
        current = current.parent
    return ""
