"""The desk: where a call comes in and an answer goes out. Parse and render happen outside."""

from collections.abc import Sequence

from msgspec import Struct

from counsel.memory.ports import EventLog, Written
from counsel.model.advice import Answer
from counsel.model.events import Event


class Reply(Struct, frozen=True):
    """`answer` is None where there is nothing to say; `written` is done when it is durable."""

    answer: Answer | None
    written: Written


class Desk:
    """One per service; called from one thread only (the server's loop)."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def handle(self, events: Sequence[Event], *, answerable: bool) -> Reply:
        return Reply(answer=None, written=self._log.append(events))
