"""How far a lesson may be trusted: a Beta posterior of "following it helps".

Rules of this module:

- Only strict outcomes and holdouts feed it (the caller sees to that), with the weights below.
- Trust is the 20 % quantile of the posterior: a lesson that helped once is not yet trusted.
- Evidence ages: what exceeds the prior Beta(1, 1) halves in 45 to 180 days, by kind, so that an
  old lesson drifts back to "unknown" rather than to "wrong".
- Harm is not forgotten: `harmful` only grows, and twice suspends the lesson.
"""

import math
from functools import lru_cache
from typing import Literal

from msgspec.structs import replace

from counsel.memory.lesson import Lesson, LessonKind, Reliability
from counsel.model.errors import BadInput

JudgedVerdict = Literal["helped", "unheeded", "noise", "harmful", "followed", "unclear"]
"""`AdviceJudged.verdict`."""

LOWER_QUANTILE = 0.20
HARMFUL_TO_SUSPEND = 2
DAY_MS = 86_400_000

HALF_LIFE_DAYS: dict[LessonKind, int] = {
    "recovery": 90,
    "preference": 180,
    "guardrail": 180,
    "heuristic": 120,
    "sharp_edge": 90,
    "anti_pattern": 120,
    "playbook": 90,
    "policy": 180,
    "context": 45,
}
"""Who the user is and what must not happen change slowly, facts about the day's work fast."""

_WEIGHTS: dict[JudgedVerdict, tuple[float, float]] = {
    "helped": (1.0, 0.0),
    "followed": (0.5, 0.0),
    "unheeded": (0.5, 0.0),
    "noise": (0.0, 0.5),
    "harmful": (0.0, 2.0),
    "unclear": (0.0, 0.0),
}
"""What each verdict adds to (alpha, beta). Half a point where the verdict shows only half of the
claim: `followed` does not show that it was needed, `unheeded` that the foresight was right but not
that the remedy works, `noise` that it was not needed this time. Harm weighs double."""

_CACHED_DIGITS = 3
"""Decimals of alpha and beta that `lower_bound` tells apart: ageing changes them all the time, and
half a thousandth of an observation moves the bound by less than 1e-3."""

_TINY = 1e-300
_EPSILON = 1e-15
_MOST_TERMS = 10_000
_MOST_STEPS = 200


def lower_bound(alpha: float, beta: float, q: float = LOWER_QUANTILE) -> float:
    """The `q`-quantile of Beta(alpha, beta), cached; see `beta_quantile`."""
    return _cached_quantile(round(alpha, _CACHED_DIGITS), round(beta, _CACHED_DIGITS), q)


def beta_quantile(alpha: float, beta: float, q: float) -> float:
    """The x in [0, 1] with I_x(alpha, beta) = q. Raises `BadInput` outside the domain.

    Newton's method on `incomplete_beta`, kept inside a bracket that is halved where a step would
    leave it (Press et al., Numerical Recipes, 3rd ed., sections 6.14 and 9.4).
    """
    if not (alpha > 0 and beta > 0 and math.isfinite(alpha + beta) and 0.0 <= q <= 1.0):
        raise BadInput(
            f"no Beta quantile for alpha={alpha!r}, beta={beta!r}, q={q!r}.",
            advice="alpha and beta are positive and finite, q lies in [0, 1].",
        )
    if q in (0.0, 1.0):
        return q
    if beta == 1.0:
        return float(q ** (1.0 / alpha))
    if alpha == 1.0:
        return -math.expm1(math.log1p(-q) / beta)
    return _inverted(alpha, beta, q)


def _inverted(alpha: float, beta: float, q: float) -> float:
    low, high = 0.0, 1.0
    x = alpha / (alpha + beta)
    for _ in range(_MOST_STEPS):
        excess = incomplete_beta(alpha, beta, x) - q
        low, high = (low, x) if excess > 0.0 else (x, high)
        density = math.exp(_log_kernel(alpha, beta, x)) / (x * (1.0 - x))
        following = x - excess / density if density > _TINY else low
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - x) <= _EPSILON * x or not 0.0 < following < 1.0:
            break
        x = following
    return x


def incomplete_beta(alpha: float, beta: float, x: float) -> float:
    """I_x(alpha, beta), the regularised incomplete beta function, to about 1e-13.

    The continued fraction DLMF 8.17.22, evaluated by Lentz's method as modified by Thompson and
    Barnett (Numerical Recipes, 3rd ed., section 6.4), on the side where it converges fast.
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    kernel = math.exp(_log_kernel(alpha, beta, x))
    if x < (alpha + 1.0) / (alpha + beta + 2.0):
        return kernel * _fraction(alpha, beta, x) / alpha
    return 1.0 - kernel * _fraction(beta, alpha, 1.0 - x) / beta


def _log_kernel(alpha: float, beta: float, x: float) -> float:
    norm = math.lgamma(alpha + beta) - math.lgamma(alpha) - math.lgamma(beta)
    return norm + alpha * math.log(x) + beta * math.log1p(-x)


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        change = 1.0
        for term in (even, odd):
            d = 1.0 / _away_from_zero(1.0 + term * d)
            c = _away_from_zero(1.0 + term / c)
            change = d * c
            value *= change
        if abs(change - 1.0) < _EPSILON:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


_cached_quantile = lru_cache(maxsize=65_536)(beta_quantile)


def decayed(reliability: Reliability, kind: LessonKind, now_ms: int) -> Reliability:
    """The posterior as of `now_ms`: what exceeds Beta(1, 1) has aged by the half-life of `kind`.

    Ageing in two steps equals ageing in one. A posterior that was never judged, or was judged
    later than `now_ms`, comes back as it is.
    """
    if not 0 < reliability.judged_ms < now_ms:
        return reliability
    days = (now_ms - reliability.judged_ms) / DAY_MS
    left = math.exp2(-days / HALF_LIFE_DAYS[kind])
    return replace(
        reliability,
        alpha=1.0 + (reliability.alpha - 1.0) * left,
        beta=1.0 + (reliability.beta - 1.0) * left,
        judged_ms=now_ms,
    )


def after(
    reliability: Reliability, kind: LessonKind, verdict: JudgedVerdict, now_ms: int
) -> Reliability:
    """The posterior once a strict verdict came in: aged to `now_ms`, then added to."""
    if verdict == "unclear":
        return reliability
    aged = decayed(reliability, kind, now_ms)
    alpha, beta = _WEIGHTS[verdict]
    return replace(
        aged,
        alpha=aged.alpha + alpha,
        beta=aged.beta + beta,
        harmful=aged.harmful + (verdict == "harmful"),
        noisy=aged.noisy + (verdict == "noise"),
        judged_ms=max(aged.judged_ms, now_ms),
    )


def trust(lesson: Lesson, now_ms: int) -> float:
    """In [0, 1]: the lower bound of the lesson's posterior as of `now_ms`."""
    aged = decayed(lesson.reliability, lesson.kind, now_ms)
    return lower_bound(aged.alpha, aged.beta)


def should_suspend(reliability: Reliability) -> bool:
    """Twice it was followed and then failed in a new way."""
    return reliability.harmful >= HARMFUL_TO_SUSPEND
