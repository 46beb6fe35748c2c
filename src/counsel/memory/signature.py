"""What kind of failure an error text is: the text with everything incidental taken out.

`signature` follows the rule that the published figures of the session datasets use, so that
anybody can compare: tool + `|` + the first 160 characters of the error after dropping ANSI codes
and a leading `Exit code N`, with quoted strings (up to 80 characters), paths, hex ids (7 digits
and more) and numbers replaced by `#`, and white space folded.
"""

import re

LENGTH = 160
_SCANNED = 2_000
_SHORTEST = 12
"""A foreseen signature shorter than this (without the tool) only matches exactly."""

REFUSAL = "doesn't want to proceed with this tool use"
"""Claude Code's sentence for a human's no; what follows it depends on whether words were given."""

_SHELL_NAME = re.compile(r"^(?:\(eval\)|zsh|bash|sh|#):(?: ?(?:line )?#:)?\s*")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_EXIT = re.compile(r"^\s*Exit code \d+\s*")
_INCIDENTAL = re.compile(
    r"""'[^'\n]{0,80}' | "[^"\n]{0,80}" | `[^`\n]{0,80}`     # quoted
      | (?:~|\.{1,2})?/?(?:[\w.@+\-]{1,80}/)+[\w.@+\-]{0,80} | /[\w.@+\-]{1,80}   # paths
      | \b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b                       # hex ids
      | \d+""",
    re.VERBOSE,
)
_SPACE = re.compile(r"\s+")


def signature(tool: str, error: str) -> str:
    """`tool|masked error`, at most 160 characters after the bar."""
    return f"{tool}|{masked(error)[:LENGTH].strip()}"


def _shell_free(text: str) -> str:
    """Without the shell's own name before a message, and in one wording where shells differ."""
    bare = _SHELL_NAME.sub("", text)
    if bare is not text and bare != text and "command not found" in bare:
        return "command not found"
    return bare


def masked(error: str) -> str:
    """The text with everything incidental replaced by `#`."""
    text = _ANSI.sub("", error[: _SCANNED * 2])
    text = _EXIT.sub("", text)[:_SCANNED]
    return _SPACE.sub(" ", _INCIDENTAL.sub("#", text)).strip()


def same_failure(foreseen: str, actual: str) -> bool:
    """Equal, or one is how the other begins: output before or after the message differs."""
    if foreseen == actual:
        return True
    if REFUSAL in foreseen and REFUSAL in actual:
        return True
    tool, _, text = foreseen.partition("|")
    actual_tool, _, actual_text = actual.partition("|")
    text, actual_text = _shell_free(text), _shell_free(actual_text)
    if tool != actual_tool or min(len(text), len(actual_text)) < _SHORTEST:
        return False
    return actual_text.startswith(text) or text.startswith(actual_text)
