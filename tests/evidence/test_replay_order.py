"""What a replay lets players know, and when."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.evidence.baselines import all_baselines
from counsel.evidence.replay import CallRow, Played, replay, timeline
from counsel.evidence.results import detail
from counsel.model.errors import BadInput
from counsel.model.events import Event
from tests.evidence.sessions import MISSING, Script, Ticks, Told, edit, read, shell


def rows_of(*sessions: Script, player: Told | None = None) -> tuple[CallRow, ...]:
    events = [event for script in sessions for event in script.events]
    (played,) = replay(timeline({"d": events}), [player or Told({})], Ticks())
    return played.rows


def without_times(played: tuple[Played, ...]) -> object:
    return [
        (each.player, each.dataset, each.sessions, each.lessons, [detail(row) for row in each.rows])
        for each in played
    ]


def test_before_comes_before_the_call_and_observe_after_it() -> None:
    script = Script()
    script.done(read("c1"))
    player = Told({})
    rows_of(script, player=player)
    assert player.lived == ["s1-0", "before c1", "s1-1", "s1-2"]


def test_sessions_are_merged_by_time() -> None:
    early, late = Script("z", at_ms=0), Script("a", at_ms=5)
    early.done(read("c1"))
    late.done(read("c2"))
    assert [row.action_id for row in rows_of(late, early)] == ["c1", "c2"]


def test_a_clock_that_jumps_back_does_not_put_an_outcome_before_its_call() -> None:
    script = Script(at_ms=1000, step_ms=-10)
    script.done(read("c1"), "failed", MISSING)
    (row,) = rows_of(script)
    assert (row.status, row.at_ms, row.signature) == ("failed", 1000, f"Read|{MISSING}")


def test_warm_events_are_lived_through_and_not_scored() -> None:
    warm, scored = Script("w", at_ms=9_000), Script("s")
    warm.done(read("c1"))
    scored.done(read("c2"))
    player = Told({})
    moments = timeline({"d": scored.events}, warm={"w": warm.events})
    (played,) = replay(moments, [player], Ticks())
    assert [row.action_id for row in played.rows] == ["c2"]
    assert player.lived[:3] == ["w-0", "before c1", "w-1"]
    assert (played.sessions, played.lessons) == (1, 8)


def test_a_session_cannot_be_learnt_from_and_scored() -> None:
    script = Script()
    with pytest.raises(BadInput, match="session 's1' is in a --warm file"):
        timeline({"d": script.events}, warm={"w": script.events})


def test_an_event_in_two_files_counts_once() -> None:
    script = Script()
    script.done(read("c1"))
    played = replay(timeline({"b": script.events, "a": script.events}), [Told({})], Ticks())
    assert [(each.dataset, len(each.rows)) for each in played] == [("a", 1)]


def test_recovery_counts_the_calls_between_failure_and_success_of_the_same_intent() -> None:
    script = Script()
    script.done(edit("c1"), "failed", "File has not been read yet.")
    script.done(read("c2"))
    script.done(shell("c3", "ls"))
    script.done(edit("c4", old="x"))
    assert [row.recovery for row in rows_of(script)] == [2, None, None, None]


def test_a_running_call_ends_with_its_second_outcome() -> None:
    script = Script()
    action = shell("c1", "make")
    script.call(action)
    script.end(action, "running")
    script.end(action, "failed", "make: *** No rule")
    assert [row.status for row in rows_of(script)] == ["failed"]


def test_an_interrupted_call_has_no_class_and_an_unknown_end_is_not_known() -> None:
    script = Script()
    script.done(shell("c1", "make"), "interrupted", "[Request interrupted by user]")
    script.done(shell("c2", "make"), "running")
    script.call(shell("c3", "make"))
    rows = rows_of(script)
    assert [(row.ok, row.failure_class) for row in rows] == [(False, None), (None, None)] + [
        (None, None)
    ]


def test_only_before_is_timed_and_cpu_counts_both() -> None:
    script = Script()
    script.done(read("c1"))
    (played,) = replay(timeline({"d": script.events}), [Told({})], Ticks())
    # Three events, one of them a call: 1 + 3 + 1 ticks of a microsecond.
    assert (played.rows[0].wall_ns, played.cpu_ns) == (1_000, 5_000)


def test_progress_is_told_of_every_event() -> None:
    script = Script()
    script.done(read("c1"))
    told: list[int] = []
    replay(timeline({"d": script.events}), [], Ticks(), progress=told.append)
    assert told == [1, 2, 3]


CALLS = st.lists(
    st.tuples(
        st.sampled_from(("s1", "s2", "s3")),
        st.sampled_from(("a.py", "b.go")),
        st.sampled_from(("ok", "failed", "denied", "interrupted", "running")),
        st.integers(0, 50),
    ),
    max_size=25,
)


def scripted(calls: list[tuple[str, str, str, int]]) -> list[Script]:
    scripts = {name: Script(name) for name in ("s1", "s2", "s3")}
    for number, (session, path, status, step_ms) in enumerate(calls):
        script = scripts[session]
        script.step_ms = step_ms
        action = read(f"c{number}", f"/p/{path}")
        script.call(action)
        if status == "ok":
            script.end(action)
        elif status == "failed":
            script.end(action, "failed", MISSING)
        elif status == "denied":
            script.end(action, "denied", "The user doesn't want to proceed.")
        else:
            script.end(action, "interrupted" if status == "interrupted" else "running")
    return list(scripts.values())


@given(calls=CALLS, order=st.permutations(range(3)))
def test_the_order_of_files_does_not_matter(
    calls: list[tuple[str, str, str, int]], order: list[int]
) -> None:
    scripts = scripted(calls)
    files: dict[str, Iterable[Event]] = {script.session: script.events for script in scripts}
    shuffled: dict[str, Iterable[Event]] = {
        scripts[place].session: scripts[place].events for place in order
    }
    straight = replay(timeline(files), all_baselines(), Ticks())
    mixed = replay(timeline(shuffled), all_baselines(), Ticks())
    assert without_times(straight) == without_times(mixed)


@given(calls=CALLS, kept=st.integers(0, 25))
def test_what_comes_later_changes_nothing_that_was_said(
    calls: list[tuple[str, str, str, int]], kept: int
) -> None:
    moments = timeline({s.session: s.events for s in scripted(calls)})
    part = moments[:kept]
    said = {
        (row.player, row.session, row.action_id): row.shown
        for each in replay(moments, all_baselines(), Ticks())
        for row in each.rows
    }
    for each in replay(part, all_baselines(), Ticks()):
        for row in each.rows:
            assert said[row.player, row.session, row.action_id] == row.shown
