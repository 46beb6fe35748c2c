"""Writes one key of `config.toml`, atomically; every other line stays as it is."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence

from counsel.config import Home, origins
from counsel.model.errors import BadSetting
from counsel.server.tokens import write_private

Value = str | Sequence[str]


def write_key(home: Home, name: str, value: Value) -> None:
    """The value is one that the setting takes. Raises `BadSetting` for a file that is no TOML."""
    origins({"COUNSEL_HOME": str(home.root)})
    home.create()
    before = home.config.read_text("utf-8") if home.config.exists() else ""
    after = _with(before, f"{name} = {_toml(value)}", name)
    wanted = {**_parsed(before), name: value if isinstance(value, str) else list(value)}
    if _parsed(after) != wanted:
        raise BadSetting(
            f"{home.config} cannot be changed safely.", advice=f"Set {name} in it by hand."
        )
    write_private(home.config, after.encode())


def _toml(value: Value) -> str:
    """A JSON string is a TOML string, too."""
    return json.dumps(value if isinstance(value, str) else list(value))


def _parsed(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _with(text: str, line: str, name: str) -> str:
    lines = text.splitlines(keepends=True)
    for first, found in enumerate(lines):
        if re.match(rf"\s*(?:{name}|\"{name}\"|'{name}')\s*=", found):
            last = _end(lines, first)
            return "".join((*lines[:first], f"{line}\n", *lines[last:]))
    joint = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{joint}{line}\n"


def _end(lines: Sequence[str], first: int) -> int:
    """Where the assignment that begins at `first` ends: a list may go over several lines."""
    for last in range(first + 1, len(lines) + 1):
        if _parsed("".join(lines[first:last])):
            return last
    return first + 1
