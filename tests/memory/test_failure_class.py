"""Mistake, refusal, signal or other: a table of what tools say."""

import pytest

from counsel.memory.failure_class import class_of
from counsel.model.actions import Action, ToolKind
from counsel.model.ids import ActionId
from counsel.model.outcomes import Outcome, OutcomeStatus

_KINDS: dict[str, ToolKind] = {"Bash": "shell", "Edit": "edit", "Read": "read", "Grep": "search"}


def failed(
    tool: str,
    command: str | None,
    error: str | None,
    *,
    status: OutcomeStatus = "failed",
    exit_code: int | None = None,
    by_agent: bool = False,
) -> str | None:
    kind = _KINDS.get(tool, "other")
    action = Action(id=ActionId("a"), tool=tool, kind=kind, command=command)
    outcome = Outcome(
        action_id=action.id,
        tool=tool,
        status=status,
        error=error,
        exit_code=exit_code,
        rejected_by_agent=by_agent,
    )
    return class_of(action, outcome)


MISTAKES = [
    ("Read", None, "File does not exist."),
    ("Read", None, "EISDIR: illegal operation on a directory, read"),
    ("Edit", None, "File has not been read yet. Read it first before writing to it."),
    ("Edit", None, "File has been modified since read, either by the user or by a linter."),
    ("Edit", None, "String to replace not found in file.\nString: foo"),
    ("Edit", None, "Found 3 matches of the string to replace, but replace_all is false."),
    ("Edit", None, "No changes to make: old_string and new_string are exactly the same."),
    ("Grep", None, "regex parse error: unclosed group"),
    ("Skill", None, "Unknown skill: deploy-it"),
    ("Task", None, "Agent type 'tester' not found. Available agents: coder, reviewer"),
    ("Bash", "cat nope.txt", "Exit code 1\ncat: nope.txt: No such file or directory"),
    ("Bash", "cd nowhere && ls", "(eval):cd:1: no such file or directory: nowhere"),
    ("Bash", "gh pr diff --stat", "Exit code 1\nunknown flag: --stat"),
    ("Bash", "gh pr view --json foo", 'Exit code 1\nUnknown JSON field: "foo"'),
    ("Bash", "kubectl get pod --al", "error: unknown flag: --al"),
    ("Bash", "cargo bild", "error: no such command: `bild`"),
    ("Bash", "terraform apply x y", "accepts at most 1 arg(s), received 2"),
    ("Bash", "tar xf", "tar: option requires an argument\nusage: tar [-x]"),
    ("Bash", "mkdir a", "mkdir: cannot create directory 'a': Permission denied"),
    ("Bash", "git show nope", "fatal: ambiguous argument 'nope': unknown revision"),
    ("Bash", "git status", "fatal: not a git repository (or any of the parent directories)"),
    ("Bash", "git add gone.py", "fatal: pathspec 'gone.py' did not match any files"),
    ("Bash", "frob x", "zsh: command not found: frob"),
    ("Bash", "ls *.nope", "zsh:1: no matches found: *.nope"),
    ("Bash", "echo 'a", "(eval):1: unmatched '"),
    ("Bash", "sed -n 1p a b", "sed: can't read b: No such file or directory"),
    ("Bash", "rg -Q x", "rg: unrecognized flag -Q"),
    ("Bash", "pytest --covv", "Exit code 4\nERROR: unrecognized arguments: --covv"),
    ("Bash", "node a.js", "SyntaxError: Unexpected token ')'"),
]
SIGNALS = [
    ("Bash", "pytest -q", "Exit code 1\n" + "F" * 60 + "\n" + "E assert 1 == 2\n" * 40),
    ("Bash", "go test ./...", "--- FAIL: TestX (0.00s)\n    x_test.go:3: got 1"),
    ("Bash", "npm run lint", "Exit code 1\n/app/a.ts\n  3:1  error  Missing semicolon"),
    ("Bash", "python -m mypy .", "Found 3 errors in 1 file"),
    ("Bash", "timeout 60 cargo clippy", "error: this loop never actually loops"),
    ("Bash", "make check", "make: *** [check] Error 1"),
    ("Bash", "npx tsc --noEmit", "a.ts(3,1): error TS2304: Cannot find name 'x'."),
    ("Bash", "rg needle src", ""),
    ("Bash", "grep -q x a.txt", "Exit code 1"),
    ("Bash", "diff a b", "1c1\n< a\n> b"),
    ("Bash", "git diff --exit-code", "diff --git a/x b/x"),
    ("Bash", "true && command -v frob", "Exit code 1\nnothing of that name"),
]
OTHERS = [
    ("Bash", "git push", "! [rejected] main -> main (fetch first)"),
    ("Bash", "git merge x", "CONFLICT (content): Merge conflict in a.py"),
    ("Bash", "curl https://x.test", "curl: (6) Could not resolve host: x.test"),
    ("WebFetch", None, "Request failed with status code 503"),
    ("Bash", "docker pull x", "Error response from daemon: pull access denied"),
    ("mcp__db__query", None, "connection reset by peer"),
]


@pytest.mark.parametrize(
    ("expected", "tool", "command", "error"),
    [("mistake", *case) for case in MISTAKES]
    + [("signal", *case) for case in SIGNALS]
    + [("other", *case) for case in OTHERS],
)
def test_the_class_of_a_failure(expected: str, tool: str, command: str | None, error: str) -> None:
    assert failed(tool, command, error) == expected


@pytest.mark.parametrize("status", ["denied", "interrupted"])
def test_a_humans_no_is_a_refusal_whatever_the_text(status: OutcomeStatus) -> None:
    assert failed("Bash", "cat x", "No such file or directory", status=status) == "refusal"


@pytest.mark.parametrize("status", ["ok", "hook_denied", "cancelled", "running", "unknown"])
def test_what_did_not_fail_has_no_class(status: OutcomeStatus) -> None:
    assert failed("Bash", "cat x", "No such file or directory", status=status) is None


def test_input_that_the_agent_refused_itself_is_a_mistake() -> None:
    assert failed("Edit", None, "anything", by_agent=True) == "mistake"


@pytest.mark.parametrize("code", [126, 127])
def test_what_the_shell_could_not_run_is_a_mistake(code: int) -> None:
    assert failed("Bash", "pytest", "", exit_code=code) == "mistake"
