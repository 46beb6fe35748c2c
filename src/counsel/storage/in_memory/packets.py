"""Packets, in a dict by id."""

from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

from counsel.advice.packet import Packet
from counsel.model.ids import PacketId
from counsel.storage.in_memory.written import done


class InMemoryPacketStore:
    def __init__(self) -> None:
        self._lock = Lock()
        self._packets: dict[PacketId, Packet] = {}

    def save(self, packets: Sequence[Packet]) -> Future[int]:
        with self._lock:
            self._packets.update({packet.id: packet for packet in packets})
            return done()

    def drop(self, packets: Sequence[PacketId]) -> Future[int]:
        with self._lock:
            for packet in packets:
                self._packets.pop(packet, None)
            return done()

    def packets(self) -> list[Packet]:
        with self._lock:
            return [packet for _, packet in sorted(self._packets.items())]
