"""Events to bytes and back: JSON, tagged by `kind`, one object per event.

A kind that this version does not know comes back as `UnknownEvent` with its bytes untouched;
encoding it writes the very same bytes, so passing through an older Counsel loses nothing.
"""

from typing import cast, get_args

import msgspec

from counsel.model.errors import BadInput
from counsel.model.events import Event, UnknownEvent

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


class _Kind(msgspec.Struct):
    kind: str


_kind_decoder = msgspec.json.Decoder(_Kind)
_KINDS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(Event))


def kind_of(event: Event | UnknownEvent) -> str:
    """The tag of an event on the wire."""
    if isinstance(event, UnknownEvent):
        return event.kind
    return str(event.__struct_config__.tag)


def encode_event(event: Event | UnknownEvent) -> bytes:
    """One JSON object, no newline."""
    if isinstance(event, UnknownEvent):
        return bytes(event.raw)
    return _encoder.encode(event)


def decode_event(data: bytes) -> Event | UnknownEvent:
    """The event in `data`; raises `BadInput` when it is no event at all."""
    try:
        return cast(Event, _decoder.decode(data))
    except msgspec.DecodeError as error:
        return _decode_unknown(data, error)


def _decode_unknown(data: bytes, error: msgspec.DecodeError) -> UnknownEvent:
    try:
        kind = _kind_decoder.decode(data).kind
    except msgspec.DecodeError:
        kind = ""
    if not kind or kind in _KINDS:
        raise BadInput(
            f"not an event: {error}.",
            advice="Check that the record was written by Counsel and is whole.",
        ) from error
    return UnknownEvent(kind=kind, raw=msgspec.Raw(data))
