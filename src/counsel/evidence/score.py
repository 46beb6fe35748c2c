"""The figures of a replay, each with its formula. Nothing that cannot be said is 0: it is None.

Populations:
- scored calls: those that ended ok, failed or denied by a human. Interrupted, hook-denied and
  cancelled calls and those without a known end are left out (`interrupted`, `left_out`);
- failures: scored calls that failed or were denied, each of exactly one class;
- fine calls: scored calls that ended ok;
- shown: pieces of advice (not calls) shown before scored calls.

A piece is right when the outcome of that very call is a failure with the signature it named
(`counsel.memory.signature.same_failure`), or when the player reports that it was followed.

Figures:
- n(X) = failures of class X; warned(X) = those with at least one right piece before them;
  recall(X) = warned(X) / n(X), whatever class the advice believed the failure to be of;
- advised(X) = pieces shown whose own `failure_class` is X; precision(X) = right ones among them /
  advised(X);
- precision = right pieces / shown;
- noise_per_100_fine = 100 * pieces before fine calls that were not right / fine calls;
- recovery_saved = sum over warned failures that recovered of the calls between the failure and
  its recovery; the failed call itself is not counted;
- latency: nearest-rank percentiles of the wall time of `before` over all calls;
- intervals: Wilson's at 95 % for k of n.

`strict` follows the floor of the session datasets, so that anybody can compare: denied,
hook-denied, cancelled and endless calls are left out; an interrupted call is a failure, a running
one is fine; a piece is right only before a failure with exactly its signature; noise counts
every piece before a fine call.
"""

from collections.abc import Iterable, Sequence
from math import ceil, sqrt

from msgspec import Struct

from counsel.evidence.player import ShownAdvice
from counsel.evidence.replay import CallRow, Played
from counsel.model.advice import FailureClass

_Z95 = 1.959963984540054


class Interval(Struct, frozen=True):
    """Bounds of a share."""

    lo: float
    hi: float


class ClassFigures(Struct, frozen=True, kw_only=True):
    """One class of failure; `right` of `advised` pieces make its precision."""

    n: int
    warned: int
    recall: float | None
    precision: float | None
    advised: int
    right: int
    recall_interval: Interval | None
    precision_interval: Interval | None


class SignalFigures(Struct, frozen=True, kw_only=True):
    """Signals are never a target, so they are only counted."""

    n: int


class Classes(Struct, frozen=True, kw_only=True):
    mistake: ClassFigures
    refusal: ClassFigures
    signal: SignalFigures
    other: ClassFigures


class LatencyMs(Struct, frozen=True, kw_only=True):
    p50: float | None
    p95: float | None
    p99: float | None


class SourceFigures(Struct, frozen=True, kw_only=True):
    """What one source of advice was worth. `noise` are its wrong pieces before fine calls."""

    source: str
    shown: int
    right: int
    precision: float | None
    precision_interval: Interval | None
    noise: int


class StrictFigures(Struct, frozen=True, kw_only=True):
    """The floor's figures by its rules. `followed_by_failure`: share before any failure."""

    calls: int
    failures: int
    shown: int
    right: int
    precision: float | None
    followed_by_failure: float | None
    warned: int
    recall: float | None
    noise_per_100_fine: float | None


class RecoverySaved(Struct, frozen=True, kw_only=True):
    """`calls` over the `recovered` of the warned failures."""

    recovered: int
    calls: int


class Figures(Struct, frozen=True, kw_only=True):
    """What one player was worth on one dataset."""

    sessions: int
    calls: int
    failures: int
    interrupted: int
    left_out: int
    classes: Classes
    shown: int
    right: int
    precision: float | None
    precision_interval: Interval | None
    noise_per_100_fine: float | None
    recovery_saved: RecoverySaved
    sources: tuple[SourceFigures, ...]
    strict: StrictFigures
    latency_ms: LatencyMs
    cpu_s: float
    lessons: int


def figures(played: Played) -> Figures:
    """All figures of one player on one dataset."""
    scored = [row for row in played.rows if row.status in ("ok", "failed", "denied")]
    failures = [row for row in scored if row.failure_class is not None]
    fine = [row for row in scored if row.status == "ok"]
    marks = [mark for row in scored for mark in row.right]
    noise = sum(row.right.count(False) for row in fine)
    interrupted = sum(row.status == "interrupted" for row in played.rows)
    return Figures(
        sessions=played.sessions,
        calls=len(scored),
        failures=len(failures),
        interrupted=interrupted,
        left_out=len(played.rows) - len(scored) - interrupted,
        classes=Classes(
            mistake=_of_class("mistake", scored),
            refusal=_of_class("refusal", scored),
            signal=SignalFigures(n=sum(row.failure_class == "signal" for row in failures)),
            other=_of_class("other", scored),
        ),
        shown=len(marks),
        right=sum(marks),
        precision=share(sum(marks), len(marks)),
        precision_interval=wilson(sum(marks), len(marks)),
        noise_per_100_fine=per_100(noise, len(fine)),
        recovery_saved=_saved(failures),
        sources=_by_source(scored),
        strict=_strict(played.rows),
        latency_ms=latency(row.wall_ns for row in played.rows),
        cpu_s=round(played.cpu_ns / 1e9, 6),
        lessons=played.lessons,
    )


