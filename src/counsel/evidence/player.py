"""Who takes part in a replay: the advisor under test and every baseline have the same port."""

from typing import Protocol, runtime_checkable

from msgspec import Struct

from counsel.model.advice import Authority, FailureClass
from counsel.model.events import ActionProposed, Event
from counsel.model.ids import ActionId, SessionId


class ShownAdvice(Struct, frozen=True):
    """One piece of advice the agent would have seen before a call.

    `signature` is the failure it foresees (`counsel.memory.signature`), empty if it foresees none;
    `failure_class` the class it believes that failure to be of.
    """

    id: str
    source: str
    authority: Authority
    signature: str
    text: str
    failure_class: FailureClass


class Player(Protocol):
    """An advisor that lives through recorded sessions.

    For every call `before` is asked first, then `observe` is told of it; every other event is
    only observed. So at `before` a player knows what lies before the call, and nothing else.
    """

    name: str

    def before(self, event: ActionProposed) -> tuple[ShownAdvice, ...]:
        """What the agent would be shown before this call."""
        ...

    def observe(self, event: Event) -> None:
        """Something happened."""
        ...

    def lessons(self) -> int:
        """How many lessons it holds now."""
        ...


@runtime_checkable
class ReportsFollowed(Protocol):
    """A player that can also tell which of its advice was followed."""

    def followed(self, session: SessionId, action: ActionId) -> frozenset[str]:
        """Ids of advice shown before that call and followed; asked once, after the last event."""
        ...
