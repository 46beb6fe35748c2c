"""Checks of a command line that need no history: what no shell, or no such program, can run.

Each is a fact about a well-known tool, not something learnt:
- a quote or bracket that is never closed;
- a program that is nowhere on the PATH of this machine;
- a path with `$name` in it where nothing sets `name` (route files such as `$id.tsx`): the shell
  puts nothing in its place;
- ripgrep: `\\n` in a pattern needs `--multiline`, one that begins with `-` needs `-e` or `--`.
"""

import re
from collections.abc import Iterator

from counsel.advice.foreseen import Foreseen
from counsel.advice.sources.check import Check
from counsel.memory.operands import needed_paths
from counsel.memory.signature import signature
from counsel.model.commands import Command, is_broken, unset_variables

_NEWLINE = re.compile(r"(?<!\\)(?:\\\\)*\\n")
"""`\\n`, but not an escaped back-slash before an n."""
_PROGRAM = re.compile(r"[a-z][\w.+-]{1,40}")
_ROUTE = re.compile(r"[a-z][A-Za-z0-9]*_?")


def foreseen_in(check: Check) -> Iterator[Foreseen]:
    """What the command line alone foretells."""
    line = check.action.command
    if line is None:
        return
    tool = check.action.tool
    if is_broken(line) and not line.endswith("…"):
        quote = "'" if line.count("'") % 2 else '"'
        yield Foreseen(
            rule="broken_quoting",
            basis="broken_quoting",
            prior=0.8,
            signature=signature(tool, f"zsh:1: unmatched {quote}"),
            text="a quote, bracket or here-document of this command line is never closed",
            object=line[:60],
        )
    yield from _unset(check, line)
    yield from _unknown_program(check)
    for command in check.commands:
        if command.program == "rg":
            yield from _ripgrep(command, tool)


_OWN_WORDS = frozenset(
    """. : [ alias bg bind break builtin caller case cd command compgen complete continue declare
    dirs disown do done echo elif else enable esac eval exec exit export false fc fg fi for function
    getopts hash help history if in jobs kill let local logout popd printf pushd pwd read readonly
    return select set shift shopt source suspend test then time times trap true type typeset ulimit
    umask unalias unset until wait while { } ! [[ ]] setopt unsetopt autoload whence""".split()
)
"""Words that the shell itself answers to."""


def _unknown_program(check: Check) -> Iterator[Foreseen]:
    """A program that is nowhere on the PATH, unless the line itself may bring it there."""
    line = check.action.command or ""
    if "PATH=" in line or "alias " in line or "()" in line or " install" in line:
        return
    for command in check.commands:
        name = command.program
        plain = _PROGRAM.fullmatch(name) and "/" not in command.executable
        if plain and name not in _OWN_WORDS and check.world.program(name) is False:
            yield Foreseen(
                rule="unknown_program",
                basis="unknown_program",
                prior=0.6,
                signature=signature(check.action.tool, f"bash: line 1: {name}: command not found"),
                text=f"`{name}` is not on the PATH",
                object=name,
            )
            return


def _unset(check: Check, line: str) -> Iterator[Foreseen]:
    if "$" not in line:
        return
    names = [name for name in unset_variables(line) if _ROUTE.fullmatch(name) and len(name) > 1]
    for command in check.commands:
        for word in command.operands:
            if "/" in word and any(f"${name}" in word for name in names):
                read = bool(needed_paths(command)) or command.program in ("sed", "cat", "nl")
                shown = re.sub(r"\$\w+", "", word)
                yield Foreseen(
                    rule="unset_variable",
                    basis=f"unset_variable|{'read' if read else 'other'}",
                    prior=0.75,
                    signature=signature(
                        check.action.tool,
                        f"{command.program}: can't read {shown}: No such file or directory",
                    ),
                    text=f"the shell replaces `$…` in {word} by nothing: put the path in single "
                    "quotes",
                    object=word,
                )
                return


def _ripgrep(command: Command, tool: str) -> Iterator[Foreseen]:
    flags = set(command.flags)
    patterns = command.operands[:1]
    multiline = flags & {"-U", "--multiline", "-F", "--fixed-strings", "--files"}
    if patterns and _NEWLINE.search(patterns[0]) and not multiline:
        yield Foreseen(
            rule="rg_newline",
            basis="rg_newline",
            prior=0.75,
            signature=signature(tool, 'rg: the literal "\\n" is not allowed in a regex'),
            text="ripgrep refuses \\n in a pattern without --multiline (-U)",
            object=patterns[0][:60],
        )
    odd = next((w for w in command.words if w.startswith("-") and ("|" in w or " " in w)), None)
    if odd is not None and not flags & {"-e", "--regexp", "--"} and "=" not in odd:
        yield Foreseen(
            rule="rg_dash",
            basis="rg_dash",
            prior=0.85,
            signature=signature(tool, f"rg: unrecognized flag {odd}"),
            text=f"ripgrep takes `{odd[:40]}` for a flag: put -e or -- before the pattern",
            object=odd[:60],
        )
