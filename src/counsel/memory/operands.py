"""Which words of a shell command are paths that must exist for it to work."""

from counsel.model.commands import Command

_READERS = frozenset(
    """cat sed head tail ls wc cd nl rg grep stat file less more bash sh python python3 node jq
    sort uniq cut diff source .""".split()
)
_SCRIPT_FIRST = frozenset(("sed", "grep", "rg", "jq", "awk"))
_ONE = frozenset(("bash", "sh", "python", "python3", "node", "source", ".", "cd"))
_VALUED = {
    "head": ("-n", "-c"),
    "tail": ("-n", "-c"),
    "rg": ("-g", "--glob", "-t", "--type", "-A", "-B", "-C", "-m", "-e", "--max-count", "-T"),
    "grep": ("-A", "-B", "-C", "-m", "-e", "-f", "--include", "--exclude", "--exclude-dir"),
    "sed": ("-e", "-f"),
    "cut": ("-d", "-f"),
    "sort": ("-k", "-t"),
    "jq": ("--arg", "--argjson"),
}
_ODD = frozenset("*?[]{}$`()<>|;&!\"'\n =,\\^")


def needed_paths(command: Command) -> tuple[str, ...]:
    """The operands that are read, in order; words with anything to expand are left out."""
    if "/" in command.executable and _plain(command.executable):
        return (command.executable,)
    if command.program == "git":
        words = command.words
        return (words[1],) if len(words) > 1 and words[0] == "-C" and _plain(words[1]) else ()
    if command.program not in _READERS:
        return ()
    operands = _operands(command)
    if command.program in _SCRIPT_FIRST and not {"-e", "-f", "--files"} & set(command.flags):
        operands = operands[1:]
    if command.program in _ONE:
        if {"-c", "-m", "-e", "-p", "-lc"} & set(command.flags):
            return ()
        operands = operands[:1]
    return tuple(word for word in operands if _plain(word))


def _operands(command: Command) -> list[str]:
    valued = _VALUED.get(command.program, ())
    operands: list[str] = []
    skip = False
    for word in command.words:
        if skip:
            skip = False
        elif len(word) > 1 and word[0] == "-":
            skip = word in valued
        elif word != "-":
            operands.append(word)
    return operands


def _plain(word: str) -> bool:
    return bool(word) and not _ODD.intersection(word) and not word.startswith("/dev/")