def share(part: int, whole: int) -> float | None:
    """part / whole, None of nothing."""
    return part / whole if whole else None


def per_100(part: int, whole: int) -> float | None:
    """100 * part / whole, None of nothing."""
    return 100 * part / whole if whole else None


def wilson(part: int, whole: int) -> Interval | None:
    """Wilson's 95 % interval for `part` of `whole`; Wilson, JASA 22 (1927), 209-212."""
    if not whole:
        return None
    p, z2 = part / whole, _Z95 * _Z95
    centre = p + z2 / (2 * whole)
    spread = _Z95 * sqrt(p * (1 - p) / whole + z2 / (4 * whole * whole))
    scale = 1 + z2 / whole
    # The bounds at 0 and at all are exact; computed, they miss by a rounding error.
    lo = 0.0 if part == 0 else max(0.0, (centre - spread) / scale)
    hi = 1.0 if part == whole else min(1.0, (centre + spread) / scale)
    return Interval(lo, hi)


def latency(times_ns: Iterable[int]) -> LatencyMs:
    """Nearest-rank percentiles in milliseconds: the smallest time that p % do not exceed."""
    ordered = sorted(times_ns)

    def at(percent: int) -> float | None:
        if not ordered:
            return None
        return ordered[max(ceil(percent * len(ordered) / 100) - 1, 0)] / 1e6

    return LatencyMs(p50=at(50), p95=at(95), p99=at(99))


def _of_class(name: FailureClass, scored: Sequence[CallRow]) -> ClassFigures:
    failures = [row for row in scored if row.failure_class == name]
    warned = sum(any(row.right) for row in failures)
    marks = [mark for _, piece, mark in _pieces(scored) if piece.failure_class == name]
    return ClassFigures(
        n=len(failures),
        warned=warned,
        recall=share(warned, len(failures)),
        precision=share(sum(marks), len(marks)),
        advised=len(marks),
        right=sum(marks),
        recall_interval=wilson(warned, len(failures)),
        precision_interval=wilson(sum(marks), len(marks)),
    )


def _pieces(rows: Iterable[CallRow]) -> Iterable[tuple[CallRow, ShownAdvice, bool]]:
    for row in rows:
        for piece, mark in zip(row.shown, row.right, strict=True):
            yield row, piece, mark


def _saved(failures: Sequence[CallRow]) -> RecoverySaved:
    saved = [row.recovery for row in failures if any(row.right) and row.recovery is not None]
    return RecoverySaved(recovered=len(saved), calls=sum(saved))


def _by_source(scored: Sequence[CallRow]) -> tuple[SourceFigures, ...]:
    marks: dict[str, list[bool]] = {}
    noise: dict[str, int] = {}
    for row, piece, mark in _pieces(scored):
        marks.setdefault(piece.source, []).append(mark)
        wrong = row.status == "ok" and not mark
        noise[piece.source] = noise.get(piece.source, 0) + wrong
    return tuple(
        SourceFigures(
            source=source,
            shown=len(given),
            right=sum(given),
            precision=share(sum(given), len(given)),
            precision_interval=wilson(sum(given), len(given)),
            noise=noise[source],
        )
        for source, given in sorted(marks.items())
    )


def _strict(rows: Sequence[CallRow]) -> StrictFigures:
    failures = [row for row in rows if row.status in ("failed", "interrupted")]
    fine = [row for row in rows if row.status in ("ok", "running")]
    hits = [sum(each.signature == row.signature for each in row.shown) for row in failures]
    before_failure = sum(len(row.shown) for row in failures)
    before_fine = sum(len(row.shown) for row in fine)
    warned = sum(hit > 0 for hit in hits)
    shown = before_failure + before_fine
    return StrictFigures(
        calls=len(failures) + len(fine),
        failures=len(failures),
        shown=shown,
        right=sum(hits),
        precision=share(sum(hits), shown),
        followed_by_failure=share(before_failure, shown),
        warned=warned,
        recall=share(warned, len(failures)),
        noise_per_100_fine=per_100(before_fine, len(fine)),
    )
