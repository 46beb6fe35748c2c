"""What went otherwise than expected becomes a question, and a recurring one a suggestion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.gaps import Gap, Question, gap_of, merged, opportunities, ranked
from counsel.memory.steps import Deed, Pattern, Prediction, Purpose, Step
from counsel.model.advice import FailureClass
from counsel.model.ids import SessionId, TraceId

PUSH = Pattern(kind="shell", program="git", subcommand="push")


def step(
    ok: bool,
    p: float,
    confidence: float,
    purpose: Purpose = "other",
    failure_class: FailureClass = "mistake",
) -> Step:
    return Step(
        id=TraceId("t"),
        deed=Deed(pattern=PUSH, purpose=purpose),
        prediction=Prediction(p=p, confidence=confidence),
        result="ok" if ok else "failed",
        signature="" if ok else "Bash|rejected",
        failure_class=None if ok else failure_class,
        surprise=abs(ok - p),
        ended_ms=7,
    )


def gap(
    question: Question = "WHY",
    *,
    signature: str = "Bash|rejected",
    sessions: str = "s",
    count: int = 1,
    surprise: float = 0.9,
) -> Gap:
    return Gap(
        question=question,
        pattern=PUSH,
        signature=signature,
        count=count,
        surprise=surprise,
        sessions=tuple(SessionId(one) for one in sessions),
        steps=(TraceId(f"{sessions}{count}"),),
    )


@pytest.mark.parametrize(
    ("closed", "question"),
    [
        (step(False, 0.9, 0.8), "WHY"),
        (step(False, 0.9, 0.8, "test"), "WHEN"),
        (step(False, 0.9, 0.8, "test", "signal"), "WHEN"),
        (step(True, 0.2, 0.8), "HOW"),
        (step(False, 0.9, 0.1), "WHAT"),
        (step(False, 0.9, 0.1, "lint"), None),
        (step(False, 0.2, 0.8), None),
        (step(True, 0.9, 0.8), None),
        (step(True, 0.2, 0.1), None),
        (step(False, 0.9, 0.8, "look", "signal"), None),
    ],
)
def test_a_failed_prediction_asks_its_question(closed: Step, question: str | None) -> None:
    found = gap_of(closed, SessionId("s"))
    assert (found.question if found else None) == question


def test_a_gap_carries_where_it_was_met() -> None:
    assert gap_of(step(False, 0.9, 0.8), SessionId("s")) == Gap(
        question="WHY",
        pattern=PUSH,
        signature="Bash|rejected",
        surprise=0.9,
        sessions=(SessionId("s"),),
        steps=(TraceId("t"),),
        last_ms=7,
    )


def test_the_same_question_is_counted_not_repeated() -> None:
    (one,) = merged([gap(sessions="a"), gap(sessions="b"), gap(sessions="a")])
    assert (one.count, one.sessions) == (3, ("a", "b"))
    assert one.surprise == pytest.approx(2.7)
    assert len(merged([gap(), gap("HOW"), gap(signature="Bash|other")])) == 3


def test_a_gap_met_in_many_sessions_ranks_above_one_loop_of_one_session() -> None:
    loop = gap(signature="loop", count=50, surprise=45.0)
    spread = gap(signature="spread", sessions="abc", count=3, surprise=2.4)
    assert [one.signature for one in ranked([loop, spread])] == ["spread", "loop"]


def test_the_more_surprising_of_two_ranks_first() -> None:
    mild, wild = gap(signature="mild", surprise=0.5), gap(signature="wild", surprise=0.9)
    assert [one.signature for one in ranked([mild, wild])] == ["wild", "mild"]


def test_a_gap_of_one_session_is_not_worth_a_suggestion() -> None:
    assert opportunities([gap(count=9, surprise=8.0)]) == ()


def test_a_suggestion_has_a_stable_id_that_settles_it() -> None:
    one, two = gap(sessions="ab", count=2), gap(sessions="ab", count=2, signature="Bash|other")
    (first,) = opportunities([one])
    (again,) = opportunities([gap(sessions="cdef", count=9)])
    assert first.id == again.id
    assert {o.id for o in opportunities([one, two])} > {first.id}
    assert first.id not in {o.id for o in opportunities([one, two], settled=[first.id])}


def test_a_settled_suggestion_makes_room_for_the_next() -> None:
    many = [gap(sessions="ab", count=2, signature=f"Bash|{n}") for n in range(5)]
    top = opportunities(many, limit=2)
    after = opportunities(many, settled=[one.id for one in top], limit=2)
    assert len(top) == len(after) == 2
    assert {one.id for one in top}.isdisjoint(one.id for one in after)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "WHY",
            "Find out why `git push`, which usually passes, fails with"
            ' "rejected" (3 times in 2 sessions).',
        ),
        (
            "WHEN",
            'Find out when `git push` fails with "rejected", and check that before'
            " (3 times in 2 sessions).",
        ),
        ("HOW", "`git push` usually fails but passed (3 times in 2 sessions): write down how."),
        (
            "WHAT",
            'Find out what it means when `git push` fails with "rejected" (3 times in 2 sessions).',
        ),
    ],
)
def test_a_suggestion_says_what_to_find_out(question: Question, text: str) -> None:
    (one,) = opportunities([gap(question, sessions="ab", count=3)])
    assert one.text == text


gaps = st.lists(
    st.builds(
        gap,
        st.sampled_from(["WHY", "WHEN", "HOW", "WHAT"]),
        signature=st.sampled_from(["Bash|a", "Bash|b", ""]),
        sessions=st.sampled_from(["a", "b", "c", "ab"]),
        count=st.integers(1, 5),
        surprise=st.sampled_from([0.5, 1.0]),
    ),
    max_size=30,
)


@given(gaps)
def test_merging_keeps_every_meeting_and_is_stable(many: list[Gap]) -> None:
    once = merged(many)
    assert merged(once) == once
    assert sum(one.count for one in once) == sum(one.count for one in many)
    assert len({one.id for one in once}) == len(once)


@given(gaps)
def test_the_ranking_does_not_depend_on_the_order(many: list[Gap]) -> None:
    assert [one.id for one in ranked(reversed(many))] == [one.id for one in ranked(many)]
