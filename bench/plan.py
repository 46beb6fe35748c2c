"""How much a bench does: all of it, or just enough to see that it runs."""

from pathlib import Path

from msgspec import Struct

CHECKOUT = Path(__file__).parent.parent
SESSIONS = CHECKOUT.parent / "shared" / "data" / "sessions"
"""Recorded sessions, where this machine has them."""


class Plan(Struct, frozen=True):
    """What every bench is given. `quick` proves that it runs; its figures mean nothing."""

    quick: bool = False
    seed: int = 20_261_121

    def many(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    @property
    def lessons(self) -> int:
        """Lessons of a full shelf."""
        return self.many(10_000, 300)

    @property
    def few_lessons(self) -> int:
        """Lessons of the shelf it is compared with."""
        return self.many(100, 30)


def recorded(plan: Plan) -> list[Path]:
    """The recorded sessions, smallest first; none for a quick run."""
    if plan.quick:
        return []
    return sorted(SESSIONS.glob("*.dev.jsonl.gz"), key=lambda path: path.stat().st_size)
