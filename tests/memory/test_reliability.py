"""The posterior: exact quantiles, ageing evidence, harm that is not forgotten."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.lesson import Lesson, Reliability
from counsel.memory.reliability import (
    DAY_MS,
    HALF_LIFE_DAYS,
    JudgedVerdict,
    after,
    beta_quantile,
    decayed,
    incomplete_beta,
    lower_bound,
    should_suspend,
    trust,
)
from counsel.model.errors import BadInput
from counsel.model.ids import LessonId

SHAPES = st.floats(0.5, 500.0)
QUANTILES = st.floats(0.01, 0.99)
T0 = 1_000_000_000_000


def binomial_tail(a: int, b: int, x: float) -> float:
    """I_x(a, b) for whole a and b: the chance of at least a hits in a + b - 1 (DLMF 8.17.5)."""
    n = a + b - 1
    return math.fsum(math.comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1))


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.001, 0.999))
def test_incomplete_beta_equals_the_binomial_sum(a: int, b: int, x: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(binomial_tail(a, b, x), abs=1e-12)


@pytest.mark.parametrize(
    ("alpha", "beta", "expected"),
    [
        (1, 1, 0.2),
        (2, 1, math.sqrt(0.2)),
        (1, 3, 1 - 0.8 ** (1 / 3)),
        (0.5, 0.5, math.sin(math.pi * 0.2 / 2) ** 2),
        (2, 2, 0.5 - math.cos((math.acos(2 * 0.2 - 1) + math.pi) / 3)),
    ],
)
def test_known_quantiles(alpha: float, beta: float, expected: float) -> None:
    """Uniform, powers, the arcsine law, and the cubic 3x^2 - 2x^3 = q."""
    known = pytest.approx(expected, abs=1e-12)
    if (alpha, beta) == (2, 2):
        x = lower_bound(alpha, beta)
        assert 3 * x**2 - 2 * x**3 == pytest.approx(0.2, abs=1e-12)
    else:
        assert lower_bound(alpha, beta) == known


@given(SHAPES, SHAPES, QUANTILES)
def test_a_quantile_inverts_the_distribution(alpha: float, beta: float, q: float) -> None:
    x = beta_quantile(alpha, beta, q)
    assert incomplete_beta(alpha, beta, x) == pytest.approx(q, abs=1e-9)


@given(SHAPES, SHAPES, QUANTILES, QUANTILES)
def test_quantiles_grow_with_q(alpha: float, beta: float, p: float, q: float) -> None:
    low, high = sorted((p, q))
    assert beta_quantile(alpha, beta, low) <= beta_quantile(alpha, beta, high) + 1e-12


@given(SHAPES, SHAPES)
def test_a_success_raises_and_a_failure_lowers_the_bound(alpha: float, beta: float) -> None:
    assert lower_bound(alpha, beta + 1) < lower_bound(alpha, beta) < lower_bound(alpha + 1, beta)


@pytest.mark.parametrize("shape", [0.0, -1.0, math.nan, math.inf])
def test_a_shape_outside_the_domain_is_refused(shape: float) -> None:
    with pytest.raises(BadInput):
        beta_quantile(shape, 2.0, 0.2)
    with pytest.raises(BadInput):
        beta_quantile(2.0, 2.0, 1.5)


def test_great_counts_stay_exact() -> None:
    x = beta_quantile(1e6, 1e6, 0.2)
    assert x == pytest.approx(0.5 - 0.841621 * 0.5 / math.sqrt(2e6), abs=1e-7)


def test_half_of_the_evidence_is_left_after_a_half_life() -> None:
    judged = Reliability(alpha=9.0, beta=5.0, harmful=1, judged_ms=T0)
    later = T0 + HALF_LIFE_DAYS["context"] * DAY_MS
    expected = Reliability(alpha=5.0, beta=3.0, harmful=1, judged_ms=later)
    assert decayed(judged, "context", later) == expected


@given(st.integers(0, 10**11), st.integers(0, 10**11))
def test_ageing_in_two_steps_equals_ageing_in_one(first: int, second: int) -> None:
    judged = Reliability(alpha=9.0, beta=5.0, judged_ms=T0)
    end = T0 + first + second
    twice = decayed(decayed(judged, "recovery", T0 + first), "recovery", end)
    once = decayed(judged, "recovery", end)
    assert (twice.alpha, twice.beta) == pytest.approx((once.alpha, once.beta))


@pytest.mark.parametrize("judged_ms", [0, T0 + 1])
def test_what_was_never_judged_or_later_does_not_age(judged_ms: int) -> None:
    reliability = Reliability(alpha=9.0, beta=5.0, judged_ms=judged_ms)
    assert decayed(reliability, "recovery", T0) == reliability


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ("helped", Reliability(2.0, 1.0, 0, 0, T0)),
        ("followed", Reliability(1.5, 1.0, 0, 0, T0)),
        ("unheeded", Reliability(1.5, 1.0, 0, 0, T0)),
        ("noise", Reliability(1.0, 1.5, 0, 1, T0)),
        ("harmful", Reliability(1.0, 3.0, 1, 0, T0)),
        ("unclear", Reliability()),
    ],
)
def test_each_verdict_adds_its_weight(verdict: JudgedVerdict, expected: Reliability) -> None:
    assert after(Reliability(), "recovery", verdict, T0) == expected


def test_a_lesson_harmful_twice_is_suspended_however_long_between() -> None:
    once = after(Reliability(alpha=50.0), "recovery", "harmful", T0)
    twice = after(once, "recovery", "harmful", T0 + 1000 * DAY_MS)
    assert (should_suspend(once), should_suspend(twice)) == (False, True)


def test_trust_fades_back_to_that_of_an_unknown_lesson() -> None:
    lesson = Lesson(
        id=LessonId("l"), kind="recovery", reliability=Reliability(alpha=20.0, judged_ms=T0)
    )
    assert trust(lesson, T0) == pytest.approx(0.2 ** (1 / 20))
    assert trust(lesson, T0 + 10_000 * DAY_MS) == pytest.approx(0.2, abs=1e-3)
