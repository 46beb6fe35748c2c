"""What each agent can do, as a Markdown table made from the adapters themselves."""

from collections.abc import Iterable

from counsel.agents.adapter import Adapter, Capabilities

_COLUMNS = (
    "agent",
    "context before a tool",
    "context after a tool",
    "ask",
    "deny",
    "rewrite the input",
    "failure event",
    "transports",
    "moments",
)


def capability_matrix(adapters: Iterable[Adapter]) -> str:
    """One row per agent, then one line per note; ends with a newline."""
    known = [adapter.capabilities for adapter in adapters]
    rows = [_COLUMNS, tuple("---" for _ in _COLUMNS), *map(_row, known)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    notes = "\n".join(f"- {each.title}: {each.note}" for each in known if each.note)
    return f"{table}\n\n{notes}\n" if notes else f"{table}\n"


def _row(known: Capabilities) -> tuple[str, ...]:
    return (
        f"{known.title} (`{known.agent}`)",
        known.context_before_tool,
        known.context_after_tool,
        known.ask,
        known.deny,
        known.rewrite_input,
        known.failure_event,
        ", ".join(known.transports),
        str(len(known.moments)),
    )
