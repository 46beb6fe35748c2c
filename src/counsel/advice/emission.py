"""The text an agent will see: marked, safe, and within the limit.

Rules:
- one line per item, and the marker at its start says how loudly it is meant;
- remembered text stands between “ and ”, and can neither close them nor carry a marker of ours;
- secrets and personal data are redacted, hidden and control characters removed; a text that tries
  to command its reader is not said at all;
- the limit counts everything. Evidence goes first, then the least important items; an item is cut,
  at a word, only when it is the most important one and alone is too long.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from counsel.advice.synthesize import Spoken
from counsel.memory.injection import injection_reason, neutralise
from counsel.memory.redaction import redact
from counsel.model.advice import Authority

_MARKS: Final[Mapping[Authority, tuple[str, str]]] = {
    "block": ("[COUNSEL WARNING] ", ""),
    "warning": ("[COUNSEL WARNING] ", ""),
    "note": ("[COUNSEL] ", ""),
    "whisper": ("(counsel: ", ")"),
    "silent": ("", ""),
}
_OWN_MARK = re.compile(r"[\[(](?=\s*counsel\b)", re.IGNORECASE)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"'})
_READ = 2_000
"""Characters of one text that are looked at; the answer has room for far less."""
_ELLIPSIS = "…"


class Emission(Struct, frozen=True):
    """`text` as the agent gets it, empty for silence; `withheld`: item id to `unsafe` or `no_room`.

    Give `withheld` to `gate.withdraw`, so that the record tells what was really said.
    """

    text: str
    withheld: Mapping[str, str]


class _Line(Struct, frozen=True):
    id: str
    bare: str
    full: str


def emit(spoken: Sequence[Spoken], max_chars: int) -> Emission:
    """The items as one text of at most `max_chars` characters, most important first."""
    withheld: dict[str, str] = {}
    lines = []
    for item in spoken:
        if injection_reason(item.text) or injection_reason(item.evidence):
            withheld[item.id] = "unsafe"
            continue
        line = _line(item, max_chars)
        if line.bare:
            lines.append(line)
        else:
            withheld[item.id] = "no_room"
    said = _fitted(lines, max_chars)
    withheld |= {line.id: "no_room" for line in lines if line.id not in said}
    return Emission("\n".join(said.values()), withheld)


def _fitted(lines: list[_Line], max_chars: int) -> dict[str, str]:
    """Item id to its text: all with evidence if they fit, else less evidence, else fewer items."""
    texts = [line.full for line in lines]
    for place in reversed(range(len(lines))):
        if _length(texts) <= max_chars:
            break
        texts[place] = lines[place].bare
    said: dict[str, str] = {}
    for line, text in zip(lines, texts, strict=True):
        if _length([*said.values(), text]) <= max_chars:
            said[line.id] = text
    return said


def _length(texts: Sequence[str]) -> int:
    return sum(map(len, texts)) + max(0, len(texts) - 1)


def _line(item: Spoken, max_chars: int) -> _Line:
    opening, closing = _MARKS[item.authority]
    text = _clean(item.text)
    if item.remembered:
        text = text.translate(_QUOTES)
        opening, closing = f"{opening}“", f"”{closing}"
    room = max_chars - len(opening) - len(closing)
    text = _cut(text, room)
    if not text:
        return _Line(item.id, "", "")
    bare = f"{opening}{text}{closing}"
    evidence = _clean(item.evidence).translate(_QUOTES)
    if not evidence:
        return _Line(item.id, bare, bare)
    before = "”" if item.remembered else ""
    after = closing.removeprefix(before)
    return _Line(item.id, bare, f"{opening}{text}{before} ({evidence}){after}")


def _clean(text: str) -> str:
    # Neutralise first: a zero-width space inside a key would hide it from redaction.
    return _OWN_MARK.sub("‹", redact(neutralise(text[:_READ])))


def _cut(text: str, room: int) -> str:
    """`text`, or its first words and an ellipsis, in at most `room` characters."""
    if len(text) <= room:
        return text
    if room <= len(_ELLIPSIS):
        return ""
    kept = text[: room - len(_ELLIPSIS)]
    if not text[len(kept)].isspace():
        kept = kept.rsplit(None, 1)[0] if len(kept.split()) > 1 else kept
    return kept.rstrip() + _ELLIPSIS
