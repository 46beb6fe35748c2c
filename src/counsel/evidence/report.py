"""Results for people: Markdown, and one HTML page that needs nothing but itself."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from msgspec import Struct

from counsel.evidence.plots import Bar, Line, bar_chart, histogram, line_chart
from counsel.evidence.replay import Played
from counsel.evidence.results import DatasetResult, Results
from counsel.evidence.score import ClassFigures, Figures, Interval

BOUNDS_MS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0)
"""Bounds of the latency histogram: a column counts what lies below its bound."""
_TARGETS = ("mistake", "refusal")


class Trace(Struct, frozen=True, kw_only=True):
    """What the figures do not keep: how the warnings came in over time, and all latencies.

    `warned` and `failed` are steps (number of calls lived through, count so far) over mistakes
    and refusals; `latencies` counts calls by `BOUNDS_MS`, the last one without a bound.
    """

    dataset: str
    player: str
    warned: tuple[tuple[int, int], ...]
    failed: tuple[tuple[int, int], ...]
    calls: int
    latencies: tuple[int, ...]


def trace(played: Played) -> Trace:
    """The trace of one player on one dataset."""
    warned: list[tuple[int, int]] = []
    failed: list[tuple[int, int]] = []
    latencies = [0] * (len(BOUNDS_MS) + 1)
    for number, row in enumerate(played.rows, start=1):
        latencies[bisect_right(BOUNDS_MS, row.wall_ns / 1e6)] += 1
        if row.failure_class in _TARGETS:
            failed.append((number, len(failed) + 1))
            if any(row.right):
                warned.append((number, len(warned) + 1))
    return Trace(
        dataset=played.dataset,
        player=played.player,
        warned=tuple(warned),
        failed=tuple(failed),
        calls=len(played.rows),
        latencies=tuple(latencies),
    )


def as_markdown(results: Results) -> str:
    """The figures as tables."""
    return _environment().get_template("report.md.jinja").render(results=results, players=_players)


def as_html(results: Results, traces: Iterable[Trace]) -> str:
    """The page. It asks for nothing from anywhere: no script, no font, no image."""
    by_dataset: dict[str, list[Trace]] = {}
    for each in traces:
        by_dataset.setdefault(each.dataset, []).append(each)
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            results=results,
            players=_players,
            plots={
                each.name: _plots(results.player, each, by_dataset.get(each.name, []))
                for each in results.datasets
            },
        )
    )


class _Plots(Struct, frozen=True, kw_only=True):
    recall: Markup
    precision: Markup
    noise: Markup
    warned: Markup
    latency: Markup


def _plots(player: str, dataset: DatasetResult, traces: Sequence[Trace]) -> _Plots:
    everyone = _players(player, dataset)
    colours = {name: number for number, name in enumerate(everyone)}
    own = next((each for each in traces if each.player == player), None)
    bounds = [f"{bound:g}" for bound in BOUNDS_MS] + ["more"]
    columns = list(zip(bounds, own.latencies if own else (), strict=False))
    return _Plots(
        recall=Markup(bar_chart(_class_bars(everyone, "recall"), "Recall", most=1.0)),
        precision=Markup(bar_chart(_class_bars(everyone, "precision"), "Precision", most=1.0)),
        noise=Markup(bar_chart(_noise_bars(everyone), "Noise per 100 fine calls")),
        warned=Markup(line_chart(_lines(traces, colours), "Warned over time", x_name="calls")),
        latency=Markup(histogram(columns, "Latency of advice in milliseconds")),
    )


def _class_bars(everyone: Mapping[str, Figures], figure: str) -> list[Bar]:
    bars = []
    for name in (*_TARGETS, "other"):
        for colour, (player, measured) in enumerate(everyone.items()):
            of_class: ClassFigures = getattr(measured.classes, name)
            value: float | None = getattr(of_class, figure)
            bars.append(Bar(f"{name}: {player}", value, _percent(value), colour))
    return bars


def _noise_bars(everyone: Mapping[str, Figures]) -> list[Bar]:
    return [
        Bar(player, each.noise_per_100_fine, _number(each.noise_per_100_fine), colour)
        for colour, (player, each) in enumerate(everyone.items())
    ]


def _lines(traces: Sequence[Trace], colours: Mapping[str, int]) -> list[Line]:
    lines = [Line(each.player, each.warned, colours[each.player]) for each in traces]
    if traces:
        # Carried to the last call, so that all lines share the whole scale.
        first = traces[0]
        end = (first.calls, len(first.failed))
        lines.append(Line("all of them", (*first.failed, end), total=True))
    return lines


def _players(player: str, dataset: DatasetResult) -> dict[str, Figures]:
    """The player under test first, then the baselines."""
    return {player: dataset, **dataset.baselines}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("counsel.evidence"),
        autoescape=select_autoescape(["html.jinja", "html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "percent": _percent,
        "number": _number,
        "interval": _interval,
        "ms": _ms,
    }
    environment.filters.update(filters)
    return environment


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.1f} %"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"


def _ms(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def _interval(value: Interval | None) -> str:
    return "" if value is None else f"[{100 * value.lo:.0f}-{100 * value.hi:.0f}]"
