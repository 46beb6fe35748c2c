"""What closes the loop, each from a call to the next answer: nothing is stubbed."""

import pytest

from counsel.advice.sources.chips import Chips, load_pack
from counsel.memory.lesson import Condition, Lesson, lesson_id
from counsel.model.advice import Answer
from counsel.model.events import AdviceJudged
from counsel.model.ids import EventId, LessonId, SessionId
from tests.workflows.rig import AGENT, PROJECT, TTL_MS, Rig, edit, item, read, shell, shown

RULE = "Run `make check` before deploying because the pipeline rejects what it would find"
LESSON = LessonId("les_deploy")
ITEM = f"cognitive:{LESSON}"


def taught(rig: Rig, *, signature: str = "") -> Rig:
    rig.learner.put(
        Lesson(
            id=LESSON,
            kind="preference",
            project=PROJECT,
            condition=Condition(kind="shell", program="deploy"),
            signature=signature,
            action=RULE,
            origin="user",
        )
    )
    rig.learning.save()
    return rig


def deploy(rig: Rig, number: int, status: str = "ok", error: str | None = None) -> Answer:
    rig.wait(TTL_MS)
    call = shell(f"c{number}", f"deploy --to stage{number}")
    return rig.run(call, status, error, session=f"s{number}")  # type: ignore[arg-type]


def test_a_lesson_that_was_followed_and_helped_scores_higher_afterwards() -> None:
    rig = taught(Rig())
    before = item(deploy(rig, 0, "failed", "stage0 is locked"), ITEM)
    rig.run(shell("fix", "make check && deploy --to stage0"), session="s0")
    after = item(deploy(rig, 1, "failed", "stage1 is locked"), ITEM)
    assert [(one.verdict, one.strict) for one in rig.judged()[:1]] == [("helped", True)]
    assert after.candidate.trust > before.candidate.trust
    assert after.score > before.score


def test_a_lesson_whose_foreseen_failure_does_not_come_scores_lower_afterwards() -> None:
    rig = taught(Rig(), signature="Bash|deploy: the pipeline rejected it")
    before = item(deploy(rig, 0), ITEM)
    after = item(deploy(rig, 1), ITEM)
    assert {one.verdict for one in rig.judged()} == {"noise"}
    assert after.candidate.trust < before.candidate.trust
    assert after.score < before.score


def test_an_item_marked_noisy_is_suppressed_and_shown_again_once_withdrawn() -> None:
    rig = taught(Rig())
    answer = deploy(rig, 0, "failed", "locked")
    assert shown(answer) == [ITEM]
    rig.mark(answer.advice_id, "noisy")
    assert item(deploy(rig, 1, "failed", "locked"), ITEM).reason == "noisy"
    rig.mark(answer.advice_id, "withdrawn")
    assert shown(deploy(rig, 2, "failed", "locked")) == [ITEM]


def test_a_noisy_mark_outlives_the_service() -> None:
    rig = taught(Rig())
    rig.mark(deploy(rig, 0, "failed", "locked").advice_id, "noisy")
    later = Rig(rig.store, at_ms=rig.clock.now_ms())
    assert item(deploy(later, 1), ITEM).reason == "noisy"


def test_two_noisy_marks_of_one_advice_are_one() -> None:
    rig = taught(Rig(overrides={"advisory_gate.noisy_marks": 2}))
    answer = deploy(rig, 0, "failed", "locked")
    rig.mark(answer.advice_id, "noisy")
    rig.mark(answer.advice_id, "noisy")
    again = deploy(rig, 1, "failed", "locked")
    assert shown(again) == [ITEM]
    rig.mark(again.advice_id, "noisy")
    assert item(deploy(rig, 2, "failed", "locked"), ITEM).reason == "noisy"


