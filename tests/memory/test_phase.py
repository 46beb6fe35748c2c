"""The phase follows the actions, whatever came before them."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.phase import WINDOW, infer_phase
from counsel.memory.steps import Deed, Pattern, Phase, Purpose, Step
from counsel.model.ids import TraceId


def deeds(text: str) -> tuple[Step, ...]:
    """`look edit test!`: purposes in order, `!` marks a failure."""
    return tuple(
        Step(
            id=TraceId(f"t{i}"),
            deed=Deed(pattern=Pattern(kind="shell"), purpose=purpose(word.rstrip("!"))),
            result="failed" if word.endswith("!") else "ok",
        )
        for i, word in enumerate(text.split())
    )


def purpose(word: str) -> Purpose:
    found: dict[str, Purpose] = {name: name for name in get_args(Purpose)}
    return found[word]


histories = st.lists(
    st.tuples(st.sampled_from(get_args(Purpose)), st.sampled_from(["", "!"])), max_size=40
).map(lambda many: deeds(" ".join(word + mark for word, mark in many)))


@pytest.mark.parametrize(
    ("history", "phase"),
    [
        ("", "explore"),
        ("look look", "explore"),
        ("look plan", "plan"),
        ("plan look look", "plan"),
        ("plan look look look look", "explore"),
        ("look edit", "execute"),
        ("edit look edit look look", "execute"),
        ("edit look look look look", "explore"),
        ("edit edit!", "execute"),
        ("edit test", "validate"),
        ("edit test!", "validate"),
        ("edit lint! ", "validate"),
        ("edit test! look", "diagnose"),
        ("edit test! other look", "diagnose"),
        ("test! look plan look", "diagnose"),
        ("test! look edit", "execute"),
        ("test look", "validate"),
        ("test! look test", "validate"),
        ("edit test record", "consolidate"),
        ("edit test record!", "explore"),
        ("test record look", "consolidate"),
        ("record edit", "execute"),
        ("edit wait wait wait wait wait", "execute"),
    ],
)
def test_the_last_telling_actions_give_the_phase(history: str, phase: Phase) -> None:
    assert infer_phase(deeds(history)) == phase


def test_the_end_of_the_session_halts_whatever_was_going_on() -> None:
    assert infer_phase(deeds("edit test!"), ended=True) == "halt"


@pytest.mark.parametrize(
    ("since", "phase"),
    [
        ("", "validate"),
        ("look", "validate"),
        ("look test!", "escalate"),
        ("test! edit look", "escalate"),
        ("test! edit test", "validate"),
        ("test! other", "validate"),
    ],
)
def test_still_failing_after_the_escape_protocol_escalates(since: str, phase: Phase) -> None:
    assert infer_phase(deeds("edit test"), since_escape=deeds(since)) == phase


@given(histories, histories.filter(lambda steps: len(steps) >= WINDOW))
def test_no_phase_depends_on_more_than_the_last_steps(
    before: tuple[Step, ...], recent: tuple[Step, ...]
) -> None:
    assert infer_phase((*before, *recent)) == infer_phase(recent)
    assert infer_phase((), since_escape=(*before, *recent)) == infer_phase((), since_escape=recent)


@given(histories)
def test_looking_long_enough_always_leads_back_to_exploring(before: tuple[Step, ...]) -> None:
    looked = (*before, *deeds("look " * WINDOW))
    assert infer_phase(looked, since_escape=looked) == "explore"


@given(histories, st.sampled_from(["edit", "test", "record", "plan"]))
def test_one_action_that_went_well_is_enough_to_move_on(
    before: tuple[Step, ...], word: str
) -> None:
    moved = {"edit": "execute", "test": "validate", "record": "consolidate", "plan": "plan"}
    quiet = (*before, *deeds("look " * WINDOW), *deeds(word))
    assert infer_phase(quiet) == moved[word]
