"""Whether a later call does what was advised: one rule per kind of advice."""

import pytest

from counsel.advice.following import follows
from counsel.model.actions import Action, ToolKind
from counsel.model.advice import Candidate, FailureClass
from counsel.model.ids import ActionId


def item(
    category: str,
    id: str = "preflight:x",
    *,
    text: str = "",
    signature: str = "Bash|no",
    failure_class: FailureClass = "mistake",
) -> Candidate:
    return Candidate(
        id=id,
        source="preflight",
        text=text,
        relevance=0,
        trust=0,
        category=category,
        signature=signature,
        failure_class=failure_class,
    )


def call(kind: ToolKind, tool: str, path: str | None = None, **more: object) -> Action:
    return Action(id=ActionId("a"), tool=tool, kind=kind, path=path, **more)  # type: ignore[arg-type]


def bash(command: str) -> Action:
    return Action(id=ActionId("a"), tool="Bash", kind="shell", command=command)


READ = call("read", "Read", "/p/a.py")
EDIT = call("edit", "Edit", "/p/a.py", old_text="x", new_text="y")
OTHER_EDIT = call("edit", "Edit", "/p/a.py", old_text="xx", new_text="y")
GREP = call("search", "Grep", pattern="x")
WORD = item("refused_word", "replay:refused_word:Bash gh pr diff --stat")
HINT = item("preference", text="run `make fmt` and `make lint`", signature="")
NO = item("refused_before", failure_class="refusal")


@pytest.mark.parametrize(
    ("advice", "proposed", "later", "expected"),
    [
        (item("unread_file"), EDIT, READ, True),
        (item("unread_file"), EDIT, call("read", "Read", "/p/b.py"), False),
        (item("unread_file"), EDIT, bash("cat /p/a.py"), True),
        (item("unread_file"), EDIT, OTHER_EDIT, True),
        (item("unread_file"), EDIT, EDIT, False),
        (item("missing_path"), READ, GREP, True),
        (item("missing_path"), READ, bash("ls /p"), True),
        (item("missing_path"), READ, call("read", "Read", "/q/a.py"), True),
        (item("missing_path"), READ, READ, False),
        (item("broken_tool"), GREP, bash("rg x"), True),
        (item("broken_tool"), GREP, GREP, False),
        (WORD, bash("gh pr diff --stat"), bash("gh pr diff --name-only"), True),
        (WORD, bash("gh pr diff --stat"), bash("gh pr diff 7 --stat"), False),
        (WORD, bash("gh pr diff --stat"), bash("git diff"), False),
        (NO, bash("git push"), call("ask", "AskUserQuestion"), True),
        (NO, bash("git push"), bash("git pull"), False),
        (HINT, bash("git commit"), bash("make fmt && make lint"), True),
        (HINT, bash("git commit"), bash("make fmt"), False),
        (item("preference", signature=""), bash("git commit"), bash("make fmt"), False),
        (item("recurring"), bash("frob --x"), bash("frob --y"), True),
        (item("recurring"), bash("frob --x"), bash("frob --x"), False),
    ],
)
def test_what_counts_as_following(
    advice: Candidate, proposed: Action, later: Action, expected: bool
) -> None:
    assert follows(advice, proposed)(later) is expected
