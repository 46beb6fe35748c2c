"""Bounds for texts that enter or leave: how long they may be and where they are cut."""

ARGUMENT_LIMIT = 16_000
"""Characters of one string inside `Action.arguments`, and of a prompt."""
RESULT_LIMIT = 4_000
"""Characters of `Outcome.error`, `Outcome.output`, `Outcome.human_words`, a last message."""
NAME_LIMIT = 200
"""Characters of names and short details that an agent made up."""
CONTEXT_LIMIT = 10_000
"""UTF-16 units of context: above it Claude Code shows a 2,000 character preview instead."""


def cut(text: str, limit: int) -> str:
    """`text`, or its head with an ellipsis as last character, `limit` characters at most."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def cut_or_none(text: str | None, limit: int = RESULT_LIMIT) -> str | None:
    """`cut`, where an empty text is no text."""
    return cut(text, limit) if text else None


def context_text(text: str) -> str:
    """`text` as an agent may read it: encodable, and within `CONTEXT_LIMIT` UTF-16 units.

    The units are JavaScript's string length, which is what the agents count.
    """
    clean = text.encode("utf-8", "replace").decode("utf-8")
    if 2 * len(clean) <= CONTEXT_LIMIT:
        return clean
    units = clean.encode("utf-16-le")
    if len(units) <= 2 * CONTEXT_LIMIT:
        return clean
    # One unit is kept for the ellipsis; "ignore" drops half a surrogate pair at the cut.
    return units[: 2 * (CONTEXT_LIMIT - 1)].decode("utf-16-le", "ignore") + "…"
