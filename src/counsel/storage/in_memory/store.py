"""The store that forgets everything when the process ends."""

from counsel.storage.in_memory.events import InMemoryEventLog
from counsel.storage.in_memory.imports import InMemoryImportStore
from counsel.storage.in_memory.learning import InMemoryLearningStore
from counsel.storage.in_memory.packets import InMemoryPacketStore
from counsel.storage.in_memory.quarantine import InMemoryQuarantineStore
from counsel.storage.in_memory.sessions import InMemorySessionStore


class InMemoryStore:
    """Outside the event log and the learner, where a seq has a meaning, a write returns 0."""

    def __init__(self) -> None:
        self.events = InMemoryEventLog()
        self.learning = InMemoryLearningStore()
        self.quarantine = InMemoryQuarantineStore()
        self.imports = InMemoryImportStore()
        self.packets = InMemoryPacketStore()
        self.sessions = InMemorySessionStore()

    def close(self) -> None:
        pass
