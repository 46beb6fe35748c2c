"""Command lines that no shell, or no such program, can run."""

import pytest

from counsel.advice.sources.check import Check
from counsel.advice.sources.shell_checks import foreseen_in
from counsel.memory.facts import Facts
from counsel.memory.world import RememberedWorld
from counsel.model.actions import Action
from counsel.model.commands import parse_command
from counsel.model.ids import ActionId


def rules(line: str) -> list[str]:
    action = Action(id=ActionId("a"), tool="Bash", kind="shell", command=line)
    check = Check(
        action=action,
        commands=parse_command(line),
        facts=Facts(),
        world=RememberedWorld(),
        now_ms=0,
    )
    return [one.rule for one in foreseen_in(check)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("echo 'never closed", "broken_quoting"),
        ("cat src/routes/$id.tsx", "unset_variable"),
        ("rg 'a\\nb' src", "rg_newline"),
        ("rg '-x|-y' src", "rg_dash"),
    ],
)
def test_what_cannot_run_is_foreseen(line: str, rule: str) -> None:
    assert rules(line) == [rule]


@pytest.mark.parametrize(
    "line",
    [
        "echo 'closed'",
        "echo 'the dataset cut this…",
        "cat 'src/routes/$id.tsx'",
        "id=3; cat src/$id.tsx",
        "cat $HOME/x",
        "rg -U 'a\\nb' src",
        "rg 'a\\\\nb' src",
        "rg -F 'a\\nb' src",
        "rg -e '-x|-y' src",
        "rg -- '-x|-y' src",
        "rg --glob='!a b' x",
        "grep 'a\\nb' src",
    ],
)
def test_what_can_run_is_left_alone(line: str) -> None:
    assert rules(line) == []
