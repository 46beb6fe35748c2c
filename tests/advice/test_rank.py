"""Scores and order of candidates."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.advice.rank import SOURCE_TIER, rank, score
from counsel.control.tuneables import tuneables
from counsel.model.advice import SourceName

from .samples import DEFAULTS, candidate

UNIT = st.floats(0.0, 1.0)


def test_a_score_is_made_of_relevance_quality_and_trust() -> None:
    made = candidate(source="replay", relevance=0.6, text_quality=0.5, trust=0.4)
    assert score(made, DEFAULTS) == pytest.approx(0.5 * 0.6 + 0.25 * 0.85 * 0.5 + 0.25 * 0.4)


def test_every_source_has_its_tier() -> None:
    assert set(SOURCE_TIER) == set(get_args(SourceName))
    assert (SOURCE_TIER["preflight"], SOURCE_TIER["stuck"], SOURCE_TIER["bank"]) == (0.95, 0.9, 0.4)


def test_a_good_source_does_not_hide_a_bad_text() -> None:
    bad = candidate(source="preflight", relevance=0.0, trust=0.0, text_quality=0.0)
    assert score(bad, DEFAULTS) == 0.0


def test_measured_quality_takes_the_place_of_the_first_tiers() -> None:
    made = candidate(source="bank", relevance=0.0, trust=0.0)
    assert score(made, DEFAULTS) == pytest.approx(0.10)
    assert score(made, DEFAULTS, {"bank": 0.8}) == pytest.approx(0.20)


def test_the_weights_are_tuneables() -> None:
    turned = tuneables(
        {
            "advisor.relevance_weight": 0.0,
            "advisor.quality_weight": 0.0,
            "advisor.trust_weight": 1.0,
        }
    )
    assert score(candidate(relevance=1.0, trust=0.3), turned) == pytest.approx(0.3)


@given(UNIT, UNIT, UNIT, UNIT, st.sampled_from(get_args(SourceName)))
def test_more_relevance_never_lowers_a_score(
    low: float, more: float, quality: float, trust: float, source: SourceName
) -> None:
    low, high = sorted((low, more))
    scores = [
        score(
            candidate(source=source, relevance=relevance, text_quality=quality, trust=trust),
            DEFAULTS,
        )
        for relevance in (low, high)
    ]
    assert 0.0 <= scores[0] <= scores[1] <= 1.0


@pytest.mark.parametrize("odd", [float("nan"), -3.0])
def test_what_is_no_share_counts_as_nothing(odd: float) -> None:
    made = candidate(relevance=odd, trust=odd, text_quality=odd)
    assert score(made, DEFAULTS) == 0.0


def test_the_best_eight_stand_best_first_and_equals_by_id() -> None:
    made = [candidate(f"chip:{n}", relevance=n / 10) for n in range(10)]
    equal = [candidate("chip:z", relevance=0.9), candidate("chip:b", relevance=0.9)]
    ids = [one.candidate.id for one in rank([*made, *equal], DEFAULTS)]
    assert ids == ["chip:9", "chip:b", "chip:z", *(f"chip:{n}" for n in range(8, 3, -1))]


def test_one_id_is_ranked_once_with_its_best_score() -> None:
    worse, better = candidate("chip:a", relevance=0.2), candidate("chip:a", relevance=0.7)
    assert [one.candidate for one in rank([worse, better, worse], DEFAULTS)] == [better]
