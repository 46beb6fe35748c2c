"""Rules the user states are heard; tasks, questions and pasted text are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.lesson import Condition
from counsel.memory.preferences import (
    AUTO_SAVE_AT,
    LONGEST_TEXT,
    SUGGEST_AT,
    PreferenceDraft,
    denial_preference,
    importance,
    preferences_in,
)
from counsel.model.actions import Action
from counsel.model.ids import ActionId

RULE = "remember: always run ruff before committing because CI fails on lint errors"


AT_COMMIT = Condition(kind="shell", program="git", subcommand="commit")


def test_the_rule_of_the_design_is_saved_with_its_condition_and_reason() -> None:
    (draft,) = preferences_in(RULE)
    assert draft == PreferenceDraft(
        text="always run ruff before committing because CI fails on lint errors",
        condition=AT_COMMIT,
        reason="CI fails on lint errors",
        strength="always",
        score=draft.score,
    )
    assert importance(RULE) == draft.score >= AUTO_SAVE_AT


@pytest.mark.parametrize(
    ("text", "rule", "strength", "program"),
    [
        ("no, use rg instead of grep", "use rg instead of grep", "prefer", "grep"),
        ("please use pnpm instead of npm.", "use pnpm instead of npm", "prefer", "npm"),
        ("we use uv, not pip", "we use uv, not pip", "always", "pip"),
        ("Never force-push to main", "never force-push to main", "never", "git"),
        ("From now on, write tests for it", "write tests for it", "always", ""),
        ("I prefer small commits", "prefer small commits", "prefer", "git"),
        (
            "Don't ever commit without asking me",
            "don't ever commit without asking me",
            "never",
            "git",
        ),
        (
            "can you update CLAUDE.md that we should always run `make fmt` with `make lint`",
            "always run `make fmt` with `make lint`",
            "always",
            "make",
        ),
    ],
)
def test_a_rule_is_heard(text: str, rule: str, strength: str, program: str) -> None:
    (draft,) = preferences_in(text)
    assert (draft.text, draft.strength, draft.condition.program) == (rule, strength, program)
    assert draft.score >= SUGGEST_AT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "add a login page",
        "don't touch that for now",
        "don't commit yet",
        "make sure the tests pass",
        "should we always use the strong type instead of string?",
        "it should never try to create a branch",
        "Always returns true at the end of the loop",
        "use the new parser here instead of the old one",
        "Note: the function always wins over the method",
        "keep in mind that a human could have changed it before the commit",
        "> always run ruff before committing",
        "look at this:\n```\nremember: always run ruff before committing\n```",
        'it printed "remember: always run ruff before committing" twice',
        "Implement the following plan:\nremember: always run ruff before committing",
        "You are the coordinator. Always use workers instead of the main checkout.",
        RULE + "\n" + "x" * LONGEST_TEXT,
        "\n".join([RULE] * 20),
    ],
)
def test_what_is_not_a_rule_is_not_heard(text: str) -> None:
    assert preferences_in(text) == ()
    assert importance(text) < SUGGEST_AT


def test_only_the_sentence_with_the_rule_is_taken() -> None:
    drafts = preferences_in(
        "Fix the parser. Also, never use pip here in CI. Thanks a lot!\nPush it."
    )
    assert drafts == ()
    drafts = preferences_in("Fix the parser. Also, never use pip in CI. Thanks a lot!")
    assert [draft.text for draft in drafts] == ["never use pip in CI"]


def test_the_threshold_is_an_argument() -> None:
    assert preferences_in(RULE, suggest_at=1.01) == ()
    assert len(preferences_in("don't add emojis", suggest_at=0.4)) == 1


COMMIT = Action(id=ActionId("a"), tool="Bash", kind="shell", command="cd x && git commit -m hi")


def test_a_refusal_of_something_nobody_asked_for_becomes_a_rule() -> None:
    draft = denial_preference(COMMIT, "no, I did not say commit anything")
    assert draft is not None
    assert (draft.text, draft.strength) == ("do not commit unless the user asked for it", "never")
    assert draft.condition == AT_COMMIT


def test_the_refused_action_lends_its_condition_to_words_that_name_none() -> None:
    draft = denial_preference(COMMIT, "don't do such a thing without asking me")
    assert draft is not None
    assert draft.condition == AT_COMMIT


@pytest.mark.parametrize(
    "words", ["", "why would the hash be empty?", "don't check this in", "let's cut a branch first"]
)
def test_a_refusal_of_one_call_is_no_rule(words: str) -> None:
    assert denial_preference(COMMIT, words) is None


@pytest.mark.parametrize("text", ["don't amend commits", "stop adding comments", RULE])
def test_words_that_come_with_a_refusal_weigh_more(text: str) -> None:
    assert importance(text, after_refusal=True) > importance(text)


@given(
    st.text()
    | st.sampled_from(["always ", "never use", "no, ", "remember: ", "`x`", "?"]).map(
        lambda piece: piece * 5
    )
)
def test_importance_is_a_share_and_agrees_with_what_is_extracted(text: str) -> None:
    scores = [draft.score for draft in preferences_in(text, suggest_at=0.01)]
    assert 0.0 <= importance(text) <= 1.0
    assert max(scores, default=0.0) == importance(text)
