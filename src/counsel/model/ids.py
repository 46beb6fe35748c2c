"""Identifiers: opaque strings, each with a type of its own so that they cannot be mixed up.

`new_id` makes sortable ids: 11 base-32 digits of milliseconds, then 10 of randomness, so that
a lexical sort is a sort by time. Time and randomness are arguments: this package is pure.
"""

from typing import NewType, Protocol

EventId = NewType("EventId", str)
SessionId = NewType("SessionId", str)
ActionId = NewType("ActionId", str)
AdviceId = NewType("AdviceId", str)
TraceId = NewType("TraceId", str)
LessonId = NewType("LessonId", str)
PacketId = NewType("PacketId", str)
EpisodeId = NewType("EpisodeId", str)
ProjectKey = NewType("ProjectKey", str)

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


class Randomness(Protocol):
    """Anything with `random.Random`'s `getrandbits`."""

    def getrandbits(self, k: int, /) -> int: ...


def new_id(prefix: str, now_ms: int, randomness: Randomness) -> str:
    """`<prefix>_<11 digits of time><10 digits of randomness>`, sortable by creation time."""
    value = (now_ms << 50) | randomness.getrandbits(50)
    digits = []
    for _ in range(21):
        digits.append(_DIGITS[value & 31])
        value >>= 5
    return f"{prefix}_{''.join(reversed(digits))}"
