"""What is said, how loudly, and why the rest is not."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.advice.gate import (
    Reason,
    Shown,
    asks,
    authority_of,
    evaluate,
    loudest,
    remember,
    withdraw,
)
from counsel.advice.rank import Ranked
from counsel.control.tuneables import tuneables
from counsel.model.advice import Authority, Considered, SourceName

from .samples import DEFAULTS, NOW_MS, candidate, ranked, situation

NOTHING = Shown()


def became(considered: tuple[Considered, ...]) -> dict[str, str]:
    return {item.candidate.id: item.reason for item in considered}


@pytest.mark.parametrize(
    ("score", "plain", "caution", "backed"),
    [
        (0.95, "note", "warning", "block"),
        (0.94, "note", "warning", "warning"),
        (0.80, "note", "warning", "warning"),
        (0.79, "note", "note", "note"),
        (0.48, "note", "note", "note"),
        (0.47, "whisper", "whisper", "whisper"),
        (0.27, "whisper", "whisper", "whisper"),
        (0.26, "silent", "silent", "silent"),
    ],
)
def test_authority_comes_from_the_score(
    score: float, plain: Authority, caution: Authority, backed: Authority
) -> None:
    assert authority_of(candidate(), score, DEFAULTS) == plain
    assert authority_of(candidate(policy=True), score, DEFAULTS) == plain
    assert authority_of(candidate(caution=True), score, DEFAULTS) == caution
    assert authority_of(candidate(caution=True, policy=True), score, DEFAULTS) == backed


def test_only_a_block_that_is_shown_asks() -> None:
    block = evaluate([ranked(0.97, caution=True, policy=True)], situation(), NOTHING, DEFAULTS)
    warning = evaluate([ranked(0.97, caution=True)], situation(), NOTHING, DEFAULTS)
    assert (asks(block), asks(warning), asks(withdraw(block, {"chip:a": "unsafe"}))) == (
        True,
        False,
        False,
    )


def test_the_authority_of_an_answer_is_that_of_what_is_shown() -> None:
    said = Shown(items={"chip:w": NOW_MS})
    items = [ranked(0.9, "chip:w", caution=True), ranked(0.6, "chip:n"), ranked(0.3, "chip:s")]
    considered = evaluate(items, situation(), said, DEFAULTS)
    assert [item.candidate.id for item in considered] == ["chip:n", "chip:s", "chip:w"]
    assert loudest(considered) == "note"
    assert loudest(withdraw(considered, {"chip:n": "no_room"})) == "whisper"
    assert loudest(()) == "silent"


def test_a_shown_item_carries_score_authority_and_reason() -> None:
    one = ranked(0.6)
    assert evaluate([one], situation(), NOTHING, DEFAULTS) == (
        Considered(
            candidate=one.candidate, score=0.6, authority="note", shown=True, reason="shown"
        ),
    )


def test_an_item_is_not_said_again_within_the_time_of_its_source() -> None:
    said = Shown(items={"bank:a": NOW_MS - 252_000 + 1, "bank:b": NOW_MS - 252_000})
    considered = evaluate(
        [ranked(0.6, "bank:a", "bank"), ranked(0.6, "bank:b", "bank")],
        situation(),
        said,
        DEFAULTS,
    )
    assert became(considered) == {"bank:a": "already_shown", "bank:b": "shown"}


def test_after_advice_a_tool_rests_for_its_own_time() -> None:
    spoke = Shown(kinds={"edit": NOW_MS - 17_999, "shell": NOW_MS - 10_000})
    edit = evaluate([ranked(0.6)], situation(kind="edit"), spoke, DEFAULTS)
    shell = evaluate([ranked(0.6)], situation(kind="shell"), spoke, DEFAULTS)
    read = evaluate([ranked(0.6)], situation(kind="read"), spoke, DEFAULTS)
    assert [item.reason for item in edit + shell + read] == ["tool_cooldown", "shown", "shown"]


@pytest.mark.parametrize("source", ["preflight", "replay"])
def test_advice_about_this_very_call_passes_the_cooldown_but_not_its_own_repetition(
    source: SourceName,
) -> None:
    said = Shown(items={"unread:/a": NOW_MS - 1_000}, kinds={"edit": NOW_MS - 1_000})
    considered = evaluate(
        [
            ranked(0.9, "unread:/a", source, caution=True),
            ranked(0.9, "unread:/b", source, caution=True),
            ranked(0.6, "chip:c"),
        ],
        situation(kind="edit"),
        said,
        DEFAULTS,
    )
    assert became(considered) == {
        "unread:/a": "already_shown",
        "unread:/b": "shown",
        "chip:c": "tool_cooldown",
    }


def test_a_block_is_never_silenced() -> None:
    block = ranked(0.97, "chip:a", caution=True, policy=True)
    silencing = situation(
        already_done=frozenset({"chip:a"}),
        noisy={"chip:a": 9},
        muted=frozenset({"chip"}),
        holdout_key=b"k",
    )
    said = Shown(items={"chip:a": NOW_MS}, kinds={"shell": NOW_MS})
    none_allowed = tuneables(
        {"advisory_gate.max_emit_per_call": 0, "advisory_gate.max_emit_extended": 0}
    )
    assert became(evaluate([block], silencing, said, none_allowed)) == {"chip:a": "shown"}


def test_each_filter_leaves_its_reason() -> None:
    considered = evaluate(
        [
            ranked(0.9, "bank:muted", "bank"),
            ranked(0.7, "chip:noisy"),
            ranked(0.2, "chip:low"),
            ranked(0.7, "chip:done"),
            ranked(0.6, "chip:said"),
            ranked(0.5, "chip:twice", text="Do  CHIP:SAID."),
        ],
        situation(
            muted=frozenset({"bank"}),
            noisy={"chip:noisy": 1},
            already_done=frozenset({"chip:done"}),
        ),
        NOTHING,
        DEFAULTS,
    )
    assert became(considered) == {
        "bank:muted": "muted_source",
        "chip:noisy": "noisy",
        "chip:low": "low_score",
        "chip:done": "obvious",
        "chip:said": "shown",
        "chip:twice": "duplicate",
    }


def test_how_many_marks_make_an_item_noisy_is_a_tuneable() -> None:
    patient = tuneables({"advisory_gate.noisy_marks": 3})
    for marks, reason in ((2, "shown"), (3, "noisy")):
        moment = situation(noisy={"chip:a": marks})
        assert became(evaluate([ranked(0.6)], moment, NOTHING, patient)) == {"chip:a": reason}


def shown_of(scores: list[float], *, caution: bool = False) -> int:
    items = [ranked(score, f"chip:{n}", caution=caution) for n, score in enumerate(scores)]
    considered = evaluate(items, situation(), NOTHING, DEFAULTS)
    assert {item.reason for item in considered} <= {"shown", "budget"}
    return sum(item.shown for item in considered)


def test_two_items_are_said_before_a_call() -> None:
    assert shown_of([0.70, 0.70, 0.70, 0.70, 0.70]) == 2


def test_four_are_said_when_a_warning_is_among_them() -> None:
    assert shown_of([0.81, 0.50, 0.50, 0.50, 0.50], caution=True) == 4
    assert shown_of([0.81, 0.50, 0.50, 0.50, 0.50]) == 2


def test_four_are_said_when_the_best_two_are_strong() -> None:
    assert shown_of([0.75, 0.60, 0.50, 0.50, 0.50]) == 4
    assert shown_of([0.75, 0.59, 0.50, 0.50, 0.50]) == 2
    assert shown_of([0.74, 0.74, 0.50, 0.50, 0.50]) == 2


def test_a_warning_comes_before_a_better_note_and_takes_its_place() -> None:
    strict = tuneables({"advisory_gate.max_emit_extended": 2})
    considered = evaluate(
        [ranked(0.94, "chip:x"), ranked(0.93, "chip:y"), ranked(0.81, "chip:w", caution=True)],
        situation(),
        NOTHING,
        strict,
    )
    assert [(item.candidate.id, item.reason) for item in considered] == [
        ("chip:w", "shown"),
        ("chip:x", "shown"),
        ("chip:y", "budget"),
    ]


@pytest.mark.parametrize(
    ("sources", "raised"),
    [
        (("chip", "mind"), 0.05),
        (("chip", "mind", "bank"), 0.10),
        (("chip", "trigger"), 0.0),
        (("cognitive", "distillation", "replay"), 0.0),
        (("chip",), 0.0),
    ],
)
def test_only_independent_sources_confirm_each_other(
    sources: tuple[SourceName, ...], raised: float
) -> None:
    items = [ranked(0.5, f"{one}:a", one, signature="Bash|no such file") for one in sources]
    scores = [item.score for item in evaluate(items, situation(), NOTHING, DEFAULTS)]
    assert scores == [pytest.approx(0.5 + raised)] * len(sources)


def test_one_lesson_from_two_sources_is_one_witness() -> None:
    items = [
        ranked(0.5, "chip:a", "chip", signature="Bash|x", lesson="l1"),
        ranked(0.5, "mind:a", "mind", signature="Bash|x", lesson="l1"),
    ]
    assert {item.score for item in evaluate(items, situation(), NOTHING, DEFAULTS)} == {0.5}


def test_a_source_too_unsure_to_speak_confirms_nothing() -> None:
    items = [
        ranked(0.5, "chip:a", "chip", signature="Bash|x"),
        ranked(0.24, "preflight:a", "preflight", signature="Bash|x"),
    ]
    considered = evaluate(items, situation(), NOTHING, DEFAULTS)
    assert [item.score for item in considered if item.shown] == [0.5]


def test_agreement_can_make_a_warning_of_a_note() -> None:
    items = [
        ranked(0.78, "chip:a", "chip", signature="Bash|x", caution=True),
        ranked(0.50, "bank:a", "bank", signature="Bash|x"),
    ]
    authorities = [item.authority for item in evaluate(items, situation(), NOTHING, DEFAULTS)]
    assert authorities == ["warning", "note"]


def test_phase_and_category_multiply_the_score() -> None:
    turned = tuneables({"phase_factor.diagnose": 1.2, "category_factor.playbook": 0.5})
    one = ranked(0.5, category="playbook")
    factors = {
        phase: evaluate([one], situation(phase=phase), NOTHING, turned)[0].score
        for phase in ("diagnose", "execute", "", "no such phase")
    }
    assert factors == {
        "diagnose": pytest.approx(0.3),
        "execute": 0.25,
        "": 0.25,
        "no such phase": 0.25,
    }


def test_an_unknown_category_changes_nothing() -> None:
    one = ranked(0.5, category="__class__")
    assert evaluate([one], situation(), NOTHING, DEFAULTS)[0].score == 0.5


def test_notes_and_whispers_are_held_out_but_never_warnings() -> None:
    everything = tuneables({"holdout.share": 1.0})
    considered = evaluate(
        [
            ranked(0.9, "chip:w", caution=True),
            ranked(0.6, "chip:n"),
            ranked(0.3, "chip:s"),
            ranked(0.1, "chip:low"),
        ],
        situation(holdout_key=b"key"),
        NOTHING,
        everything,
    )
    assert became(considered) == {
        "chip:w": "shown",
        "chip:n": "held_out",
        "chip:s": "held_out",
        "chip:low": "low_score",
    }


def test_without_a_key_nothing_is_held_out() -> None:
    everything = tuneables({"holdout.share": 1.0})
    assert became(evaluate([ranked(0.6)], situation(), NOTHING, everything)) == {"chip:a": "shown"}


def test_what_is_held_out_passed_everything_else_and_keeps_its_place_in_the_budget() -> None:
    everything = tuneables({"holdout.share": 1.0})
    items = [ranked(0.6, f"chip:{n}") for n in range(3)]
    considered = evaluate(items, situation(holdout_key=b"key"), NOTHING, everything)
    assert became(considered) == {"chip:0": "held_out", "chip:1": "held_out", "chip:2": "budget"}


def test_what_was_said_or_held_out_is_remembered_and_only_speech_starts_a_cooldown() -> None:
    considered = withdraw(
        evaluate([ranked(0.6, "chip:a"), ranked(0.6, "chip:b")], situation(), NOTHING, DEFAULTS),
        {"chip:b": "held_out"},
    )
    said = remember(NOTHING, considered, "shell", NOW_MS, DEFAULTS)
    assert said == Shown(items={"chip:a": NOW_MS, "chip:b": NOW_MS}, kinds={"shell": NOW_MS})
    only_held = withdraw(considered, {"chip:a": "held_out"})
    assert remember(NOTHING, only_held, "shell", NOW_MS, DEFAULTS).kinds == {}


def test_silence_changes_nothing_that_is_remembered() -> None:
    before = Shown(items={"chip:a": 1}, kinds={"shell": 1})
    considered = evaluate([ranked(0.1)], situation(), before, DEFAULTS)
    assert remember(before, considered, "shell", NOW_MS, DEFAULTS) is before


def test_what_no_filter_can_ask_for_any_more_is_forgotten() -> None:
    before = Shown(items={"chip:old": NOW_MS - 420_000, "chip:new": NOW_MS - 419_999})
    considered = evaluate([ranked(0.6)], situation(), before, DEFAULTS)
    said = remember(before, considered, "shell", NOW_MS, DEFAULTS)
    assert set(said.items) == {"chip:new", "chip:a"}


def test_only_what_was_shown_can_be_withdrawn() -> None:
    items = [ranked(0.6, "chip:a"), ranked(0.1, "chip:low")]
    considered = evaluate(items, situation(), NOTHING, DEFAULTS)
    taken = withdraw(considered, {"chip:a": "no_room", "chip:low": "no_room"})
    assert became(taken) == {"chip:a": "no_room", "chip:low": "low_score"}
    assert not any(item.shown for item in taken)


ITEMS = st.lists(
    st.builds(
        ranked,
        st.floats(0, 1),
        st.sampled_from([f"x:{n}" for n in range(12)]),
        st.sampled_from(get_args(SourceName)),
        signature=st.sampled_from(["", "Bash|x", "Bash|y"]),
        caution=st.booleans(),
        policy=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda one: one.candidate.id,
)


@given(ITEMS, st.booleans(), st.integers(0, 400_000))
def test_every_candidate_is_accounted_for_and_the_budget_holds(
    items: list[Ranked], hold: bool, ago: int
) -> None:
    said = Shown(items={"x:1": NOW_MS - ago}, kinds={"shell": NOW_MS - ago})
    moment = situation(holdout_key=b"key" if hold else None)
    considered = evaluate(items, moment, said, DEFAULTS)
    assert sorted(item.candidate.id for item in considered) == sorted(
        one.candidate.id for one in items
    )
    assert {item.reason for item in considered} <= set(get_args(Reason))
    assert all(item.shown == (item.reason == "shown") for item in considered)
    loud = ("block", "warning")
    assert all(item.candidate.caution for item in considered if item.authority in loud)
    assert not any(item.reason == "held_out" and item.authority in loud for item in considered)
    shown = [item for item in considered if item.shown and item.authority != "block"]
    assert len(shown) <= 4 and all(item.authority != "silent" for item in shown)
    assert all(item.candidate.backed_by_policy for item in considered if item.authority == "block")