@pytest.mark.parametrize(("mark", "rises"), [("helpful", True), ("unhelpful", False)])
def test_explicit_feedback_moves_trust_and_withdrawing_it_moves_trust_back(
    mark: str, rises: bool
) -> None:
    rig = taught(Rig())
    answer = deploy(rig, 0, "failed", "locked")
    lesson = rig.learner.shelf.get(LESSON)
    assert lesson is not None
    rig.mark(answer.advice_id, mark)
    moved = rig.learner.shelf.get(LESSON)
    assert moved is not None
    assert (moved.reliability.alpha > lesson.reliability.alpha) is rises
    assert (moved.reliability.beta > lesson.reliability.beta) is not rises
    assert moved.reliability.harmful == 0
    rig.mark(answer.advice_id, mark)
    again = rig.learner.shelf.get(LESSON)
    assert again is not None and again.reliability == moved.reliability
    rig.mark(answer.advice_id, "withdrawn")
    back = rig.learner.shelf.get(LESSON)
    assert back is not None
    assert back.reliability.alpha == pytest.approx(lesson.reliability.alpha, abs=1e-6)
    assert back.reliability.beta == pytest.approx(lesson.reliability.beta, abs=1e-6)


def test_feedback_on_an_unknown_advice_moves_nothing() -> None:
    rig = taught(Rig())
    rig.learner.put(Lesson(id=LessonId("les_any"), kind="preference", action="Be brief"))
    rig.start()
    rig.learn()
    before = rig.learner.shelf.get(LessonId("les_any"))
    rig.mark("adv_nobody_knows", "helpful")  # type: ignore[arg-type]
    assert rig.learner.shelf.get(LessonId("les_any")) == before


UNREAD = "File has not been read yet. Read it first before writing to it."
FORESEEN = "preflight:unread_file:"


def test_a_rule_that_is_wrong_again_and_again_falls_silent() -> None:
    rig = Rig()
    rig.start()
    said = []
    for number in range(8):
        rig.wait(TTL_MS)
        said.append(bool(shown(rig.run(edit(f"e{number}", f"/w/p/f{number}.py")))))
    assert said[0] is True
    assert said[-3:] == [False, False, False]


def test_a_rule_that_is_right_again_and_again_becomes_a_warning() -> None:
    rig = Rig()
    rig.start()
    loud = []
    for number in range(16):
        rig.wait(TTL_MS)
        answer = rig.run(edit(f"e{number}", f"/w/p/f{number}.py"), "failed", UNREAD)
        loud.append(item(answer, FORESEEN).authority)
    assert loud[0] == "note"
    assert loud[-1] == "warning"


def test_a_packets_effectiveness_follows_feedback_and_its_withdrawal() -> None:
    rig = taught(Rig(prefetch=True))
    rig.prompt("deploy it", session="s0")
    while rig.prefetch.run_once():
        pass
    answer = rig.propose(shell("c", "deploy now"), session="s0")
    assert answer.route == "packet"
    scores = []
    for mark in ("helpful", "helpful", "unhelpful", "noisy", "withdrawn"):
        rig.mark(answer.advice_id, mark)
        rig.packets.save()
        packets = {one.id: one for one in rig.store.packets.packets()}
        assert answer.packet is not None
        scores.append(round(packets[answer.packet].effectiveness_score, 3))  # type: ignore[index]
    assert scores == [0.667, 0.667, 0.333, 0.45, 0.5]


ALWAYS_HELD = {"holdout.share": 1.0}


def test_a_held_out_item_is_recorded_not_said_and_judged_as_the_contrast() -> None:
    rig = taught(Rig(overrides=ALWAYS_HELD, holdout_key=b"key"))
    answer = deploy(rig, 0, "failed", "locked")
    rig.prompt("and now?", session="s0")
    assert (answer.text, item(answer, ITEM).reason) == ("", "held_out")
    (judged,) = rig.judged()
    assert (judged.shown, judged.strict, judged.verdict, judged.succeeded) == (
        False,
        True,
        "unclear",
        False,
    )


def test_a_warning_is_never_held_out() -> None:
    rig = Rig(overrides=ALWAYS_HELD, holdout_key=b"key")
    rig.start()
    answer = rig.propose(edit("e", "/w/p/a.py", "same", "same"))
    assert answer.authority == "warning"
    assert answer.text.startswith("[COUNSEL WARNING] ")


