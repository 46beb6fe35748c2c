"""The word of a call that its error complains about: a flag, a field, a name, a path.

A tool that says `unknown flag: --stat` or `Agent type 'x' not found` names what it refused. The
pair (pattern of the call, refused word) is the most specific thing that can be learnt from a
failure, and the next call that carries the same word meets the same end.
"""

import re

from counsel.model.actions import Action
from counsel.model.commands import Command, parse_command

_HEAD = 400
_SHORTEST = 2
_NAMED = re.compile(
    r"(?:unknown|unrecognized|unrecognised|invalid|illegal|unexpected|no such|bad)"
    r"[\w ]{0,24}?(?:option|flag|argument|parameter|switch|command|field|skill|revision|id)s?"
    r"(?: -- |:)?\s*[\"'`]?(?P<a>[^\s\"'`,;:]+)"
    r"|[\"'`](?P<b>[^\"'`\n]{2,120})[\"'`]"
    r"|(?:no such file or directory|command not found):\s*(?P<c>[^\s:]+)"
    r"|(?P<d>[^\s:'\"`]+): (?:no such file|command not found(?!:)|cannot open|open: no such)"
    r"|(?:does not exist|not found|no matches found|cannot change to):?\s+[\"'`]?(?P<e>[^\s\"'`]+)",
    re.IGNORECASE,
)
_STOP = frozenset(("the", "a", "for", "file", "or", "directory", "is", "in", "of", "found"))


def refused_word(action: Action, error: str) -> str | None:
    """The word of the call that the error names, or None. Never a stop word, never empty."""
    words = call_words(action)
    if not words:
        return None
    for match in _NAMED.finditer(error[:_HEAD]):
        named = next((group for group in match.groups() if group), "").strip(".,:;()")
        if not named or named.lower() in _STOP:
            continue
        if named in words and len(named) >= _SHORTEST:
            return named
        if len(named) == 1 and f"-{named}" in words:
            return f"-{named}"
        if len(named) < _SHORTEST:
            continue
        for word in sorted(words):
            if word.startswith(("-", "/", ".")) and named == word.split("=", 1)[0]:
                return word.split("=", 1)[0]
    return None


def call_words(action: Action) -> frozenset[str]:
    """All words of a call that an error could name."""
    words: set[str] = set()
    if action.command is not None:
        for command in parse_command(action.command):
            words.update(_command_words(command))
    for field in (action.path, action.target, action.pattern):
        if field:
            words.add(field)
    return frozenset(words)


def _command_words(command: Command) -> set[str]:
    words = {command.program, *command.words, *command.flags}
    for word in command.words:
        if "," in word and len(word) < 400:
            words.update(word.split(","))
        if word.startswith("--") and "=" in word:
            words.update(word.split("=", 1))
    return words
