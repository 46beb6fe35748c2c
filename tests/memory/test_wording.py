"""A lesson becomes one grammatical line whatever fields it lacks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.lesson import Condition, Evidence, Lesson
from counsel.memory.wording import (
    LONGEST,
    condition_text,
    evidence_line,
    lesson_text,
    text_quality,
)
from counsel.model.ids import LessonId

DAY = 86_400_000
NOW = 100 * DAY

ANYWHERE = Condition()


def lesson(
    *,
    condition: Condition = ANYWHERE,
    action: str = "",
    reason: str = "",
    failing: str = "",
    text: str = "",
) -> Lesson:
    return Lesson(
        id=LessonId("l"),
        kind="recovery",
        condition=condition,
        action=action,
        reason=reason,
        failing=failing,
        text=text,
    )


COMMIT = Condition(kind="shell", program="git", subcommand="commit")


@pytest.mark.parametrize(
    ("given_lesson", "expected"),
    [
        (
            lesson(condition=COMMIT, action="run ruff first.", reason="because CI lints."),
            "When running `git commit`: run ruff first because CI lints",
        ),
        (lesson(condition=COMMIT, action="run ruff"), "When running `git commit`: run ruff"),
        (lesson(action="run ruff", reason="CI lints"), "Run ruff because CI lints"),
        (
            lesson(condition=COMMIT, failing="no staged files"),
            "When running `git commit`: avoid what failed before: no staged files",
        ),
        (lesson(condition=COMMIT, reason="CI lints"), ""),
        (lesson(text="Run\n ruff.", action="ignored"), "Run ruff."),
        (lesson(), ""),
    ],
)
def test_a_lesson_is_worded(given_lesson: Lesson, expected: str) -> None:
    assert lesson_text(given_lesson) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(), ""),
        (Condition(kind="edit"), "editing files"),
        (
            Condition(kind="edit", path="*.py", phase="validate"),
            "editing `*.py` in the validate phase",
        ),
        (Condition(kind="search", path="src"), "searching on `src`"),
        (Condition(path="*.md"), "working on `*.md`"),
        (Condition(tool="Widget"), "using Widget"),
        (Condition(program="rg", flags=("-n",), path="src"), "running `rg -n` on `src`"),
        (Condition(words=("login", "form")), "it is about login, form"),
        (Condition(kind="fetch", words=("docs",)), "fetching with docs"),
    ],
)
def test_a_condition_is_worded(condition: Condition, expected: str) -> None:
    assert condition_text(condition) == expected


TEXTS = st.text(max_size=600)


@given(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)
def test_a_lesson_is_always_one_bounded_line_without_loose_ends(
    action: str, reason: str, failing: str, text: str, program: str
) -> None:
    line = lesson_text(
        lesson(
            condition=Condition(program=program),
            action=action,
            reason=reason,
            failing=failing,
            text=text,
        )
    )
    assert len(line) <= LONGEST
    assert line == " ".join(line.split())
    assert text.strip() or not line.endswith((" because", ":")) or line.endswith("…")


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (
            Evidence(seen=7, sessions=3, last_ms=NOW - 2 * DAY),
            "seen 7 times in 3 sessions, last 2 days ago",
        ),
        (Evidence(seen=1, sessions=1, last_ms=NOW - DAY), "seen once in 1 session, last 1 day ago"),
        (Evidence(seen=2, last_ms=NOW - 7_200_000), "seen 2 times, last 2 hours ago"),
        (Evidence(seen=2, last_ms=NOW + DAY), "seen 2 times, last just now"),
        (Evidence(seen=2), "seen 2 times"),
        (Evidence(passed=9), ""),
    ],
)
def test_evidence_in_short_form(evidence: Evidence, expected: str) -> None:
    assert evidence_line(evidence, NOW) == expected


@given(st.text())
def test_quality_is_a_share(text: str) -> None:
    assert 0.0 <= text_quality(text) <= 1.0


def test_each_virtue_of_a_text_adds_quality() -> None:
    texts = (
        "  ",
        "the build",
        "the build of the whole project",
        "run the build of the whole project",
        "run the build of the whole project before you leave",
        "run the build of the whole project before you leave because it breaks",
        "run `make` for the whole project before you leave because it breaks",
        "run `make` in `src/app.py` before you leave because it breaks",
    )
    qualities = [text_quality(text) for text in texts]
    assert qualities == pytest.approx([0.0, 0.0, 0.1, 0.4, 0.6, 0.8, 0.9, 1.0])
