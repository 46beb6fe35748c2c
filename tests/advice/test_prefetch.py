"""What tool comes next, and whether preparing for it pays."""

from typing import TypeAlias, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.advice.attribution import Tally
from counsel.advice.intent import Family
from counsel.advice.prefetch import HitMeter, TransitionRow, Transitions, plan
from counsel.control.tuneables import Prefetch
from counsel.model.actions import ToolKind

SETTINGS = Prefetch()
Seen: TypeAlias = tuple[Family, ToolKind | None, ToolKind]
FAMILIES = st.sampled_from(get_args(Family))
KINDS = st.sampled_from(get_args(ToolKind))
SEEN = st.lists(st.tuples(FAMILIES, st.none() | KINDS, KINDS), max_size=60)


def learnt(seen: list[Seen]) -> Transitions:
    transitions = Transitions()
    for intent, last, next in seen:
        transitions.observe(intent, last, next)
    return transitions


@given(SEEN, FAMILIES, st.none() | KINDS, st.floats(0.1, 100.0))
def test_an_estimate_is_a_distribution_over_all_kinds(
    seen: list[Seen],
    intent: Family,
    last: ToolKind | None,
    smoothing: float,
) -> None:
    estimate = learnt(seen).probabilities(intent, last, smoothing)
    assert set(estimate) == set(get_args(ToolKind))
    assert sum(estimate.values()) == pytest.approx(1.0)
    assert min(estimate.values()) > 0.0


@given(SEEN, FAMILIES, st.none() | KINDS, KINDS)
def test_seeing_a_tool_once_more_makes_it_likelier(
    seen: list[Seen],
    intent: Family,
    last: ToolKind | None,
    next: ToolKind,
) -> None:
    before = learnt(seen).probabilities(intent, last, 8.0)[next]
    after = learnt([*seen, (intent, last, next)]).probabilities(intent, last, 8.0)[next]
    assert after > before


def test_with_nothing_seen_the_seed_speaks() -> None:
    expected = Transitions().expected_tools("unknown", None, SETTINGS)
    assert [one.tool for one in expected] == ["shell", "read", "edit"]
    research = Transitions().expected_tools("orchestration_execution", None, SETTINGS)
    assert research[0].tool == "shell" and "subagent" not in [one.tool for one in expected]


def test_a_projects_own_habits_outweigh_the_seed() -> None:
    habit = learnt([("auth_security", "edit", "mcp")] * 40)
    expected = habit.expected_tools("auth_security", "edit", SETTINGS)
    assert expected[0].tool == "mcp" and expected[0].probability > 0.9


def test_a_moment_never_seen_borrows_from_its_intent() -> None:
    habit = learnt([("auth_security", "edit", "mcp")] * 40)
    borrowed = habit.probabilities("auth_security", "write", 8.0)["mcp"]
    foreign = habit.probabilities("deployment_ops", "write", 8.0)["mcp"]
    assert borrowed > 0.8 and foreign < 0.05


def test_unlikely_tools_are_not_prepared_for_and_never_more_than_asked() -> None:
    one = Transitions().expected_tools("unknown", None, Prefetch(max_tools=1))
    assert [(it.tool, round(it.probability, 2)) for it in one] == [("shell", 0.34)]
    assert Transitions().expected_tools("unknown", None, Prefetch(min_probability=0.5)) == ()


@given(SEEN)
def test_what_was_seen_survives_being_stored(
    seen: list[Seen],
) -> None:
    rows = learnt(seen).rows()
    again = Transitions(rows)
    assert again.rows() == rows
    assert sum(sum(row.next.values()) for row in rows) == len(seen)
    assert again.probabilities("unknown", None, 8.0) == learnt(seen).probabilities(
        "unknown", None, 8.0
    )


def test_rows_are_plain_counts() -> None:
    seen: list[Seen] = [("unknown", None, "read"), ("unknown", "read", "edit")]
    rows = learnt(seen * 2).rows()
    assert rows == (
        TransitionRow("unknown", "", {"read": 2}),
        TransitionRow("unknown", "read", {"edit": 2}),
    )


def test_old_habits_fade() -> None:
    old: list[Seen] = [("unknown", None, "read")]
    new: list[Seen] = [("unknown", None, "edit")]
    changed = learnt(old * 1_000 + new * 1_000)
    estimate = changed.probabilities("unknown", None, 8.0)
    assert estimate["edit"] > 2 * estimate["read"]
    assert sum(changed.rows()[0].next.values()) <= 1_000


def metered(hits: int, misses: int) -> HitMeter:
    meter = HitMeter(SETTINGS)
    for n in range(hits + misses):
        meter.record(["shell"], "shell" if n < hits else "edit")
    return meter


def test_too_few_predictions_judge_nothing() -> None:
    assert metered(0, 39).pays()
    assert not metered(0, 40).pays()


def test_prefetch_stops_only_when_its_hit_rate_is_surely_too_low() -> None:
    # 12 of 40 is below 40 %, but its interval reaches 45 %; 60 of 200 reaches only 37 %.
    assert metered(12, 28).pays()
    assert not metered(60, 140).pays()


def test_a_planner_that_turned_itself_down_comes_back() -> None:
    meter = metered(0, 200)
    assert plan(Transitions(), meter, "unknown", None, SETTINGS) == ()
    for _ in range(100):
        meter.record(["shell"], "shell")
    assert meter.tally() == Tally(successes=100, n=200)
    expected = Transitions().expected_tools("unknown", None, SETTINGS)
    assert plan(Transitions(), meter, "unknown", None, SETTINGS) == expected != ()


def test_the_meter_keeps_what_was_spent_and_saved() -> None:
    meter = HitMeter(SETTINGS)
    meter.spent(5)
    meter.spent(7)
    meter.saved(3)
    assert (meter.spent_ns, meter.saved_ns) == (12, 3)
