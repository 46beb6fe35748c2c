"""What advice needs kept: packets, and sessions that survive a restart of the service."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from counsel.advice.packet import Packet
from counsel.memory.ports import Written
from counsel.model.ids import PacketId, SessionId


class PacketStore(Protocol):
    def save(self, packets: Sequence[Packet]) -> Written:
        """Insert or replace by id."""
        ...

    def drop(self, packets: Sequence[PacketId]) -> Written: ...

    def packets(self) -> list[Packet]:
        """All, by id."""
        ...


class SessionSnapshot(Struct, frozen=True, kw_only=True):
    """A session's state as of event `upto`; what came later is folded in from the log."""

    agent: str
    session: SessionId
    upto: int
    at_ms: int
    body: bytes


class SessionStore(Protocol):
    def save(self, snapshots: Sequence[SessionSnapshot]) -> Written:
        """Insert or replace by (agent, session)."""
        ...

    def load(self, agent: str, session: SessionId) -> SessionSnapshot | None: ...

    def drop(self, session: SessionId) -> Written: ...
