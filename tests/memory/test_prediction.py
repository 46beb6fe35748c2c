"""Counts, smoothed from the broad to the narrow."""

from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.prediction import PRIOR, CountRow, Predictor
from counsel.memory.steps import Deed, Pattern, Phase, Step
from counsel.model.ids import TraceId
from counsel.model.outcomes import OutcomeStatus

GO_TEST = Pattern(kind="shell", program="go", subcommand="test")
GO_BUILD = Pattern(kind="shell", program="go", subcommand="build")
READ = Pattern(kind="read")

Trial: TypeAlias = tuple[Pattern, Phase, bool]

patterns = st.sampled_from([GO_TEST, GO_BUILD, READ])
phases: st.SearchStrategy[Phase] = st.sampled_from(["explore", "execute", "diagnose"])
trials = st.lists(st.tuples(patterns, phases, st.booleans()), max_size=60)


def times(n: int, pattern: Pattern, phase: Phase, passed: bool) -> list[Trial]:
    return [(pattern, phase, passed)] * n


def fed(*many: Trial) -> Predictor:
    predictor = Predictor()
    for pattern, phase, succeeded in many:
        predictor.observe(pattern, phase, succeeded)
    return predictor


def test_nothing_counted_gives_the_prior_without_confidence() -> None:
    prediction = Predictor().predict(GO_TEST, "explore")
    assert (prediction.p, prediction.confidence, prediction.expected) == (PRIOR, 0.0, "ok")


def test_many_failures_make_failure_expected() -> None:
    prediction = fed(*times(40, GO_TEST, "validate", False)).predict(GO_TEST, "validate")
    assert prediction.p < 0.05
    assert prediction.confidence > 0.95
    assert prediction.expected == "failed"


def test_a_pattern_learns_from_its_kind_but_claims_no_confidence() -> None:
    prediction = fed(*times(20, GO_TEST, "explore", False)).predict(GO_BUILD, "explore")
    assert prediction.p < PRIOR
    assert prediction.confidence == 0.0


def test_the_phase_tells_two_records_of_one_pattern_apart() -> None:
    predictor = fed(*times(9, GO_TEST, "diagnose", False), *times(9, GO_TEST, "consolidate", True))
    failing, passing = (predictor.predict(GO_TEST, x) for x in ("diagnose", "consolidate"))
    assert failing.p < 0.4 < 0.6 < passing.p


def test_the_estimate_follows_the_formula() -> None:
    p = PRIOR
    for _ in range(4):
        p = (1 + 4 * p) / (2 + 4)
    predictor = fed((READ, "explore", True), (READ, "explore", False))
    assert predictor.predict(READ, "explore").p == pytest.approx(p)
    assert predictor.predict(READ, "explore").confidence == pytest.approx(1 - (4 / 6) ** 2)


@pytest.mark.parametrize(("result", "rows"), [("ok", 1), ("failed", 1), ("denied", 0)])
def test_only_successes_and_failures_are_learnt(result: OutcomeStatus, rows: int) -> None:
    predictor = Predictor()
    predictor.learn(Step(id=TraceId("t"), deed=Deed(pattern=READ), result=result))
    assert len(predictor.rows()) == rows


@given(trials, patterns, phases)
def test_a_probability_is_never_certain(many: list[Trial], pattern: Pattern, phase: Phase) -> None:
    prediction = fed(*many).predict(pattern, phase)
    assert 0 < prediction.p < 1
    assert 0 <= prediction.confidence < 1


@given(trials, patterns, phases)
def test_a_success_raises_the_estimate_and_a_failure_lowers_it(
    many: list[Trial], pattern: Pattern, phase: Phase
) -> None:
    before = fed(*many).predict(pattern, phase)
    up = fed(*many, (pattern, phase, True)).predict(pattern, phase)
    down = fed(*many, (pattern, phase, False)).predict(pattern, phase)
    assert down.p < before.p < up.p
    assert min(up.confidence, down.confidence) > before.confidence


@given(trials, patterns, phases)
def test_counts_survive_json_and_do_not_depend_on_order(
    many: list[Trial], pattern: Pattern, phase: Phase
) -> None:
    rows = fed(*many).rows()
    stored = msgspec.json.decode(msgspec.json.encode(rows), type=tuple[CountRow, ...])
    again = Predictor(stored)
    assert again.rows() == rows == fed(*reversed(many)).rows()
    assert again.predict(pattern, phase) == fed(*many).predict(pattern, phase)


@given(trials, trials)
def test_two_counts_merge_by_adding(some: list[Trial], more: list[Trial]) -> None:
    merged = Predictor((*fed(*some).rows(), *fed(*more).rows()))
    assert merged.rows() == fed(*some, *more).rows()
