"""What an agent's adapter is: bytes in, events out; an answer in, bytes out. Pure.

Rules for every adapter:
- garbage gives `BadPayload`, never another error; the caller answers `{}`;
- `{}` means no opinion; `allow` is never said for no opinion;
- only keys the agent knows are written; texts handed to a model stay short;
- what the agent cannot do (ask in Codex, ...) degrades as `Capabilities` declares.
"""

from typing import Literal, Protocol

from msgspec import Struct

from counsel.model.advice import Answer
from counsel.model.events import Event
from counsel.model.ids import EventId, ProjectKey

NO_OPINION = b"{}"


class Stamp(Protocol):
    """Ids, time and project for the events that an adapter makes."""

    def event_id(self) -> EventId: ...

    def now_ms(self) -> int: ...

    def project(self, cwd: str) -> ProjectKey: ...


class Heard(Struct, frozen=True, kw_only=True):
    """What one payload said. `moment` is the agent's own event name, needed to answer it.

    `answerable` is True where the agent takes context back for this moment.
    """

    moment: str
    events: tuple[Event, ...]
    answerable: bool = False
    transcript: str | None = None


Degree = Literal["yes", "no", "degraded"]


class Capabilities(Struct, frozen=True, kw_only=True):
    """What an agent can do with an answer; the matrix in the docs is generated from these."""

    agent: str
    title: str
    context_before_tool: Degree
    context_after_tool: Degree
    ask: Degree
    deny: Degree
    rewrite_input: Degree
    failure_event: Degree
    transports: tuple[Literal["http", "command", "mcp", "in_process"], ...]
    moments: tuple[str, ...]
    """Events the adapter understands, by the agent's names."""
    note: str = ""


class Adapter(Protocol):
    capabilities: Capabilities

    def parse(self, payload: bytes, stamp: Stamp) -> Heard:
        """The events in `payload`. Raises `BadPayload`."""
        ...

    def render(self, heard: Heard, answer: Answer | None) -> bytes:
        """The bytes the agent reads: JSON, `{}` for nothing to say."""
        ...
