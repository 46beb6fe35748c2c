"""Which words of a command are paths that it reads."""

import pytest

from counsel.memory.operands import needed_paths
from counsel.model.commands import parse_command


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("cat a b", ("a", "b")),
        ("head -n 5 a", ("a",)),
        ("sed -n 1p a", ("a",)),
        ("sed -e s/a/b/ a", ("a",)),
        ("grep -A 3 needle a b", ("a", "b")),
        ("rg needle", ()),
        ("rg -g '*.py' needle src", ("src",)),
        ("cd a", ("a",)),
        ("python script.py arg", ("script.py",)),
        ("python -m pytest tests", ()),
        ("bash -c 'cat a'", ()),
        ("git -C sub log", ("sub",)),
        ("git log", ()),
        ("./run.sh a", ("./run.sh",)),
        ("cat $A *.py /dev/null -", ()),
        ("wc -l < a", ()),
        ("rm a", ()),
    ],
)
def test_what_must_exist(line: str, paths: tuple[str, ...]) -> None:
    assert needed_paths(parse_command(line)[0]) == paths
