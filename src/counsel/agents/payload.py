"""Bytes of strangers into typed values: what goes wrong is named once, here.

- msgspec raises `MsgspecError` for bad JSON or types, `UnicodeDecodeError` for bad UTF-8,
  `RecursionError` for deep nesting; `DECODE_ERRORS` is all of them;
- numbers that an agent reports are clamped to what a record can hold;
- a call without an id gets one from its content, the same before and after the call.
"""

from hashlib import sha1
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

from counsel.model.errors import BadPayload
from counsel.model.ids import ActionId, SessionId

DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=512)]
"""An id or a tool's name: something, but no document."""
EventName: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,79}\Z")]

EMPTY_OBJECT = Raw(b"{}")
_LONGEST_MS = 10**12  # 31 years


def bad_payload(agent: str, error: Exception) -> BadPayload:
    """The one error of an adapter, with the decoder's own words, bounded."""
    return BadPayload(
        f"not a {agent} payload: {str(error)[:200]}.",
        advice="Check that the hook was installed for this agent: `counsel init`.",
    )


def made_call_id(session: str, tool: str, arguments: str) -> ActionId:
    """An id for a call that came without one: `made_` and 24 hex digits of its content."""
    text = f"{session}\0{tool}\0{arguments}".encode("utf-8", "surrogatepass")
    return ActionId(f"made_{sha1(text, usedforsecurity=False).hexdigest()[:24]}")


def call_id(given: str | None, session: SessionId, tool: str, arguments: str) -> ActionId:
    """The agent's own call id, or one made from the content."""
    return ActionId(given) if given else made_call_id(session, tool, arguments)


def milliseconds(value: object) -> int | None:
    """A duration as whole milliseconds, None where it is no sane number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if 0 <= value <= _LONGEST_MS else None


def text_of(value: object) -> str:
    """A string field that is only kept, not relied on: anything else counts as empty."""
    return value if isinstance(value, str) else ""


class _Block(Struct):
    type: object = None
    text: object = None


_blocks = msgspec.json.Decoder(list[_Block] | str)


def block_text(raw: bytes | Raw) -> str | None:
    """The text of a content value (a string, or text blocks); None where it is neither."""
    try:
        value = _blocks.decode(raw)
    except DECODE_ERRORS:
        return None
    if isinstance(value, str):
        return value
    return "\n".join(text_of(block.text) for block in value if block.text)
