"""A packet: advice prepared for a predictable moment.

A packet never holds canned text: its items are candidates built from live memory, with the score
they had then, and each is checked again against the actual call before it is shown.
"""

from msgspec import Struct

from counsel.model.advice import Candidate
from counsel.model.ids import PacketId, ProjectKey


class PacketKey(Struct, frozen=True):
    """The moment a packet is for. `context` is the session context's fingerprint."""

    project: ProjectKey
    context: str
    tool: str
    intent: str


class PacketCounts(Struct, frozen=True, omit_defaults=True):
    """What became of a packet so far."""

    usage: int = 0
    emit: int = 0
    helpful: int = 0
    unhelpful: int = 0
    noisy: int = 0
    acted: int = 0


class Packet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`lineage` names the sources and lessons it was built from; `paths` the files it speaks of."""

    id: PacketId
    key: PacketKey
    plane: str = ""
    items: tuple[Candidate, ...] = ()
    lineage: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    built_ms: int = 0
    expires_ms: int = 0
    counts: PacketCounts = PacketCounts()
    effectiveness_score: float = 0.5
    """(helpful + 1) / (helpful + unhelpful + 2) - min(0.35, 0.05 noisy), within [0.05, 0.99]."""
