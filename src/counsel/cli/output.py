"""What a command prints: text for people, JSON for programs."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """`--json`, given to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def emit(value: object, text: str, *, as_json: bool) -> None:
    """`value` as one line of JSON, or `text`."""
    if not as_json:
        click.echo(text)
        return
    import msgspec

    click.echo(msgspec.json.encode(value))


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns as wide as their widest cell, the last one ragged."""
    if not rows:
        return ""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        lines.append("  ".join((*cells, row[-1])).rstrip())
    return "\n".join(lines)
