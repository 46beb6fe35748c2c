"""A stuck session is told how to get out: once, with its own facts, in few words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.episodes import EpisodeState, EpisodeTracker
from counsel.memory.escape import LENGTH, QUIET_STEPS, escape_advice
from counsel.memory.steps import Deed, Pattern, Prediction, Purpose, Step
from counsel.memory.watchers import Alert, WatcherName
from counsel.model.ids import EpisodeId, TraceId


def alert(name: WatcherName, step: str = "t1") -> Alert:
    return Alert(
        name=name,
        severity="warning",
        key=f"{name}:{step}",
        steps=(TraceId(step),),
        text="It is so.",
    )


def step(
    n: int,
    *,
    program: str = "go",
    path: str = "",
    signature: str = "",
    purpose: Purpose = "other",
    evidence: bool = False,
) -> Step:
    return Step(
        id=TraceId(f"t{n}"),
        deed=Deed(
            pattern=Pattern(kind="shell", program=program, subcommand="test"),
            purpose=purpose,
            path=path,
        ),
        result="failed" if signature else "ok",
        signature=signature,
        evidence=evidence,
    )


def state(
    *alerts: Alert,
    steps: tuple[Step, ...] = (),
    at: tuple[int, ...] | None = None,
    count: int = 30,
    escaped_at: int | None = None,
    active_ms: int = 0,
) -> EpisodeState:
    return EpisodeState(
        id=EpisodeId("ep"),
        steps=steps,
        step_count=count,
        alerts=alerts,
        alert_steps=at if at is not None else tuple(10 for _ in alerts),
        escaped_at=escaped_at,
        active_ms=active_ms,
    )


REPEAT, THRASH = alert("repeat_failure"), alert("diff_thrash", "t2")


@pytest.mark.parametrize(
    ("alerts", "trigger"),
    [
        ((REPEAT, THRASH), "two_watchers"),
        ((REPEAT, alert("repeat_failure", "t9")), "same_watcher_twice"),
        ((REPEAT,), None),
        ((), None),
        ((REPEAT, alert("validation_gap")), None),
        ((alert("validation_gap"), alert("scope_creep")), None),
    ],
)
def test_two_signs_of_being_stuck_are_needed(alerts: tuple[Alert, ...], trigger: str) -> None:
    advice = escape_advice(state(*alerts))
    assert (advice.trigger if advice else None) == trigger


def test_the_advice_cites_each_step_that_proves_it_once() -> None:
    advice = escape_advice(state(REPEAT, THRASH, alert("no_new_evidence", "t1")))
    assert advice is not None
    assert advice.steps == ("t1", "t2")


def test_without_an_episode_nobody_is_stuck() -> None:
    assert escape_advice(EpisodeState()) is None


def test_it_is_not_repeated_within_twenty_steps_nor_for_alerts_it_has_answered() -> None:
    told = 30
    again = (REPEAT, THRASH)
    soon, later = told + QUIET_STEPS - 1, told + QUIET_STEPS
    assert escape_advice(state(*again, at=(31, 32), count=soon, escaped_at=told)) is None
    assert escape_advice(state(*again, at=(31, 32), count=later, escaped_at=told)) is not None
    assert escape_advice(state(*again, at=(30, 32), count=later, escaped_at=told)) is None


def test_a_tracker_that_says_it_was_shown_keeps_quiet() -> None:
    tracker = EpisodeTracker(lambda pattern, phase: Prediction(), state(REPEAT, THRASH))
    assert escape_advice(tracker.state) is not None
    tracker.escaped()
    assert escape_advice(tracker.state) is None


STALE = tuple(step(n) for n in range(10))


@pytest.mark.parametrize(
    ("steps", "count", "active_ms", "trigger"),
    [
        (STALE, 41, 0, "budget"),
        (STALE, 11, 1_441_000, "budget"),
        (STALE, 40, 1_440_000, None),
        (STALE[:9], 49, 0, None),
        ((*STALE, step(10, evidence=True)), 49, 0, None),
        ((*STALE, step(10, purpose="test")), 49, 0, None),
        ((*STALE, step(10, purpose="test", signature="Bash|red")), 49, 0, "budget"),
        ((*STALE[:9], step(10, purpose="wait")), 49, 0, None),
    ],
)
def test_a_budget_nearly_spent_without_progress_is_enough(
    steps: tuple[Step, ...], count: int, active_ms: int, trigger: str | None
) -> None:
    advice = escape_advice(state(steps=steps, count=count, active_ms=active_ms))
    assert (advice.trigger if advice else None) == trigger


def test_the_text_holds_the_session_s_own_facts_and_the_whole_protocol() -> None:
    steps = (
        step(1, signature='Bash|undefined: "Parse"'),
        step(2, path="src/x/parse.go", purpose="edit", program=""),
        step(3, path="src/x/parse.go", purpose="edit", program=""),
        step(4, signature='Bash|undefined: "Parse"'),
    )
    advice = escape_advice(state(REPEAT, THRASH, steps=steps, active_ms=600_000))
    assert advice is not None
    assert advice.text.startswith(
        "You seem stuck. `go test` failed 2x: \"undefined: 'Parse'\". parse.go edited 2x."
        " 30 steps, 10 min on this goal. Freeze"
    )
    demands = "Freeze|Summarise|Isolate|Flip|three hypotheses|one test|Write down".split("|")
    assert [demand for demand in demands if demand not in advice.text] == []


def test_a_session_without_a_failure_is_told_so_too() -> None:
    advice = escape_advice(state(steps=STALE, count=41))
    assert advice is not None
    assert advice.text.startswith("You seem stuck. 41 steps, 0 min on this goal. Freeze")


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_the_text_is_one_short_clean_line_whatever_failed(
    program: str, path: str, error: str
) -> None:
    steps = (
        step(1, program=program, signature=f"Bash|{error}"),
        *(step(n, path=path, purpose="edit") for n in (2, 3)),
    )
    advice = escape_advice(state(REPEAT, THRASH, steps=steps))
    assert advice is not None
    assert len(advice.text) <= LENGTH == 480
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in advice.text)
    assert advice.text.endswith("Write down what it showed.")
