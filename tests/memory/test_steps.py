"""What a call is for, and what its end taught."""

import pytest

from counsel.memory.steps import (
    Deed,
    OpenStep,
    Pattern,
    Prediction,
    Step,
    close_step,
    deed_of,
    open_step,
    surprise,
    unwrapped,
)
from counsel.model.actions import Action, ToolKind
from counsel.model.commands import parse_command
from counsel.model.events import ActionProposed
from counsel.model.ids import ActionId, EventId, SessionId, TraceId
from counsel.model.outcomes import Outcome, OutcomeStatus


def shell(command: str) -> Deed:
    return deed_of(Action(id=ActionId("a"), tool="Bash", kind="shell", command=command))


def opened(action: Action, p: float = 0.9, at_ms: int = 1_000) -> OpenStep:
    event = ActionProposed(
        id=EventId("e"),
        at_ms=at_ms,
        agent="x",
        session=SessionId("s"),
        trace=TraceId("t"),
        action=action,
    )
    return open_step(event, deed_of(action), "explore", Prediction(p=p))


def closed(
    action: Action,
    status: OutcomeStatus = "ok",
    *,
    output: str = "",
    error: str = "",
    seen: tuple[str, ...] = (),
    at_ms: int = 2_000,
) -> Step:
    outcome = Outcome(
        action_id=action.id, tool=action.tool, status=status, output=output, error=error
    )
    return close_step(opened(action), outcome, at_ms, seen)


READ = Action(id=ActionId("a"), tool="Read", kind="read", path="a.py", arguments='{"p":1}')
LOOK = Action(id=ActionId("a"), tool="Bash", kind="shell", command="ls")


@pytest.mark.parametrize(
    ("command", "purpose"),
    [
        ("go test ./...", "test"),
        ("cd x && timeout 60 go test ./... | tail", "test"),
        ("python -m pytest -q", "test"),
        ("npm run test:ci", "test"),
        ("bash -c 'make test'", "test"),
        ("mise run fmt && mise run lint", "lint"),
        ("npx eslint src", "lint"),
        ("golangci-lint run", "lint"),
        ("make", "build"),
        ("go build ./...", "build"),
        ("git add . && git commit -m 'run the test'", "record"),
        ("gh pr create --fill", "record"),
        ("sed -i s/a/b/ x.py", "edit"),
        ("sed -n 1,9p x.py", "look"),
        ("cd x && git log | head", "look"),
        ("gh pr view 3", "look"),
        ("npm install test-tools", "other"),
        ("./deploy.sh", "other"),
        ("sleep 5", "wait"),
        ("", "look"),
    ],
)
def test_a_shell_line_is_for_the_most_telling_thing_it_runs(command: str, purpose: str) -> None:
    assert shell(command).purpose == purpose


@pytest.mark.parametrize(
    ("command", "masked"),
    [
        ("go test", False),
        ("cd x && go test && echo done", False),
        ("go test | tail", True),
        ("go test; echo $?", True),
        ("go test || true", True),
        ("bash -c 'go test'", False),
        ("ls | tail", False),
    ],
)
def test_a_check_is_masked_when_its_exit_code_is_not_the_line_s(command: str, masked: bool) -> None:
    assert shell(command).masked is masked


def test_the_pattern_names_the_telling_program_not_the_scenery() -> None:
    assert shell("cd x && export A=1; go test ./... | tail -3").pattern == Pattern(
        kind="shell", program="go", subcommand="test"
    )


def test_a_line_that_tests_and_commits_is_known_for_both() -> None:
    assert shell("go test && git commit -m x") == Deed(
        pattern=Pattern(kind="shell", program="go", subcommand="test"),
        purpose="test",
        call=shell("go test && git commit -m x").call,
        commits=True,
    )


@pytest.mark.parametrize(
    ("kind", "tool", "purpose"),
    [
        ("read", "Read", "look"),
        ("write", "Write", "edit"),
        ("plan", "TodoWrite", "plan"),
        ("other", "write_stdin", "wait"),
        ("mcp", "mcp__a__b", "other"),
    ],
)
def test_other_tools_are_for_what_their_kind_is_for(
    kind: ToolKind, tool: str, purpose: str
) -> None:
    assert deed_of(Action(id=ActionId("a"), tool=tool, kind=kind)).purpose == purpose


