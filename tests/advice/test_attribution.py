"""What became of advice, and what it is worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from counsel.advice.attribution import (
    Attempt,
    Contrast,
    Exposure,
    Heeded,
    Interval,
    Judgement,
    Tally,
    Verdict,
    contrast,
    exposures_of,
    judge,
    tally,
    wilson_interval,
)
from counsel.model.actions import Action
from counsel.model.advice import Answer, Considered
from counsel.model.events import AdviceGiven
from counsel.model.ids import ActionId, AdviceId, EventId, LessonId, SessionId, TraceId

from .samples import NOW_MS, candidate, shell

TRACE = TraceId("t1")
FORESEEN = "Bash|error: unknown option number one"
ELSE = "Bash|permission denied for everyone"
SHOWN = Exposure(
    advice=AdviceId("a"),
    item="replay:x",
    source="replay",
    trace=TRACE,
    given_ms=NOW_MS,
    signature=FORESEEN,
)
PLAIN = replace(SHOWN, signature="")
PROPOSED = shell("tool --wrong")
ADVISED = shell("tool --right")
OTHER = shell("ls")


def follows(action: Action) -> bool:
    return action.command == ADVISED.command


def run(
    succeeded: bool | None, signature: str = "", *, action: Action = PROPOSED, after_ms: int = 50
) -> Attempt:
    return Attempt(
        trace=TRACE,
        ended_ms=NOW_MS + after_ms,
        action=action,
        succeeded=succeeded,
        signature=signature,
    )


def judged(exposure: Exposure, ran: Attempt, after: Attempt | None = None) -> Judgement:
    return judge(exposure, PROPOSED, ran, after, follows, 1_200)


AS_FORESEEN = run(False, FORESEEN)
CASES: list[tuple[str, Exposure, Attempt, Attempt | None, Heeded, bool | None, Verdict]] = [
    ("right but unheeded", SHOWN, AS_FORESEEN, None, "not_followed", False, "unheeded"),
    (
        "unheeded, and then something else",
        *(SHOWN, AS_FORESEEN, run(True, action=OTHER)),
        *("not_followed", True, "unheeded"),
    ),
    ("noise", SHOWN, run(True), None, "not_applicable", True, "noise"),
    ("noise, whatever came next", SHOWN, run(True), run(True, action=ADVISED),
     "not_applicable", True, "noise"),
    ("followed after it failed", SHOWN, AS_FORESEEN, run(True, action=ADVISED),
     "followed", True, "helped"),
    ("followed after a human's no", SHOWN, run(None), run(True, action=ADVISED),
     "followed", True, "helped"),
    ("followed, end not known", SHOWN, AS_FORESEEN, run(None, action=ADVISED),
     "followed", False, "followed"),
    ("followed, and it did harm", SHOWN, AS_FORESEEN, run(False, ELSE, action=ADVISED),
     "followed", False, "harmful"),
    ("followed, in vain", SHOWN, AS_FORESEEN, run(False, FORESEEN, action=ADVISED),
     "followed", False, "unclear"),
    ("the call itself was changed", SHOWN, run(True, action=ADVISED), None,
     "followed", True, "helped"),
    ("changed, but not as advised", SHOWN, run(True, action=OTHER), None,
     "not_applicable", True, "unclear"),
    ("changed otherwise, failed as foreseen", SHOWN, run(False, FORESEEN, action=OTHER), None,
     "not_followed", False, "unclear"),
    ("failed in another way", SHOWN, run(False, ELSE), None, "not_applicable", False, "unclear"),
    ("stopped, and nothing followed", SHOWN, run(None), None, "not_applicable", None, "unclear"),
    ("nothing foreseen, followed next", PLAIN, run(True), run(True, action=ADVISED),
     "followed", True, "helped"),
    ("nothing foreseen, not followed", PLAIN, run(True), run(True, action=OTHER),
     "not_followed", True, "unclear"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("exposure", "ran", "after", "heeded", "succeeded", "verdict"),
    [pytest.param(*case[1:], id=case[0]) for case in CASES],
)
def test_advice_is_judged_by_what_the_agent_did(
    exposure: Exposure,
    ran: Attempt,
    after: Attempt | None,
    heeded: Heeded,
    succeeded: bool | None,
    verdict: Verdict,
) -> None:
    assert judged(exposure, ran, after) == Judgement(
        strict=True, heeded=heeded, succeeded=succeeded, verdict=verdict, latency_ms=50
    )


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_held_out_advice_has_no_verdict_but_the_same_success(
    case: tuple[str, Exposure, Attempt, Attempt | None, Heeded, bool | None, Verdict],
) -> None:
    _, exposure, ran, after, _, succeeded, _ = case
    assert judged(replace(exposure, shown=False), ran, after) == Judgement(
        strict=True,
        heeded="not_applicable",
        succeeded=succeeded,
        verdict="unclear",
        latency_ms=50,
    )


@pytest.mark.parametrize(
    ("exposure", "ran", "strict"),
    [
        (SHOWN, run(True, after_ms=1_200_000), True),
        (SHOWN, run(True, after_ms=1_200_001), False),
        (SHOWN, run(True, after_ms=0), True),
        (SHOWN, run(True, after_ms=-1), False),
        (replace(SHOWN, trace=TraceId("t2")), run(True), False),
        (replace(SHOWN, trace=TraceId("")), replace(run(True), trace=TraceId("")), False),
    ],
)
def test_strict_needs_the_same_trace_and_an_outcome_in_the_window(
    exposure: Exposure, ran: Attempt, strict: bool
) -> None:
    assert judged(exposure, ran).strict is strict


def test_a_next_call_outside_the_window_is_no_evidence() -> None:
    late = run(True, action=ADVISED, after_ms=1_200_001)
    assert judged(SHOWN, AS_FORESEEN, late) == judged(SHOWN, AS_FORESEEN, None)


def test_exposures_are_what_was_shown_or_held_out() -> None:
    made = candidate("replay:x", "replay", signature=FORESEEN, lesson="l1")

    def considered(reason: str) -> Considered:
        return Considered(
            candidate=made, score=0.6, authority="note", shown=reason == "shown", reason=reason
        )

    event = AdviceGiven(
        id=EventId("e"),
        at_ms=NOW_MS,
        agent="claude-code",
        session=SessionId("s"),
        trace=TRACE,
        action_id=ActionId("call"),
        tool="Bash",
        answer=Answer(
            advice_id=AdviceId("a"),
            route="live",
            considered=(considered("shown"), considered("held_out"), considered("budget")),
        ),
    )
    shown = replace(SHOWN, lesson=LessonId("l1"))
    assert exposures_of(event) == (shown, replace(shown, shown=False))


# Newcombe 1998, table II: method 10 for the examples (a) to (h) of that paper.
@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_contrast_has_the_published_intervals(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = contrast(Tally(*one), Tally(*other))
    assert found.estimate == pytest.approx(one[0] / one[1] - other[0] / other[1])
    assert (round(found.interval.low, 4), round(found.interval.high, 4)) == (low, high)


def test_without_one_arm_there_is_no_estimate() -> None:
    shown, nobody = Tally(9, 10), Tally(0, 0)
    assert contrast(shown, nobody) == Contrast(
        shown=shown, held_out=nobody, estimate=None, interval=Interval(-1.0, 1.0)
    )
    assert contrast(nobody, shown).estimate is None


# Wilson's interval for 15 of 148: Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
def test_wilsons_interval_is_the_published_one() -> None:
    found = wilson_interval(Tally(15, 148))
    assert (round(found.low, 4), round(found.high, 4)) == (0.0624, 0.1605)
    assert wilson_interval(Tally(0, 0)) == Interval(0.0, 1.0)


TALLIES = st.integers(1, 500).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n)))


@given(TALLIES, TALLIES)
def test_swapping_the_arms_turns_the_contrast_round(one: Tally, other: Tally) -> None:
    there, back = contrast(one, other), contrast(other, one)
    assert there.estimate is not None and back.estimate is not None
    assert there.estimate == -back.estimate
    assert there.interval.low == pytest.approx(-back.interval.high)
    assert -1.0 - 1e-12 <= there.interval.low <= there.estimate <= there.interval.high <= 1 + 1e-12


@given(TALLIES)
def test_an_interval_holds_its_rate_and_shrinks_with_more_of_the_same(one: Tally) -> None:
    found = wilson_interval(one)
    assert one.rate is not None
    assert 0.0 <= found.low <= one.rate <= found.high <= 1.0
    more = wilson_interval(Tally(one.successes * 4, one.n * 4))
    assert more.high - more.low < found.high - found.low


def test_a_tally_counts_successes() -> None:
    assert tally([True, False, True]) == Tally(2, 3)
    assert tally([]).rate is None
