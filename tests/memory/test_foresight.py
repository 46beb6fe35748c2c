"""The record of rules: estimates, back-off, fading, taking back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.foresight import MEMORY, STRENGTH, Foresight

BASES = st.sampled_from(["a", "a|b", "a|b|c", "a|d", "e"])
PRIORS = st.floats(min_value=0.01, max_value=0.99)


@given(st.lists(st.tuples(BASES, st.booleans())), BASES, PRIORS)
def test_an_estimate_is_a_probability(
    trials: list[tuple[str, bool]], basis: str, prior: float
) -> None:
    record = Foresight()
    for key, hit in trials:
        record.observe(key, hit)
    assert 0.0 < record.estimate(basis, prior) < 1.0


@given(BASES, PRIORS)
def test_without_trials_the_rules_own_claim_stands(basis: str, prior: float) -> None:
    assert Foresight().estimate(basis, prior) == prior


def test_one_trial_moves_the_estimate_by_its_share() -> None:
    record = Foresight()
    record.observe("a", True)
    assert record.estimate("a", 0.5) == pytest.approx((0.5 * STRENGTH + 1) / (STRENGTH + 1))


def test_a_rare_combination_borrows_from_the_common_one() -> None:
    record = Foresight()
    for _ in range(50):
        record.observe("a|b", True)
    assert record.estimate("a|new", 0.1) > 0.8
    assert record.estimate("other", 0.1) == 0.1


def test_old_trials_fade() -> None:
    record = Foresight()
    for hit in [True] * 1_000 + [False] * 200:
        record.observe("a", hit)
    assert record.estimate("a", 0.5) < 0.4
    assert record.changed()["a"].trials <= MEMORY


@given(st.lists(st.tuples(BASES, st.booleans()), max_size=20), BASES, st.booleans())
def test_a_trial_taken_back_leaves_no_trace(
    trials: list[tuple[str, bool]], basis: str, hit: bool
) -> None:
    with_it, without = Foresight(), Foresight()
    for key, came in trials:
        with_it.observe(key, came)
        without.observe(key, came)
    with_it.observe(basis, hit)
    with_it.retract(basis, hit)
    assert with_it.estimate(basis, 0.5) == pytest.approx(without.estimate(basis, 0.5))