def test_the_same_call_has_the_same_digest_and_another_has_not() -> None:
    assert shell("ls a").call == shell("ls a").call
    assert shell("ls a").call != shell("ls b").call


def test_an_edit_and_its_reversal_mirror_each_other() -> None:
    there = deed_of(Action(id=ActionId("a"), tool="E", kind="edit", old_text="x", new_text="y"))
    back = deed_of(Action(id=ActionId("b"), tool="E", kind="edit", old_text="y", new_text="x"))
    assert (there.before, there.after) == (back.after, back.before)
    assert there.before != there.after


def test_wrapped_commands_come_before_their_wrapper() -> None:
    line = unwrapped(parse_command("cd /x && timeout 9 sh -c 'ls; rm a b'"))
    assert [command.program for command in line] == ["cd", "ls", "rm", "sh"]
    assert [command.folder for command in line] == ["", "/x", "/x", "/x"]
    assert line[1].after == "&&"


def test_wrapping_is_followed_to_a_bounded_depth() -> None:
    line = "eval " * 50 + "ls"
    assert len(unwrapped(parse_command(line))) == 5


def test_a_failed_step_carries_its_signature_class_and_surprise() -> None:
    step = closed(READ, "failed", error="File does not exist.")
    assert (step.signature, step.failure_class) == ("Read|File does not exist.", "mistake")
    assert step.surprise == pytest.approx(0.9)
    assert (step.started_ms, step.ended_ms) == (1_000, 2_000)


def test_a_fine_step_has_no_signature() -> None:
    step = closed(READ, output="text")
    assert (step.signature, step.failure_class, step.failed) == ("", None, False)
    assert step.surprise == pytest.approx(0.1)


@pytest.mark.parametrize("status", ["denied", "interrupted", "cancelled", "running", "unknown"])
def test_an_end_that_is_neither_success_nor_failure_surprises_and_teaches_nothing(
    status: OutcomeStatus,
) -> None:
    step = closed(READ, status, output="new text")
    assert (step.surprise, step.evidence) == (0.0, False)


def test_an_output_seen_before_is_no_evidence_but_another_is() -> None:
    first = closed(LOOK, output="a b c")
    assert first.evidence
    assert not closed(LOOK, output="a b c", seen=first.findings).evidence
    assert closed(LOOK, output="a b d", seen=first.findings).evidence


def test_durations_and_addresses_do_not_make_an_output_new() -> None:
    first = closed(LOOK, output="FAIL 3 in 1.20s at 0xdeadbeef 10:11:12")
    again = closed(LOOK, output="FAIL 3 in 0.91s at 0xfeedbeef 10:12:33", seen=first.findings)
    fewer = closed(LOOK, output="FAIL 2 in 0.91s at 0xfeedbeef 10:12:33", seen=first.findings)
    assert (again.evidence, fewer.evidence) == (False, True)


def test_a_file_not_seen_before_is_evidence_even_with_a_known_output() -> None:
    first = closed(READ, output="same")
    other = Action(id=ActionId("b"), tool="Read", kind="read", path="b.py")
    assert closed(other, output="same", seen=first.findings).evidence


def test_a_silent_new_call_is_evidence_and_its_repetition_is_not() -> None:
    first = closed(LOOK)
    assert first.evidence
    assert not closed(LOOK, seen=first.findings).evidence


def test_time_never_runs_backwards() -> None:
    assert closed(LOOK, at_ms=5).ended_ms == 1_000


def test_surprise_is_the_distance_from_what_was_expected() -> None:
    assert [surprise(True, 0.25), surprise(False, 0.25), surprise(None, 0.25)] == [0.75, 0.25, 0.0]


def test_an_open_step_keeps_no_file_contents() -> None:
    write = Action(id=ActionId("a"), tool="Write", kind="write", path="a", content="x" * 9_000)
    assert opened(write).action.content is None
