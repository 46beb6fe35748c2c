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

_WRAPPERS: dict[str, frozenset[str]] = {
    name: frozenset(valued.split())
    for name, valued in {
        "sudo": "-u -g -h -p -C -D -R -T -U -r -t --user --group --host --prompt --chdir --chroot",
        "doas": "-u -C",
        "env": "-u -C -S --unset --chdir",
        "time": "-f -o --format --output",
        "nice": "-n --adjustment",
        "ionice": "-c -n -p --class --classdata",
        "timeout": "-s -k --signal --kill-after",
        "xargs": "-n -I -L -P -d -E -s -a --max-args --max-procs --delimiter --arg-file",
        "stdbuf": "-i -o -e --input --output --error",
        "exec": "-a",
        "nohup": "",
        "setsid": "",
        "command": "",
        "builtin": "",
    }.items()
}
"""Programs that run the program behind them, with their options that take a value."""
_PLAIN = frozenset(
    """cat ls find cd pwd echo printf grep rg ag sed awk head tail wc sort uniq cut tr xargs tee
    cp mv rm mkdir rmdir touch chmod chown ln stat file less more diff cmp test [ true false sleep
    which type bash sh zsh fish node ruby perl python python3 curl wget jq yq tar gzip gunzip zip
    unzip ps kill pkill pgrep df du date export source . set unset eval read nl od xxd base64 ssh
    scp rsync gofmt pytest mypy ruff tsc eslint prettier biome vim nano open sudo doas timeout
    command""".split()
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


_NAME = re.compile(r"(?!(?:\D*\d){4})[a-z][a-z0-9:_-]{1,30}", re.IGNORECASE)
"""Longer words, or with more digits, are no sub-commands but keys, hashes, names of branches."""


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
    """Files that output is redirected to; those of a whole list or loop stand at its last one."""
    inputs: tuple[str, ...] = ()
    """Files that input is redirected from."""
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
    named = (name for name in used if name not in given and not name.isdigit())
    return tuple(dict.fromkeys(named))


_OWN_SHELL = frozenset(("subshell", "command_substitution", "process_substitution"))
"""What runs in a shell of its own: a `cd` in it leads nowhere outside."""


class _Folder(Struct):
    """Where the line stands, and where it stood before the last `cd`."""

    now: str = ""
    before: str = ""

    def follow(self, command: Command) -> None:
        if command.program not in ("cd", "pushd"):
            return
        target = command.operands[0] if command.operands else "~"
        if command.words == ("-",):
            target = self.before
        elif not (_rooted(target) or not self.now):
            target = f"{self.now}/{target}"
        self.before, self.now = self.now, target


def _collect(root: Node, found: list[Command]) -> None:
    """Depth first, in the order of the text, without recursion: nesting may be deep."""
    folder = _Folder()
    pending: list[Node | _Folder] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, _Folder):
            folder = node
            continue
        if node.type == "command":
            command = _command(node, folder.now)
            if command is not None:
                found.append(command)
                folder.follow(command)
        elif node.type in _OWN_SHELL:
            pending.append(folder)
            folder = _Folder(folder.now, folder.before)
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
    words = _unwrapped(words, assignments)
    if not words:
        return None
    program = words[0].rsplit("/", 1)[-1] if "/" in words[0] else words[0]
    rest = words[1:]
    outputs, inputs = _redirects(node)
    return Command(
        program=program,
        executable=words[0],
        subcommand=_subcommand(program, rest),
        words=tuple(rest),
        flags=tuple(word.split("=", 1)[0] for word in rest if len(word) > 1 and word[0] == "-"),
        operands=tuple(word for word in rest if word and word[0] != "-"),
        assignments=tuple(assignments),
        redirects=outputs,
        inputs=inputs,
        folder=folder,
        after=_connector(node),
        globs=tuple(globs),
    )


def _unwrapped(words: list[str], assignments: list[str]) -> list[str]:
    """The words from the program on that is really run; `env`'s assignments join the others."""
    while words and words[0] in _WRAPPERS:
        wrapper, valued = words[0], _WRAPPERS[words[0]]
        at = 1
        while at < len(words) and words[at].startswith("-") and len(words[at]) > 1:
            if wrapper == "command" and words[at] in ("-v", "-V"):
                return words
            at += 2 if words[at] in valued else 1
            if words[at - 1] == "--":
                break
        given = at
        while wrapper in ("env", "sudo") and at < len(words) and _ASSIGNED.match(words[at]):
            at += 1
        assignments += words[given:at]
        at += wrapper == "timeout"
        if at >= len(words):
            return words
        words = words[at:]
    return words


_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")


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


_ESCAPED = re.compile(r"\\([$`\"\\])")
_C_ESCAPED = re.compile(r"\\([nrt\\'\"])")
_C_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _unquoted(node: Node) -> str:
    """A word as the program would see it, as far as no variable is involved."""
    kind = node.type
    text = _text(node)
    if kind == "raw_string":
        return text[1:-1]
    if kind == "string":
        return _ESCAPED.sub(r"\1", text[1:-1].replace("\\\n", ""))
    if kind == "ansi_c_string":
        return _C_ESCAPED.sub(lambda match: _C_ESCAPES[match[1]], text[2:-1])
    if kind == "concatenation":
        return "".join(_unquoted(child) for child in node.children)
    if kind == "command_name" and node.named_child_count:
        return _unquoted(node.named_children[0])
    if kind == "word" and "\\" in text:
        return text.replace("\\\n", "").replace("\\", "")
    return text


def _redirects(node: Node) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files a command's output goes to and its input comes from, the nearest first.

    The grammar hangs the redirection of `a && b > x` on the whole list, and the one behind a
    here-document's start inside of it.
    """
    outputs: list[str] = []
    inputs: list[str] = []
    current = node
    while current.parent is not None and current.type not in _OWN_SHELL - {"subshell"}:
        following = current.next_named_sibling
        if current.type.endswith("redirect") or not (
            following is None or following.type.endswith("redirect")
        ):
            break
        current = current.parent
        if current.type == "redirected_statement":
            for redirect in _file_redirects(current):
                _add_target(redirect, outputs, inputs)
    return tuple(outputs), tuple(inputs)


def _file_redirects(statement: Node) -> list[Node]:
    found: list[Node] = []
    for child in statement.named_children:
        nested = child.named_children if child.type == "heredoc_redirect" else [child]
        found += [one for one in nested if one.type == "file_redirect"]
    return found


def _add_target(redirect: Node, outputs: list[str], inputs: list[str]) -> None:
    operator = next((child.type for child in redirect.children if not child.is_named), "")
    named = [child for child in redirect.named_children if child.type != "file_descriptor"]
    if not named:
        return
    target = _unquoted(named[-1])
    if operator.endswith("&") and (target.isdigit() or target == "-"):
        return
    (outputs if ">" in operator else inputs).append(target)


def _connector(node: Node) -> str:
    """The operator right before the command, looking outward through its wrappers."""
    current: Node | None = node
    while current is not None:
        before = current.prev_sibling
        if before is not None and before.type not in ("(", "{", "!"):
            return before.type if before.type in ("&&", "||", "|", ";") else ""
        current = current.parent
    return ""
