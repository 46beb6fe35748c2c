"""Error texts without what is incidental, after the rule of the session datasets' README."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.signature import LENGTH, REFUSAL, same_failure, signature


@pytest.mark.parametrize(
    ("tool", "error", "expected"),
    [
        ("Read", "File does not exist.", "Read|File does not exist."),
        ("Bash", "Exit code 1\nunknown flag: --stat", "Bash|unknown flag: --stat"),
        ("Bash", "\x1b[31merror\x1b[0m: bad", "Bash|error: bad"),
        ("Bash", "cat: /a/b/c.txt: No such file", "Bash|cat: #: No such file"),
        ("Bash", "cat: src/x.py: No such file", "Bash|cat: #: No such file"),
        ("Bash", "cannot find 'foo bar' in \"it\" or `that`", "Bash|cannot find # in # or #"),
        ("Bash", "object deadbeef1234567 is missing", "Bash|object # is missing"),
        ("Bash", "the word defaced stays", "Bash|the word defaced stays"),
        ("Bash", "line 3, column 14", "Bash|line #, column #"),
        ("Bash", "a \n\n  b\t c", "Bash|a b c"),
        ("Bash", "", "Bash|"),
        ("Bash", "x " * 200, "Bash|" + ("x " * 80).strip()),
    ],
)
def test_the_rule(tool: str, error: str, expected: str) -> None:
    assert signature(tool, error) == expected


@given(st.text(), st.text())
def test_a_signature_is_short_and_on_one_line(tool: str, error: str) -> None:
    text = signature(tool, error)
    assert len(text) <= len(tool) + 1 + LENGTH
    assert "\n" not in text[len(tool) :]


SIGNATURES = st.builds(
    lambda tool, text: f"{tool}|{text}",
    st.sampled_from(["Bash", "Edit"]),
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            ["error: unknown flag", "error: unknown flag: --x", f"The user {REFUSAL}."]
        ),
    ),
)


@given(SIGNATURES, SIGNATURES)
def test_sameness_is_symmetric_and_reflexive(one: str, other: str) -> None:
    assert same_failure(one, other) is same_failure(other, one)
    assert same_failure(one, one)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Bash|error: unknown flag", "Bash|error: unknown flag: --x and more", True),
        ("Bash|error: unknown flag", "Edit|error: unknown flag: --x and more", False),
        ("Bash|error", "Bash|error: unknown flag", False),
        ("Bash|", "Bash|error: unknown flag", False),
        (f"Bash|The user {REFUSAL}.", f"Edit|the human {REFUSAL} now", True),
    ],
)
def test_what_is_the_same_failure(one: str, other: str, same: bool) -> None:
    assert same_failure(one, other) is same
