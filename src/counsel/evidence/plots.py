"""Small plots as inline SVG: pure functions from numbers to markup.

Colours come from the page's style (`.c0` ... `.c7`, `.axis`, `.mark`), so light and dark are the
page's affair. All text is escaped. Widths are those of the drawing; the page scales it.
"""

from collections.abc import Sequence
from html import escape

from msgspec import Struct

WIDTH = 440
_LABEL = 150
_ROW = 20
_PLOT = 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 28
COLOURS = 8


class Bar(Struct, frozen=True):
    """One row: `value` in the chart's unit, None for not applicable; `text` is written beside."""

    label: str
    value: float | None
    text: str
    colour: int = 0


class Line(Struct, frozen=True):
    """Points from left to right; drawn as steps, for counts that only grow."""

    label: str
    points: tuple[tuple[float, float], ...]
    colour: int = 0
    total: bool = False
    """The most that could be reached: dashed, in the colour of the text."""


def bar_chart(bars: Sequence[Bar], title: str, *, most: float | None = None) -> str:
    """Horizontal bars on a scale from 0 to `most`, or to the largest value."""
    top = most or max((bar.value or 0.0 for bar in bars), default=0.0) or 1.0
    room = WIDTH - _LABEL - 60
    parts = []
    for number, bar in enumerate(bars):
        y = number * _ROW
        length = room * min((bar.value or 0.0) / top, 1.0)
        parts.append(_text(_LABEL - 8, y + 14, bar.label, "end"))
        parts.append(
            f'<rect class="c{bar.colour % COLOURS}" x="{_LABEL}" y="{y + 3}"'
            f' width="{length:.1f}" height="{_ROW - 6}" rx="2"/>'
        )
        parts.append(_text(_LABEL + length + 6, y + 14, bar.text, "start", "mark"))
    parts.append(_axis(_LABEL, 0, _LABEL, len(bars) * _ROW))
    return _svg(parts, len(bars) * _ROW + 4, title)


def line_chart(lines: Sequence[Line], title: str, *, x_name: str) -> str:
    """Step lines over a shared scale from 0, the last point carried to the right edge."""
    x_most = max((x for line in lines for x, _ in line.points), default=0.0) or 1.0
    y_most = max((y for line in lines for _, y in line.points), default=0.0) or 1.0
    wide, high = WIDTH - _LEFT - _RIGHT, _PLOT - _TOP - _BOTTOM
    base = _TOP + high
    parts = [_axis(_LEFT, _TOP, _LEFT, base), _axis(_LEFT, base, _LEFT + wide, base)]
    for part in (0.0, 0.5, 1.0):
        parts.append(
            _text(_LEFT - 6, base - high * part + 4, f"{y_most * part:.0f}", "end", "mark")
        )
    parts.append(_text(_LEFT, _PLOT - 8, "0", "start", "mark"))
    parts.append(_text(WIDTH - _RIGHT, _PLOT - 8, f"{x_most:.0f} {x_name}", "end", "mark"))
    for line in lines:
        path, y = f"M{_LEFT} {base}", float(base)
        for at, value in line.points:
            y = base - high * value / y_most
            path += f"H{_LEFT + wide * at / x_most:.1f}V{y:.1f}"
        path += f"H{_LEFT + wide}"
        css = "total" if line.total else f"l{line.colour % COLOURS}"
        parts.append(
            f'<path class="line {css}" d="{path}"><title>{escape(line.label)}</title></path>'
        )
    return _svg(parts, _PLOT, title)


def histogram(columns: Sequence[tuple[str, int]], title: str) -> str:
    """Columns side by side with their counts above and their bounds below."""
    most = max((count for _, count in columns), default=0) or 1
    step = (WIDTH - _LEFT - _RIGHT) / max(len(columns), 1)
    high = _PLOT - _TOP - _BOTTOM - 14
    base = _PLOT - _BOTTOM
    parts = [_axis(_LEFT, base, WIDTH - _RIGHT, base)]
    for number, (label, count) in enumerate(columns):
        x, tall = _LEFT + number * step, high * count / most
        parts.append(
            f'<rect class="c0" x="{x + 2:.1f}" y="{base - tall:.1f}"'
            f' width="{step - 4:.1f}" height="{tall:.1f}" rx="2"/>'
        )
        parts.append(_text(x + step / 2, base - tall - 4, str(count) if count else "", "middle"))
        parts.append(_text(x + step / 2, _PLOT - 10, label, "middle", "mark"))
    return _svg(parts, _PLOT, title)


def _svg(parts: Sequence[str], height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str, css: str = "label") -> str:
    return (
        f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _axis(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="axis" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'
