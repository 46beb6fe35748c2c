"""What the routes of advice answer: apart, so that a client need not load the server."""

from typing import Literal

from msgspec import Struct

from counsel.model.advice import Authority


class Item(Struct, frozen=True):
    """One piece of advice that is shown. `id` is what feedback on it names as `item`."""

    id: str
    source: str
    authority: Authority
    text: str
    evidence: str


class Advice(Struct, frozen=True, kw_only=True):
    """`text` is empty for silence; `reason` then says why. `ask`: a human should say yes first."""

    advice_id: str
    action_id: str
    trace: str
    text: str
    authority: Authority
    ask: bool
    route: str
    reason: str
    items: tuple[Item, ...]
    left_out: tuple[str, ...]


class Recorded(Struct, frozen=True):
    """`seq` is the place of the record in the event log."""

    seq: int


Mark = Literal["helpful", "unhelpful", "noisy", "withdrawn"]


class Marked(Struct, frozen=True, kw_only=True):
    """The mark that counts now; `changed` is False when it was there before."""

    advice: str
    mark: Mark
    changed: bool
