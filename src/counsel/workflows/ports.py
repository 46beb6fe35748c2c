"""The stores a running Counsel works on, as one bundle of ports."""

from typing import Protocol

from counsel.advice.ports import PacketStore, SessionStore
from counsel.memory.ports import EventLog, ImportStore, LearningStore, QuarantineStore


class Stores(Protocol):
    """What `counsel.storage` opens; each attribute is a port of the package that uses it."""

    @property
    def events(self) -> EventLog: ...
    @property
    def learning(self) -> LearningStore: ...
    @property
    def quarantine(self) -> QuarantineStore: ...
    @property
    def imports(self) -> ImportStore: ...
    @property
    def packets(self) -> PacketStore: ...
    @property
    def sessions(self) -> SessionStore: ...
    def close(self) -> None: ...
