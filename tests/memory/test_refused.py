"""The word of the call that its error complains about."""

import pytest

from counsel.memory.refused import refused_word
from counsel.model.actions import Action
from counsel.model.ids import ActionId


@pytest.mark.parametrize(
    ("command", "error", "word"),
    [
        ("x --foo y", "unknown flag: --foo", "--foo"),
        ("x --foo y", "error: unknown option --foo", "--foo"),
        ("x --foo y", "error: unknown option '--foo'", "--foo"),
        ("x --foo y", "error: unexpected argument '--foo' found", "--foo"),
        ("x --foo=3", "unrecognized arguments: --foo=3", "--foo=3"),
        ("ls -Q", "ls: illegal option -- Q", "-Q"),
        ("gh pr view --json foo,bar", 'Unknown JSON field: "foo"', "foo"),
        ("git frob", "git: 'frob' is not a git command", "frob"),
        ("cat a.txt", "cat: a.txt: No such file or directory", "a.txt"),
        ("frob", "zsh: command not found: frob", "frob"),
        ("x --foo", "something else went wrong", None),
        ("x --foo", "unknown flag: --bar", None),
        ("cat the", "no such file: the", None),
        ("x --foo", "", None),
    ],
)
def test_the_refused_word(command: str, error: str, word: str | None) -> None:
    action = Action(id=ActionId("a"), tool="Bash", kind="shell", command=command)
    assert refused_word(action, error) == word
