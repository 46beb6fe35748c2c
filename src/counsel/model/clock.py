"""Time as an argument: UTC milliseconds since the epoch, given by whoever runs the show."""

from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for deadlines."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds that only ever grow; the origin means nothing."""
        ...


class SetClock:
    """A clock that stands where it was set: for replays, imports and tests."""

    def __init__(self, now_ms: int = 0) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_ns(self) -> int:
        return self.at_ms * 1_000_000

    def set(self, now_ms: int) -> None:
        self.at_ms = now_ms

    def advance(self, milliseconds: int) -> None:
        self.at_ms += milliseconds
