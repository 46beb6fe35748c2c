"""Noise is named; lessons that merely mention a tool, a number or an error are not noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.noise import noise_reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("Read -> Edit -> Bash", "tool_sequence"),
        ("Sequence: read then edit", "tool_sequence"),
        ("used Bash 14 times", "tool_sequence"),
        ("Edit succeeded", "tool_sequence"),
        ("success rate is 93 over the week", "statistics"),
        ("Bash: 95% success", "statistics"),
        ("avg: 12", "statistics"),
        ('{"type":"overloaded_error"}', "api_error"),
        ("API Error: 529 please try later", "api_error"),
        ("429 too many requests", "api_error"),
        ("2026-01-05T10:00:00 started worker", "telemetry"),
        ("a=1, b=2, c=3", "telemetry"),
        ("latency: 12 ms", "telemetry"),
        ("Certainly! The file is fixed", "boilerplate"),
        ("This session is being continued from a previous conversation", "boilerplate"),
        ("The user asked to fix the tests", "boilerplate"),
        ("Always be careful", "platitude"),
        ("follow best practices", "platitude"),
        ("=== 123 456 --- 789 ab", "not_prose"),
    ],
)
def test_noise_is_named(text: str, reason: str) -> None:
    assert noise_reason(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        "Read the file before Edit, otherwise the edit is refused",
        "When the API answers 429, wait as long as Retry-After says",
        "pytest -n auto is 3 times faster than pytest",
        "always run ruff before committing because CI fails on lint errors",
        "be careful with `git rebase`: the hooks amend commits in `.githooks`",
        "rg",
    ],
)
def test_a_lesson_is_not_noise(text: str) -> None:
    assert noise_reason(text) is None


@given(st.text())
def test_spaces_around_do_not_matter(text: str) -> None:
    assert noise_reason(f"  {text.strip()[:500]}\n") == noise_reason(text.strip()[:500])
