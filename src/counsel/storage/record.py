"""An event as a row of the log: the columns it is found by, and its bytes.

Rules:
- the bytes decide, the columns only find: what is read back is decoded from `body`;
- a record that this version cannot decode is given back whole, as `UnknownEvent`;
- an event that no engine could keep is refused here, so that all engines refuse the same.
"""

from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from counsel.model.errors import BadInput, StoreFault
from counsel.model.events import AdviceGiven, Event, UnknownEvent
from counsel.model.wire import decode_event, encode_event, kind_of

_BIGGEST = 2**63 - 1
_fields_of = msgspec.json.Decoder(dict[str, Any])


class EventRecord(NamedTuple):
    """A plain tuple, because it is bound to SQL as it is. `advice` only for `advice_given`."""

    id: str
    at_ms: int
    kind: str
    agent: str
    session: str
    project: str
    trace: str
    advice: str | None
    body: bytes


def record_of(event: Event | UnknownEvent) -> EventRecord:
    """The row for an event; raises `StoreFault` if it cannot be written (a lone surrogate, ...)."""
    if isinstance(event, UnknownEvent):
        return _unknown_record(event)
    if not -_BIGGEST <= event.at_ms <= _BIGGEST:
        raise _unwritable(event.id, f"its time {event.at_ms!r} is no time in milliseconds")
    try:
        body = encode_event(event)
    except UnicodeEncodeError as error:
        raise _unwritable(event.id, f"its text is not Unicode ({error.reason})") from error
    return EventRecord(
        event.id,
        event.at_ms,
        kind_of(event),
        event.agent,
        event.session,
        event.project,
        event.trace,
        event.answer.advice_id if isinstance(event, AdviceGiven) else None,
        body,
    )


def event_of(kind: str, body: bytes) -> Event | UnknownEvent:
    """The event of a row. One written by a newer Counsel in a form unknown here stays whole."""
    try:
        return decode_event(body)
    except BadInput:
        return UnknownEvent(kind=kind, raw=msgspec.Raw(body))


def _unknown_record(event: UnknownEvent) -> EventRecord:
    body = encode_event(event)
    fields = _lenient(body)
    at_ms = fields.get("at_ms")
    return EventRecord(
        _text(fields, "id") or f"unknown_{sha256(body).hexdigest()[:32]}",
        at_ms if isinstance(at_ms, int) and -_BIGGEST <= at_ms <= _BIGGEST else 0,
        event.kind,
        _text(fields, "agent"),
        _text(fields, "session"),
        _text(fields, "project"),
        _text(fields, "trace"),
        None,
        body,
    )


def _lenient(body: bytes) -> dict[str, Any]:
    try:
        return _fields_of.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _unwritable(event: str, why: str) -> StoreFault:
    return StoreFault(
        f"event {event!r} cannot be kept: {why}.",
        advice="Mend it where it was made; the other writes are not affected.",
    )
