"""Figures of the running service, kept in the process: counters and histograms.

Every figure is declared in `FIGURES`; `/metrics` shows all of them as Prometheus text.
Recording costs about a microsecond and never fails its caller.
"""

from bisect import bisect_left
from threading import Lock
from typing import Literal

from msgspec import Struct

BOUNDS = (
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
)  # fmt: skip
"""Upper bounds of the histogram's buckets, in seconds: 50 us to 5 s."""

Figure = Literal[
    "counsel_requests_total",
    "counsel_request_seconds",
    "counsel_stage_seconds",
    "counsel_worker_runs_total",
]

FIGURES: dict[Figure, tuple[Literal["counter", "histogram"], str]] = {
    "counsel_requests_total": ("counter", "Requests answered, by route and status."),
    "counsel_request_seconds": ("histogram", "Time from request to answer, by route."),
    "counsel_stage_seconds": ("histogram", "Time of one stage of the advice, by stage."),
    "counsel_worker_runs_total": ("counter", "Runs of background work, by worker and result."),
}

Labels = tuple[tuple[str, str], ...]


class Tally(Struct, frozen=True):
    """One counter at one moment."""

    figure: Figure
    labels: Labels
    value: int


class _Spread:
    __slots__ = ("buckets", "count", "total")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.count = 0
        self.total = 0.0


class Recorder:
    """Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[tuple[Figure, Labels], int] = {}
        self._spreads: dict[tuple[Figure, Labels], _Spread] = {}

    def count(self, figure: Figure, labels: Labels = (), by: int = 1) -> None:
        key = (figure, labels)
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + by

    def observe(self, figure: Figure, seconds: float, labels: Labels = ()) -> None:
        key = (figure, labels)
        with self._lock:
            spread = self._spreads.get(key)
            if spread is None:
                spread = self._spreads[key] = _Spread()
            spread.buckets[bisect_left(BOUNDS, seconds)] += 1
            spread.count += 1
            spread.total += seconds

    def tallies(self) -> list[Tally]:
        """All counters, sorted."""
        with self._lock:
            found = sorted(self._counts.items())
        return [Tally(figure, labels, value) for (figure, labels), value in found]

    def exposition(self) -> str:
        """Prometheus text format 0.0.4."""
        lines: list[str] = []
        with self._lock:
            for figure, (kind, text) in FIGURES.items():
                lines += (f"# HELP {figure} {text}", f"# TYPE {figure} {kind}")
                for (name, labels), value in sorted(self._counts.items()):
                    if name == figure:
                        lines.append(f"{figure}{_braced(labels)} {value}")
                for (name, labels), spread in sorted(
                    self._spreads.items(), key=lambda item: item[0]
                ):
                    if name == figure:
                        lines += _histogram(figure, labels, spread)
        return "\n".join(lines) + "\n"


def _histogram(figure: Figure, labels: Labels, spread: _Spread) -> list[str]:
    lines, running = [], 0
    for bound, inside in zip((*map(str, BOUNDS), "+Inf"), spread.buckets, strict=True):
        running += inside
        lines.append(f"{figure}_bucket{_braced((*labels, ('le', bound)))} {running}")
    lines.append(f"{figure}_sum{_braced(labels)} {spread.total:.9f}")
    lines.append(f"{figure}_count{_braced(labels)} {spread.count}")
    return lines


def _braced(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
