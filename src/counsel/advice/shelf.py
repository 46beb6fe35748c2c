"""The packets of the running service: found by exact key, or by what comes nearest.

Relaxed lookup scores a packet of the same project by what it shares with the moment, plus how
recent and how effective it is. Recency falls in a line with age, the same for all packets, so the
*order* of two packets with the same match never changes with time: each combination of matching
dimensions keeps its packets in a heap by that fixed rank, and a lookup looks at the tops of at
most seven heaps, however many packets there are.

Rules:
- one packet per exact key, a newer one replaces it;
- nothing is found after its `expires_ms`, nor below the minimum match of tool, intent and plane;
- a packet goes when a lesson in it changes or a file it speaks of is edited;
- beyond the limit the packet goes that was put first;
- not safe to call from two threads at once: it belongs to one, or to a lock of its owner.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from posixpath import basename
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from counsel.advice.packet import Packet, PacketCounts, PacketKey
from counsel.control.tuneables import AdvisoryPacketStore
from counsel.model.ids import LessonId, PacketId, ProjectKey

Dimension: TypeAlias = Literal["tool", "intent", "plane"]

_Group: TypeAlias = tuple[str, ...]
_COMBINATIONS: Final[tuple[tuple[Dimension, ...], ...]] = (
    ("tool", "intent", "plane"),
    ("tool", "intent"),
    ("tool", "plane"),
    ("tool",),
    ("intent", "plane"),
    ("intent",),
    ("plane",),
)
"""From the most to the least specific where weights are not negative."""
_SAYS_NOTHING: Final = ("", "unknown")
"""Two moments of unknown intent have nothing in common."""
_SPARE_ENTRIES = 64


class Match(Struct, frozen=True):
    """A packet found by relaxed lookup; `match` is what tool, intent and plane gave."""

    packet: Packet
    match: float
    score: float


class Changes(Struct, frozen=True):
    """What must be written to keep the stored packets equal to the shelf."""

    saved: tuple[Packet, ...]
    dropped: tuple[PacketId, ...]


def effectiveness(counts: PacketCounts) -> float:
    """(helpful + 1) / (helpful + unhelpful + 2) - min(0.35, 0.05 noisy), in [0.05, 0.99]."""
    helped = (counts.helpful + 1) / (counts.helpful + counts.unhelpful + 2)
    return max(0.05, min(0.99, helped - min(0.35, 0.05 * counts.noisy)))


class PacketShelf:
    """Packets in process, with the indexes that keep every lookup short."""

    def __init__(self, settings: AdvisoryPacketStore) -> None:
        self._settings = settings
        self._packets: dict[PacketId, Packet] = {}
        self._by_key: dict[PacketKey, PacketId] = {}
        self._by_lesson: dict[str, set[PacketId]] = {}
        self._by_file: dict[str, set[PacketId]] = {}
        self._heaps: dict[_Group, list[tuple[float, int, PacketId]]] = {}
        self._entries = 0
        self._stamp: dict[PacketId, int] = {}
        self._stamps = 0
        self._saved: set[PacketId] = set()
        self._dropped: set[PacketId] = set()

    def __len__(self) -> int:
        return len(self._packets)

    def load(self, packets: Iterable[Packet]) -> None:
        """Packets as they were stored; nothing of it counts as a change, except what is evicted."""
        for packet in sorted(packets, key=lambda packet: packet.built_ms):
            self.put(packet)
            self._saved.discard(packet.id)

    def put(self, packet: Packet) -> None:
        """Add a packet; it lives for the settings' time from when it was built, or for less."""
        latest_ms = packet.built_ms + 1_000 * self._settings.packet_ttl_s
        expires_ms = min(packet.expires_ms or latest_ms, latest_ms)
        packet = replace(
            packet, expires_ms=expires_ms, effectiveness_score=effectiveness(packet.counts)
        )
        held = self._by_key.get(packet.key)
        if held is not None and held != packet.id:
            self.drop(held)
        if packet.id in self._packets:
            self._forget(packet.id)
        self._packets[packet.id] = packet
        self._by_key[packet.key] = packet.id
        for lesson in _lessons(packet):
            self._by_lesson.setdefault(lesson, set()).add(packet.id)
        for path in packet.paths:
            self._by_file.setdefault(basename(path), set()).add(packet.id)
        self._enter(packet)
        self._saved.add(packet.id)
        self._dropped.discard(packet.id)
        if len(self._packets) > self._settings.max_index_packets:
            self.drop(next(iter(self._packets)))

    def get(self, packet: PacketId) -> Packet | None:
        return self._packets.get(packet)

    def exact(self, key: PacketKey, now_ms: int) -> Packet | None:
        """The packet for exactly this moment."""
        held = self._by_key.get(key)
        return None if held is None else self._alive(held, now_ms)

    def relaxed(
        self, project: ProjectKey, tool: str, intent: str, plane: str, now_ms: int
    ) -> Match | None:
        """The packet of the project that comes nearest, if any comes near enough."""
        best: Match | None = None
        for names, group in _groups(project, tool, intent, plane):
            if self._weight(names) < self._settings.relaxed_min_match:
                continue
            packet = self._top(group, now_ms)
            if packet is None:
                continue
            found = self._matched(packet, self._weight(names), now_ms)
            if best is None or (found.score, found.packet.id) > (best.score, best.packet.id):
                best = found
        return best

    def count(
        self,
        packet: PacketId,
        *,
        usage: int = 0,
        emit: int = 0,
        helpful: int = 0,
        unhelpful: int = 0,
        noisy: int = 0,
        acted: int = 0,
    ) -> Packet | None:
        """Add to a packet's counters; a negative number takes a mark back. None: it is gone."""
        held = self._packets.get(packet)
        if held is None:
            return None
        old = held.counts
        counts = PacketCounts(
            usage=max(0, old.usage + usage),
            emit=max(0, old.emit + emit),
            helpful=max(0, old.helpful + helpful),
            unhelpful=max(0, old.unhelpful + unhelpful),
            noisy=max(0, old.noisy + noisy),
            acted=max(0, old.acted + acted),
        )
        score = effectiveness(counts)
        counted = replace(held, counts=counts, effectiveness_score=score)
        self._packets[packet] = counted
        self._saved.add(packet)
        if score != held.effectiveness_score:
            self._enter(counted)
        return counted

    def drop(self, packet: PacketId) -> None:
        if packet in self._packets:
            self._forget(packet)
            self._saved.discard(packet)
            self._dropped.add(packet)

    def drop_lesson(self, lesson: LessonId) -> int:
        """Remove what was built with a lesson that changed; how many."""
        return self._drop_all(self._by_lesson.get(lesson, ()))

    def drop_file(self, path: str) -> int:
        """Remove what speaks of a file that was edited; how many.

        A relative path means every path that ends with it, for agents write both.
        """
        named = self._by_file.get(basename(path), set())
        return self._drop_all(
            packet
            for packet in named
            if any(_same_file(path, other) for other in self._packets[packet].paths)
        )

    def drop_expired(self, now_ms: int) -> int:
        """Remove what nobody looked up any more; how many."""
        packets = self._packets.values()
        return self._drop_all(packet.id for packet in packets if packet.expires_ms <= now_ms)

    def changed(self) -> Changes:
        """What changed since the last call of this."""
        saved = tuple(self._packets[packet] for packet in sorted(self._saved))
        dropped = tuple(sorted(self._dropped))
        self._saved.clear()
        self._dropped.clear()
        return Changes(saved, dropped)

    def _drop_all(self, packets: Iterable[PacketId]) -> int:
        gone = tuple(packets)
        for packet in gone:
            self.drop(packet)
        return len(gone)

    def _alive(self, packet: PacketId, now_ms: int) -> Packet | None:
        held = self._packets[packet]
        if held.expires_ms > now_ms:
            return held
        self.drop(packet)
        return None

    def _forget(self, packet: PacketId) -> None:
        held = self._packets.pop(packet)
        del self._stamp[packet]
        if self._by_key.get(held.key) == packet:
            del self._by_key[held.key]
        for lesson in _lessons(held):
            _discard(self._by_lesson, lesson, packet)
        for path in held.paths:
            _discard(self._by_file, basename(path), packet)

    def _enter(self, packet: Packet) -> None:
        """Put a packet into its heaps; what it had there before becomes stale."""
        self._stamps += 1
        self._stamp[packet.id] = self._stamps
        self._push(packet)
        if self._entries > 2 * len(_COMBINATIONS) * len(self._packets) + _SPARE_ENTRIES:
            self._heaps.clear()
            self._entries = 0
            for held in self._packets.values():
                self._push(held)

    def _push(self, packet: Packet) -> None:
        entry = (-self._rank(packet), self._stamp[packet.id], packet.id)
        key = packet.key
        for _, group in _groups(key.project, key.tool, key.intent, packet.plane):
            heappush(self._heaps.setdefault(group, []), entry)
            self._entries += 1

    def _top(self, group: _Group, now_ms: int) -> Packet | None:
        heap = self._heaps.get(group)
        while heap:
            _, stamp, packet = heap[0]
            if self._stamp.get(packet) == stamp:
                held = self._alive(packet, now_ms)
                if held is not None:
                    return held
            heappop(heap)
            self._entries -= 1
        if heap is not None:
            del self._heaps[group]
        return None

    def _rank(self, packet: Packet) -> float:
        """Recency and effectiveness without what depends on the time of the lookup."""
        settings = self._settings
        built = packet.built_ms / (1_000 * settings.packet_ttl_s)
        return (
            settings.relaxed_recency_weight * built
            + settings.relaxed_effectiveness_weight * packet.effectiveness_score
        )

    def _matched(self, packet: Packet, match: float, now_ms: int) -> Match:
        settings = self._settings
        now = settings.relaxed_recency_weight * (1 - now_ms / (1_000 * settings.packet_ttl_s))
        return Match(packet, match, match + now + self._rank(packet))

    def _weight(self, names: tuple[Dimension, ...]) -> float:
        settings = self._settings
        weights: dict[Dimension, float] = {
            "tool": settings.relaxed_tool_weight,
            "intent": settings.relaxed_intent_weight,
            "plane": settings.relaxed_plane_weight,
        }
        return sum(weights[name] for name in names)


def _groups(
    project: str, tool: str, intent: str, plane: str
) -> Iterator[tuple[tuple[Dimension, ...], _Group]]:
    """The combinations of dimensions in which a packet and a moment can meet: at most seven."""
    given: dict[Dimension, str] = {"tool": tool, "intent": intent, "plane": plane}
    for names in _COMBINATIONS:
        values = [given[name] for name in names]
        if not any(value in _SAYS_NOTHING for value in values):
            yield names, (project, *names, *values)


def _lessons(packet: Packet) -> set[str]:
    return {*packet.lineage, *(item.lesson for item in packet.items if item.lesson is not None)}


def _same_file(one: str, other: str) -> bool:
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def _discard(index: dict[str, set[PacketId]], name: str, packet: PacketId) -> None:
    held = index.get(name)
    if held is not None:
        held.discard(packet)
        if not held:
            del index[name]
