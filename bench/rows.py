"""A bench's result: one row per figure, as `design/10-interfaces.md` fixes it."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct

__all__ = ["Row", "compared", "figure", "median", "percentile", "table", "write"]


class Row(Struct, frozen=True, kw_only=True):
    """`value` beside `counterpart_value`, both in `unit`; `ratio` = value / counterpart_value."""

    name: str
    value: float
    unit: str
    counterpart: str = ""
    counterpart_value: float | None = None
    ratio: float | None = None
    n: int
    """How many measurements `value` stands for."""


def figure(name: str, value: float, unit: str, n: int) -> Row:
    """A row without a counterpart."""
    return Row(name=name, value=_short(value), unit=unit, n=n)


def compared(
    name: str, value: float, unit: str, counterpart: str, counterpart_value: float, n: int
) -> Row:
    """A row with one. There is no ratio to nothing."""
    return Row(
        name=name,
        value=_short(value),
        unit=unit,
        counterpart=counterpart,
        counterpart_value=_short(counterpart_value),
        ratio=_short(value / counterpart_value) if counterpart_value else None,
        n=n,
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest rank: the smallest value that `percent` % do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def write(rows: Sequence[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")


def table(rows: Iterable[Row]) -> str:
    """For a terminal."""
    cells = [("what", "value", "unit", "beside", "its value", "ratio", "n")]
    for row in rows:
        beside, ratio = _plain(row.counterpart_value), _plain(row.ratio)
        name = row.name
        cells.append(
            (name, _plain(row.value), row.unit, row.counterpart, beside, ratio, f"{row.n}")
        )
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return "\n".join(_line(line, widths) for line in cells)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = (1, 4, 5, 6)
    padded = (
        cell.rjust(width) if i in numbers else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}" if abs(value) < 1_000 else f"{value:,.0f}"


def _short(value: float) -> float:
    """Six digits that count: more would be noise."""
    return float(f"{value:.6g}")
