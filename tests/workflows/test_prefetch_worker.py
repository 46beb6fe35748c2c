"""Packets prepared by the worker and found by the pipeline."""

from msgspec.structs import replace

from counsel.memory.lesson import Lesson
from counsel.model.actions import Action, ToolKind
from counsel.model.ids import ActionId, LessonId
from tests.workflows.rig import PROJECT, Rig, shell, shown
from tests.workflows.test_loops import ITEM, LESSON, taught


def prepared(rig: Rig, text: str = "deploy it", session: str = "s") -> Rig:
    rig.prompt(text, session)
    while rig.prefetch.run_once():
        pass
    return rig


def test_a_call_of_the_expected_kind_finds_its_packet_exactly() -> None:
    rig = prepared(taught(Rig(prefetch=True)))
    answer = rig.propose(shell("a", "deploy --to x"))
    assert (answer.route, shown(answer)) == ("packet", [ITEM])


def test_another_session_of_the_project_finds_the_nearest_packet() -> None:
    rig = prepared(taught(Rig(prefetch=True)))
    rig.desk.session("claude-code", "t")  # type: ignore[arg-type]
    answer = rig.propose(shell("a", "deploy --to x"), "t")
    assert (answer.route, shown(answer)) == ("packet_relaxed", [ITEM])


def test_an_item_is_checked_against_the_call() -> None:
    rig = prepared(taught(Rig(prefetch=True)))
    answer = rig.propose(shell("a", "ls"))
    assert (answer.route, answer.considered) == ("packet", ())


def test_a_lesson_that_changed_since_is_not_said_from_the_packet() -> None:
    rig = prepared(taught(Rig(prefetch=True)))
    lesson = rig.learner.shelf.get(LESSON)
    assert lesson is not None
    rig.learner.put(replace(lesson, status="suspended", updated_ms=rig.clock.now_ms() + 1))
    assert rig.propose(shell("a", "deploy --to x")).considered == ()


def test_a_packet_is_forgotten_when_its_time_is_over() -> None:
    rig = prepared(taught(Rig(prefetch=True)))
    rig.wait(901_000)
    assert rig.propose(shell("a", "deploy --to x")).route == "live"


def test_a_kind_of_call_that_was_not_expected_is_answered_live() -> None:
    rig = prepared(taught(Rig(prefetch=True)))
    fetch = Action(id=ActionId("a"), tool="WebFetch", kind="fetch", target="https://x.test")
    assert rig.propose(fetch).route == "live"


def asked(rig: Rig, number: int, kind: ToolKind) -> bool:
    """One prompt and its first call; whether the planner still prepares packets."""
    prepared(rig, "deploy it", f"s{number}")
    call = Action(id=ActionId(f"c{number}"), tool="T", kind=kind, command=None)
    rig.propose(call, f"s{number}")
    return rig.prefetch.meters[PROJECT].pays()


RARE: tuple[ToolKind, ...] = ("ask", "fetch", "mcp", "subagent", "plan", "write", "other")


def test_a_planner_whose_guesses_miss_turns_itself_down_and_comes_back() -> None:
    rig = taught(Rig(prefetch=True))
    pays = [asked(rig, number, RARE[number % 7]) for number in range(140)]
    assert (pays[0], pays[-1]) == (True, False)
    rig.wait(901_000)
    prepared(rig, "deploy it", "late")
    assert rig.propose(shell("x", "deploy --to x"), "late").route == "live"
    pays = [asked(rig, 200 + number, "shell") for number in range(200)]
    assert pays[-1] is True


def test_stored_packets_are_used_after_a_restart_while_nothing_changed() -> None:
    old = prepared(taught(Rig(prefetch=True)))
    old.packets.save()
    new = Rig(old.store, prefetch=True, at_ms=old.clock.now_ms())
    assert new.propose(shell("a", "deploy --to x")).route == "packet"


def test_stored_packets_are_outdated_by_a_lesson_learnt_meanwhile() -> None:
    old = prepared(taught(Rig(prefetch=True)))
    old.packets.save()
    old.learner.put(Lesson(id=LessonId("les_more"), kind="preference"))
    old.learning.save()
    new = Rig(old.store, prefetch=True, at_ms=old.clock.now_ms())
    assert new.propose(shell("a", "deploy --to x")).route == "live"


def test_a_new_lesson_is_not_hidden_by_an_older_packet() -> None:
    rig = prepared(taught(Rig(prefetch=True)))
    known = rig.learner.shelf.get(LESSON)
    assert known is not None
    rig.learner.put(replace(known, id=LessonId("les_new"), action="Tell the team before deploying"))
    answer = rig.propose(shell("a", "deploy --to x"))
    assert {one.candidate.lesson for one in answer.considered} == {LESSON, "les_new"}


def test_a_project_without_lessons_gets_no_packet() -> None:
    rig = prepared(Rig(prefetch=True))
    rig.packets.save()
    assert rig.store.packets.packets() == []


def lessons(count: int) -> list[Lesson]:
    return [Lesson(id=LessonId(f"les_{number}"), kind="preference") for number in range(count)]


def test_a_moment_with_too_many_lessons_gets_no_packet() -> None:
    rig = Rig(prefetch=True)
    for lesson in lessons(257):
        rig.learner.put(lesson)
    prepared(rig)
    assert rig.propose(shell("a", "ls")).route == "live"
