"""When rules of packs apply."""

import time

import pytest
from msgspec import Struct

from counsel.advice.sources.triggers import Trigger, TriggerIndex, specificity
from counsel.model.actions import Action, ToolKind
from counsel.model.errors import BadInput
from counsel.model.ids import ActionId

from .samples import query, shell


class Named(Struct, frozen=True):
    when: Trigger
    id: str = "r"


def applies(when: Trigger, action: Action, *, prompt: str = "", platform: str = "linux") -> bool:
    index = TriggerIndex([Named(when)])
    return bool(list(index.matching(query(action, prompt=prompt, platform=platform))))


def on_path(path: str, kind: ToolKind = "edit") -> Action:
    return Action(id=ActionId("call"), tool="Edit", kind=kind, path=path)


@pytest.mark.parametrize(
    ("when", "command", "expected"),
    [
        (Trigger(program=("git",), subcommand=("push",)), "git push", True),
        (Trigger(program=("git",), subcommand=("push",)), "cd x && git push || true", True),
        (Trigger(program=("git",), subcommand=("push",)), "git pull", False),
        (Trigger(program=("git",), subcommand=("push",)), "echo git push", False),
        (Trigger(program=("gh",), subcommand=("pr",)), "gh pr create", True),
        (Trigger(program=("gh",), subcommand=("pr create",)), "gh pr", False),
        (Trigger(program=("gh",), subcommand=("p",)), "gh pr create", False),
        (Trigger(program=("rm",), flags=("-r", "-f")), "rm -rf x", True),
        (Trigger(program=("rm",), flags=("-r", "-f")), "rm -r x", False),
        (Trigger(program=("find",), flags=("-n",)), "find . -newer x", False),
        (Trigger(program=("rm",), any_flag=("-f", "--force")), "rm --force x", True),
        (Trigger(program=("rm",), any_flag=("-f", "--force")), "rm -r x", False),
        (Trigger(program=("git",), subcommand=("commit",), without=("-m",)), "git commit", True),
        (
            Trigger(program=("git",), subcommand=("commit",), without=("-m",)),
            "git commit -am x",
            False,
        ),
        (
            Trigger(program=("git",), subcommand=("commit",), without=("-m",)),
            "git commit -m'a fix'",
            False,
        ),
        (Trigger(program=("grep",), operand=r"\\d"), r"grep '\d' f", True),
        (Trigger(program=("grep",), operand=r"\\d"), "grep d f", False),
        (Trigger(program=("find",), glob_after=("-name",)), "find . -name *.py", True),
        (Trigger(program=("find",), glob_after=("-name",)), "find . -name '*.py'", False),
        (Trigger(program=("find",), glob_after=("-name",)), "find ./a*/ -name x", False),
        (Trigger(program=("pip",), glob=r"\*"), "pip install ./a*.whl", True),
        (Trigger(program=("pip",), glob=r"\*"), "pip install './a*.whl'", False),
        (Trigger(program=("echo",), line=r"\bsudo\b"), "sudo echo x", True),
        (Trigger(program=("echo",), line=r"\bsudo\b"), "echo x", False),
        (Trigger(program=("ls",), line="ls", unless="-1"), "ls -1", False),
        (Trigger(program=("ls",), line="ls", unless="-1"), "ls -l", True),
    ],
)
def test_conditions_on_commands(when: Trigger, command: str, expected: bool) -> None:
    assert applies(when, shell(command)) is expected


def test_conditions_hold_for_one_and_the_same_command() -> None:
    when = Trigger(program=("git",), subcommand=("push",), flags=("--force",))
    assert not applies(when, shell("git push && git add --force x"))


def test_a_call_in_the_background_is_not_waited_for() -> None:
    when = Trigger(program=("tail",), any_flag=("-f",), foreground=True)
    assert applies(when, shell("tail -f log"))
    assert not applies(when, shell("tail -f log", background=True))
    assert not applies(when, shell("tail -f log &"))


def test_a_rule_of_a_platform_is_silent_where_the_platform_is_not_known() -> None:
    when = Trigger(program=("grep",), flags=("-P",), platform="darwin")
    found = [applies(when, shell("grep -P x"), platform=on) for on in ("darwin", "linux", "")]
    assert found == [True, False, False]


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("**/uv.lock", "uv.lock", True),
        ("**/uv.lock", "/app/uv.lock", True),
        ("**/uv.lock", "sub/uv.lock", True),
        ("**/uv.lock", "/app/my-uv.lock", False),
        ("**/*.min.js", "/app/a.min.js", True),
        ("**/*.min.js", "/app/a.js", False),
        ("**/site-packages/**", "/v/site-packages/a/b.py", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "test/a.py", False),
    ],
)
def test_conditions_on_paths(glob: str, path: str, expected: bool) -> None:
    assert applies(Trigger(path=(glob,), kind="edit"), on_path(path)) is expected
    assert not applies(Trigger(path=(glob,), kind="edit"), on_path(path, "read"))


def test_all_words_must_be_in_the_prompt_or_in_the_call() -> None:
    when = Trigger(words=("deploy", "staging"))
    assert applies(when, shell("make deploy"), prompt="to Staging, please")
    assert not applies(when, shell("make deploy"), prompt="stagings")


def test_a_pattern_is_that_of_a_search() -> None:
    when = Trigger(kind="search", pattern=r"\\\|")
    search = Action(id=ActionId("c"), tool="Grep", kind="search", pattern=r"a\|b")
    assert applies(when, search)
    assert not applies(when, shell(r"grep 'a\|b' f"))


@pytest.mark.parametrize(
    "when",
    [
        Trigger(program=("git",)),
        Trigger(program=("git",), kind="shell", without=("-m",), platform="linux"),
        Trigger(kind="shell"),
        Trigger(line="rm"),
        Trigger(program=("git",), line="("),
    ],
)
def test_a_rule_that_would_be_noise_or_never_found_is_refused(when: Trigger) -> None:
    with pytest.raises(BadInput, match="rule 'r'"):
        TriggerIndex([Named(when)])


def test_a_rule_is_found_once_however_often_it_matches() -> None:
    index = TriggerIndex([Named(Trigger(program=("rm", "mv"), any_flag=("-f",)))])
    assert len(list(index.matching(query(shell("rm -f a; rm -f b; mv -f c d"))))) == 1


def test_the_more_had_to_match_the_more_relevant() -> None:
    by_precision = [
        Trigger(program=("git",), subcommand=("push",)),
        Trigger(program=("git",), subcommand=("push",), flags=("-f",)),
        Trigger(program=("git",), subcommand=("push",), flags=("-f",), operand="main"),
    ]
    assert [round(specificity(when), 2) for when in by_precision] == [0.5, 0.75, 0.95]


def _seconds_per_lookup(rules: int) -> float:
    index = TriggerIndex(
        Named(Trigger(program=(f"tool{n}",), any_flag=("-x",)), f"r{n}") for n in range(rules)
    )
    call = query(shell("tool7 -x a"))
    best = 1.0
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(50):
            assert len(list(index.matching(call))) == 1
        best = min(best, (time.perf_counter() - start) / 50)
    return best


def test_a_lookup_costs_the_same_with_a_hundred_times_the_rules() -> None:
    assert _seconds_per_lookup(5_000) < 5 * _seconds_per_lookup(50)
