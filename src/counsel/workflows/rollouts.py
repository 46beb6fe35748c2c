"""Outcomes that an agent's hook leaves open, completed from the end of its transcript.

Codex tells its hook the output of a call but not how it ended; its rollout file does. Only the last
part of the file is read: the call has just ended.
"""

import os
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from counsel.model.events import Event, OutcomeObserved
from counsel.model.ids import ActionId
from counsel.model.outcomes import Outcome

TAIL = 256 * 1024
Read = Callable[[bytes, ActionId, str], Outcome | None]
"""The outcome of a call in one line of a transcript, if that line tells it."""


def completed(events: Sequence[Event], transcript: str | None, read: Read) -> tuple[Event, ...]:
    """The events, with unknown outcomes filled in where the transcript knows them."""
    if transcript is None or not any(_is_open(event) for event in events):
        return tuple(events)
    lines = _last_lines(transcript)
    return tuple(_completed(event, lines, read) for event in events)


def _is_open(event: Event) -> bool:
    return isinstance(event, OutcomeObserved) and event.outcome.status == "unknown"


def _completed(event: Event, lines: list[bytes], read: Read) -> Event:
    if not isinstance(event, OutcomeObserved) or event.outcome.status != "unknown":
        return event
    for line in reversed(lines):
        found = read(line, event.outcome.action_id, event.outcome.tool)
        if found is not None and found.status != "unknown":
            return replace(event, outcome=found)
    return event


def _last_lines(path: str) -> list[bytes]:
    """The whole lines of the file's last part; nothing where it cannot be read."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            lines = file.read(TAIL).splitlines()
    except (OSError, ValueError):
        return []
    return lines[1:] if size > TAIL else lines