def harm(rig: Rig, number: int) -> None:
    event = AdviceJudged(
        id=EventId(f"judged{number}"),
        at_ms=rig.clock.now_ms(),
        agent=AGENT,
        session=SessionId("s"),
        advice=f"adv{number}",  # type: ignore[arg-type]
        item=ITEM,
        lesson=LESSON,
        source="cognitive",
        shown=True,
        strict=True,
        heeded="followed",
        succeeded=False,
        verdict="harmful",
    )
    rig.store.events.append([event])
    rig.learn()


def test_a_lesson_that_harmed_twice_is_suspended_and_no_longer_said() -> None:
    rig = taught(Rig())
    for number in range(2):
        assert shown(deploy(rig, 10 + number, "failed", "stage is locked")) == [ITEM]
        follows = shell("f", f"make check && deploy --to stage{10 + number} --again")
        rig.run(follows, "failed", "make: no rule to make target", session=f"s{10 + number}")
    assert [one.verdict for one in rig.judged() if one.heeded == "followed"] == ["harmful"] * 2
    lesson = rig.learner.shelf.get(LESSON)
    assert lesson is not None and lesson.status == "suspended"
    assert deploy(rig, 20).considered == ()
    assert [row.stage for row in rig.store.quarantine.list()] == ["suspended"]


def test_a_restored_lesson_is_not_suspended_by_a_good_judgement() -> None:
    rig = taught(Rig())
    harm(rig, 0)
    harm(rig, 1)
    lesson = rig.learner.shelf.get(LESSON)
    assert lesson is not None and lesson.status == "suspended"
    rig.learner.put(Lesson(id=LESSON, kind="preference", action=RULE, condition=lesson.condition))
    rig.learning.save()
    assert shown(deploy(rig, 1)) == [ITEM]
    restored = rig.learner.shelf.get(LESSON)
    assert restored is not None and restored.status == "active"


PACK = """
pack: deploying
chips:
  - id: look
    when:
      program: [deploy]
      flags: [--to]
    lesson: "Look at the dashboard first: a deployment that runs already is not stopped."
"""


def test_general_advice_that_comes_up_before_calls_that_go_fine_falls_silent() -> None:
    rig = Rig(sources=(Chips([load_pack(PACK)]),))
    said = [bool(shown(deploy(rig, number))) for number in range(12)]
    assert said[0] is True
    assert said[-3:] == [False, False, False]


def test_a_refused_flag_is_foreseen_in_the_next_session() -> None:
    rig = Rig()
    error = "unknown flag: --stat"
    rig.run(shell("a", "gh pr diff 7 --stat"), "failed", error, session="one")
    rig.run(shell("b", "gh pr diff 7 --name-only"), session="one")
    rig.wait(TTL_MS)
    answer = rig.propose(shell("c", "gh pr diff 9 --stat"), session="two")
    (found,) = [one for one in answer.considered if one.shown]
    assert found.candidate.lesson == lesson_id("Bash gh pr diff", "--stat")
    assert "refused `--stat` before" in answer.text
    assert "`gh pr diff 7 --name-only` worked" in answer.text


def test_a_preference_is_said_before_the_act_it_is_about_unless_it_is_done_already() -> None:
    rig = Rig()
    rig.prompt("remember: always run ruff before committing because CI fails on lint errors")
    rig.learn()
    assert "always run ruff before committing" in rig.propose(shell("a", "git commit -m x")).text
    rig.wait(TTL_MS)
    done = rig.propose(shell("b", "ruff check . && git commit -m y"), session="t")
    assert done.considered == ()


def test_reading_the_file_after_the_warning_counts_as_following_it() -> None:
    rig = Rig()
    rig.start()
    rig.run(edit("e", "/w/p/a.py"), "failed", UNREAD)
    rig.run(read("r", "/w/p/a.py"))
    judged = rig.judged()[0]
    assert (judged.heeded, judged.verdict, judged.strict) == ("followed", "helped", True)
