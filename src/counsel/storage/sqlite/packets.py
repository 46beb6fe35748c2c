"""Packets in SQLite."""

import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import chain

from counsel.advice.packet import Packet
from counsel.model.ids import PacketId
from counsel.storage.sqlite.bodies import Bodies
from counsel.storage.sqlite.queries import QUERIES
from counsel.storage.sqlite.readers import Readers
from counsel.storage.sqlite.writer import Writer

_packets = Bodies("packet", Packet)


class SqlitePacketStore:
    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def save(self, packets: Sequence[Packet]) -> Future[int]:
        return self._writer.submit(_save, tuple(packets))

    def drop(self, packets: Sequence[PacketId]) -> Future[int]:
        return self._writer.submit(_drop, tuple(packets))

    def packets(self) -> list[Packet]:
        return _packets.decode(self._readers.rows("all_packets"))


def _save(connection: sqlite3.Connection, batches: Sequence[Sequence[Packet]]) -> list[int]:
    rows = [(packet.id, _packets.encode(packet)) for packet in chain.from_iterable(batches)]
    connection.executemany(QUERIES["put_packet"], rows)
    return [0] * len(batches)


def _drop(connection: sqlite3.Connection, batches: Sequence[Sequence[PacketId]]) -> list[int]:
    rows = [(packet,) for packet in chain.from_iterable(batches)]
    connection.executemany(QUERIES["drop_packet"], rows)
    return [0] * len(batches)
