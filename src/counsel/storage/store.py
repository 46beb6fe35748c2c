"""One store for everything Counsel keeps: the facade that every engine offers.

`bootstrap` chooses the engine; everybody else asks for one of the ports.
"""

from typing import Protocol

from counsel.advice.ports import PacketStore, SessionStore
from counsel.memory.ports import EventLog, ImportStore, LearningStore, QuarantineStore


class Store(Protocol):
    """All ports over the same engine; every method of them may be called from any thread."""

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

    def close(self) -> None:
        """Finish every write that was asked for, then let go. Not to be used afterwards."""
        ...
