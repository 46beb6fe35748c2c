"""Figures of hand-made sessions, known in advance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.evidence.baselines import all_baselines
from counsel.evidence.replay import replay, timeline
from counsel.evidence.score import (
    ClassFigures,
    Figures,
    LatencyMs,
    RecoverySaved,
    SignalFigures,
    SourceFigures,
    StrictFigures,
    figures,
    latency,
    wilson,
)
from tests.evidence.sessions import (
    MISSING,
    REFUSED,
    UNREAD,
    Follower,
    Script,
    Ticks,
    Told,
    advice,
    edit,
    read,
    shell,
)
from tests.evidence.test_replay_order import CALLS, scripted


def measured(player: Told, *scripts: Script) -> Figures:
    events = [event for script in scripts for event in script.events]
    (played,) = replay(timeline({"d": events}), [player], Ticks())
    return figures(played)


def eight_calls() -> Script:
    """A mistake that recovers two calls later, a refusal, a signal, fine calls and odd ends."""
    script = Script()
    script.done(edit("unread"), "failed", UNREAD)
    script.done(read("fine"))
    script.done(edit("again"))
    script.done(edit("refused", "/p/b.py"), "denied", REFUSED)
    script.done(shell("red", "pytest -q"), "failed", "Exit code 1 2 failed, 3 passed")
    script.done(shell("stopped", "sleep 9"), "interrupted", "[Request interrupted by user]")
    script.done(shell("running", "make"), "running")
    script.call(shell("lost", "ls"))
    return script


def test_every_figure_of_a_small_session() -> None:
    player = Told(
        {
            "unread": (advice(f"Edit|{UNREAD}"),),
            "fine": (advice(f"Read|{MISSING}", source="bank"),),
            "refused": (advice(f"Edit|{UNREAD}"),),
            "running": (advice(f"Bash|{MISSING}", source="bank"),),
        }
    )
    found = measured(player, eight_calls())
    assert (found.sessions, found.calls, found.failures) == (1, 5, 3)
    assert (found.interrupted, found.left_out) == (1, 2)
    assert found.classes.mistake == ClassFigures(
        n=1,
        warned=1,
        recall=1.0,
        precision=1 / 3,
        advised=3,
        right=1,
        recall_interval=wilson(1, 1),
        precision_interval=wilson(1, 3),
    )
    assert found.classes.refusal == ClassFigures(
        n=1,
        warned=0,
        recall=0.0,
        precision=None,
        advised=0,
        right=0,
        recall_interval=wilson(0, 1),
        precision_interval=None,
    )
    assert found.classes.signal == SignalFigures(n=1)
    assert (found.classes.other.n, found.classes.other.recall) == (0, None)
    assert (found.shown, found.right, found.precision) == (3, 1, 1 / 3)
    assert found.noise_per_100_fine == 50.0
    assert found.recovery_saved == RecoverySaved(recovered=1, calls=1)
    assert found.sources == (
        SourceFigures(
            source="bank",
            shown=1,
            right=0,
            precision=0.0,
            precision_interval=wilson(0, 1),
            noise=1,
        ),
        SourceFigures(
            source="rule",
            shown=2,
            right=1,
            precision=0.5,
            precision_interval=wilson(1, 2),
            noise=0,
        ),
    )
    assert found.latency_ms == LatencyMs(p50=0.001, p95=0.001, p99=0.001)


def test_strict_figures_follow_the_floor() -> None:
    player = Told(
        {
            "unread": (advice("Edit|File has not been read yet."),),
            "fine": (advice(f"Read|{MISSING}"),),
            "refused": (advice(f"Edit|{REFUSED}"),),
            "stopped": (advice("Bash|[Request interrupted by user]"),),
            "running": (advice("Bash|"),),
        }
    )
    # unread: like the failure, but not exactly; refused and lost are no calls of the floor's.
    assert measured(player, eight_calls()).strict == StrictFigures(
        calls=6,
        failures=3,
        shown=4,
        right=1,
        precision=1 / 4,
        followed_by_failure=2 / 4,
        warned=1,
        recall=1 / 3,
        noise_per_100_fine=100 * 2 / 3,
    )


def test_advice_for_another_failure_of_the_same_class_is_wrong() -> None:
    found = measured(Told({"unread": (advice(f"Edit|{MISSING}"),)}), eight_calls())
    assert (found.right, found.classes.mistake.warned) == (0, 0)


def test_followed_advice_is_right_and_no_noise() -> None:
    found = measured(Follower({"fine": (advice(f"Read|{MISSING}"),)}), eight_calls())
    assert (found.right, found.noise_per_100_fine, found.classes.mistake.warned) == (1, 0.0, 0)


def test_two_right_pieces_warn_of_one_failure() -> None:
    pieces = (advice(f"Edit|{UNREAD}"), advice(f"Edit|{UNREAD}", id="b"))
    found = measured(Told({"unread": pieces}), eight_calls())
    assert (found.right, found.classes.mistake.warned) == (2, 1)


def test_nothing_known_is_none_and_not_zero() -> None:
    found = measured(Told({}), Script())
    assert (found.calls, found.precision, found.noise_per_100_fine) == (0, None, None)
    assert found.latency_ms == LatencyMs(p50=None, p95=None, p99=None)
    assert (found.strict.recall, found.classes.mistake.recall) == (None, None)


def test_percentiles_are_nearest_rank() -> None:
    assert latency(n * 1_000_000 for n in range(100, 0, -1)) == LatencyMs(p50=50, p95=95, p99=99)
    assert latency([7_000_000]) == LatencyMs(p50=7, p95=7, p99=7)


def test_wilson_of_known_cases() -> None:
    assert wilson(0, 0) is None
    found = wilson(8, 10)
    assert found is not None
    # statsmodels.stats.proportion.proportion_confint(8, 10, method="wilson")
    assert (found.lo, found.hi) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)


@given(whole=st.integers(1, 10_000), share=st.floats(0, 1))
def test_wilson_holds_the_share_within_0_and_1(whole: int, share: float) -> None:
    part = round(whole * share)
    found = wilson(part, whole)
    assert found is not None
    assert 0 <= found.lo <= part / whole <= found.hi <= 1


@given(calls=CALLS)
def test_shares_are_shares(calls: list[tuple[str, str, str, int]]) -> None:
    moments = timeline({script.session: script.events for script in scripted(calls)})
    for played in replay(moments, all_baselines(), Ticks()):
        found = figures(played)
        classes = (found.classes.mistake, found.classes.refusal, found.classes.other)
        for value in (
            found.precision,
            found.strict.precision,
            found.strict.recall,
            *(figure for each in classes for figure in (each.recall, each.precision)),
        ):
            assert value is None or 0 <= value <= 1
        assert found.failures == sum(each.n for each in classes) + found.classes.signal.n
        assert found.shown == sum(each.shown for each in found.sources)
        assert found.calls + found.interrupted + found.left_out == len(played.rows)
