"""Preflight: each rule speaks when it must, and is silent when its fact is unknown."""

from pathlib import Path
from typing import TypedDict

import pytest

from counsel.advice.foreseen import Foreseen
from counsel.advice.sources.check import Check
from counsel.advice.sources.preflight import foreseen
from counsel.memory.facts import Facts, observe
from counsel.memory.remembering import remember
from counsel.memory.world import RememberedWorld, World
from counsel.model.actions import Action
from counsel.model.commands import parse_command
from counsel.model.events import (
    ActionProposed,
    ContextCompacted,
    Event,
    OutcomeObserved,
    PromptGiven,
    SessionStarted,
)
from counsel.model.ids import ActionId, EventId, SessionId
from counsel.model.outcomes import Outcome, OutcomeStatus
from counsel.workflows.disk import DiskWorld


class Head(TypedDict):
    id: EventId
    at_ms: int
    agent: str
    session: SessionId


class Told:
    """A session told step by step, and what preflight would say of the next call."""

    def __init__(self, root: str, world: World) -> None:
        self.root = root
        self.world = world
        self.facts = Facts()
        self.at_ms = 1_000
        self._tell(SessionStarted(**self._head(), cwd=root))

    def _head(self) -> Head:
        self.at_ms += 10
        return Head(
            id=EventId(f"e{self.at_ms}"),
            at_ms=self.at_ms,
            agent="claude-code",
            session=SessionId("s"),
        )

    def _tell(self, event: Event) -> None:
        ended = observe(self.facts, event)
        if isinstance(self.world, RememberedWorld):
            remember(self.world.places, self.facts, event, ended)

    def prompt(self, text: str) -> None:
        self._tell(PromptGiven(**self._head(), text=text))

    def compact(self) -> None:
        self._tell(ContextCompacted(**self._head(), stage="after"))

    def done(
        self,
        action: Action,
        status: OutcomeStatus = "ok",
        error: str | None = None,
        output: str | None = None,
    ) -> "Told":
        self._tell(ActionProposed(**self._head(), action=action, cwd=self.root))
        outcome = Outcome(
            action_id=action.id, tool=action.tool, status=status, error=error, output=output
        )
        self._tell(OutcomeObserved(**self._head(), outcome=outcome))
        return self

    def said(self, action: Action) -> dict[str, Foreseen]:
        check = Check(
            action=action,
            commands=parse_command(action.command or ""),
            facts=self.facts,
            world=self.world,
            now_ms=self.at_ms,
            cwd=self.root,
        )
        return {one.rule: one for one in foreseen(check)}


@pytest.fixture
def disk(tmp_path: Path) -> Told:
    return Told(str(tmp_path), DiskWorld())


@pytest.fixture
def memory() -> Told:
    return Told("/w/p", RememberedWorld())


def shell(command: str) -> Action:
    return Action(id=ActionId("c"), tool="Bash", kind="shell", command=command)


def read(path: object) -> Action:
    return Action(id=ActionId("r"), tool="Read", kind="read", path=str(path))


def edit(path: object, old: str = "one", new: str = "two", *, all: bool = False) -> Action:
    return Action(
        id=ActionId("e"),
        tool="Edit",
        kind="edit",
        path=str(path),
        old_text=old,
        new_text=new,
        replace_all=all,
    )


def write(path: object) -> Action:
    return Action(id=ActionId("w"), tool="Write", kind="write", path=str(path), content="x")


def test_an_edit_that_changes_nothing_is_foreseen(memory: Told) -> None:
    said = memory.done(read("/w/p/a")).said(edit("/w/p/a", "x", "x"))
    assert said["unchanged_text"].signature == (
        "Edit|No changes to make: old_string and new_string are exactly the same."
    )
    assert "unchanged_text" not in memory.said(edit("/w/p/a", "x", "y"))


def test_an_edit_of_a_file_that_was_not_read_is_foreseen(disk: Told) -> None:
    path = Path(disk.root) / "a.py"
    path.write_text("one")
    found = disk.said(edit(path))["unread_file"]
    assert found.signature.startswith("Edit|File has not been read yet.")
    assert list(disk.done(read(path)).said(edit(path))) == []


def test_writing_a_new_file_needs_no_reading_and_overwriting_one_does(disk: Told) -> None:
    path = Path(disk.root) / "new.py"
    assert list(disk.said(write(path))) == []
    path.write_text("x")
    assert list(disk.said(write(path))) == ["unread_file"]


def test_whether_an_unknown_file_may_be_overwritten_is_not_guessed(memory: Told) -> None:
    assert list(memory.said(write("/w/p/new.py"))) == []


def test_another_agents_tools_need_no_reading(memory: Told) -> None:
    action = Action(id=ActionId("e"), tool="str_replace", kind="edit", path="/w/p/a", old_text="x")
    assert list(memory.said(action)) == []


def test_what_a_subagent_read_its_parent_has_not(disk: Told) -> None:
    path = Path(disk.root) / "a.py"
    path.write_text("one")
    theirs = Action(id=ActionId("r"), tool="Read", kind="read", path=str(path), subagent="helper")
    assert "unread_file" in disk.done(theirs).said(edit(path))


def test_a_compaction_makes_the_reader_forget(disk: Told) -> None:
    path = Path(disk.root) / "a.py"
    path.write_text("one")
    disk.done(read(path))
    disk.compact()
    assert disk.said(edit(path))["unread_file"].basis == "unread_file|restart"


def test_a_file_changed_on_the_disk_since_it_was_read_is_foreseen(disk: Told) -> None:
    path = Path(disk.root) / "a.py"
    path.write_text("one")
    disk.done(read(path))
    touch = disk.facts.touched[f"\0{path}"]
    touch.mtime_ns = path.stat().st_mtime_ns
    assert list(disk.said(edit(path))) == []
    touch.mtime_ns -= 1
    assert disk.said(edit(path))["changed_file"].basis == "changed_on_disk"


def test_a_file_whose_time_of_reading_is_unknown_is_not_called_changed(disk: Told) -> None:
    path = Path(disk.root) / "a.py"
    path.write_text("one")
    assert list(disk.done(read(path)).said(edit(path))) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("nothing of it", "missing_text"),
        ("one and one", "ambiguous_text"),
        ("just one", None),
        ("on\u00e9", "missing_text"),
    ],
)
def test_the_text_to_replace_is_looked_for_on_the_disk(
    disk: Told, text: str, rule: str | None
) -> None:
    path = Path(disk.root) / "a.py"
    path.write_text(text)
    assert list(disk.done(read(path)).said(edit(path))) == ([rule] if rule else [])


def test_all_occurrences_may_be_replaced(disk: Told) -> None:
    path = Path(disk.root) / "a.py"
    path.write_text("one one")
    assert list(disk.done(read(path)).said(edit(path, all=True))) == []


def test_line_ends_of_windows_are_no_difference(disk: Told) -> None:
    path = Path(disk.root) / "a.py"
    path.write_bytes(b"one\r\ntwo\r\n")
    assert list(disk.done(read(path)).said(edit(path, "one\ntwo", "x"))) == []


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"x" * (2 * 1024 * 1024 + 1)])
def test_a_file_that_cannot_be_read_as_text_is_not_judged(disk: Told, data: bytes) -> None:
    path = Path(disk.root) / "a.bin"
    path.write_bytes(data)
    assert list(disk.done(read(path)).said(edit(path))) == []


def test_text_that_was_replaced_before_is_known_to_be_gone(memory: Told) -> None:
    memory.done(read("/w/p/a")).done(edit("/w/p/a", "one", "two"))
    assert "missing_text" in memory.said(edit("/w/p/a", "one", "three"))
    memory.done(edit("/w/p/a", "two", "one"))
    assert "missing_text" not in memory.said(edit("/w/p/a", "one", "three"))


def test_a_file_that_was_written_anew_may_hold_any_text(memory: Told) -> None:
    memory.done(read("/w/p/a")).done(edit("/w/p/a", "one", "two")).done(write("/w/p/a"))
    assert "missing_text" not in memory.said(edit("/w/p/a", "one", "three"))


def test_a_path_that_is_not_on_the_disk_is_foreseen(disk: Told) -> None:
    found = disk.said(read(f"{disk.root}/nope.py"))["missing_path"]
    assert (found.basis, found.prior) == ("missing_on_disk|read", 0.97)
    assert "does not exist" in found.text
    (Path(disk.root) / "nope.py").write_text("")
    assert list(disk.said(read(f"{disk.root}/nope.py"))) == []


def test_an_edit_of_a_file_that_is_not_there_is_foreseen(disk: Told) -> None:
    found = disk.said(edit(f"{disk.root}/nope.py"))
    assert {rule: one.signature for rule, one in found.items()} == {
        "missing_path": "Edit|File does not exist."
    }


def test_nothing_is_said_of_the_files_of_another_machine() -> None:
    session = Told("/no/such/root/anywhere", DiskWorld())
    assert list(session.said(read("/no/such/root/anywhere/a.py"))) == []
    assert list(session.said(shell("cat a.py"))) == []


def test_a_path_that_was_missed_before_is_believed_gone(memory: Told) -> None:
    memory.done(read("/w/p/a.py"), "failed", "File does not exist.")
    found = memory.said(read("/w/p/a.py"))["missing_path"]
    assert "|gone|" in found.basis
    memory.done(write("/w/p/a.py"))
    assert "missing_path" not in memory.said(read("/w/p/a.py"))


def test_a_path_that_an_output_showed_is_believed_present(memory: Told) -> None:
    memory.done(shell("ls src"), output="src/a.py src/b.py")
    assert list(memory.said(read("/w/p/src/a.py"))) == []


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("cat nope.txt", "nope.txt"),
        ("cat here.txt", None),
        ("cd sub && cat in.txt", None),
        ("cd sub && cat here.txt", "here.txt"),
        ("cd sub && cd sub && ls", "sub"),
        ("(cd sub && ls) && cat here.txt", None),
        ("cd sub && cd - && cat here.txt", None),
        ("mkdir new && cd new && ls", None),
        ("echo x > new.txt && cat new.txt", None),
        ("cat <<EOF > new.txt && cat new.txt\nx\nEOF", None),
        ("cat $FILE", None),
        ("cat *.txt", None),
        ("grep needle here.txt nope.txt", "nope.txt"),
        ("sudo -u root cat nope.txt", "nope.txt"),
        ("timeout 5 cat nope.txt", "nope.txt"),
        ("cd $HOME/x && cat nope.txt", None),
        ("frobnicate nope.txt", None),
        ("./run.sh", "./run.sh"),
    ],
)
def test_what_a_command_reads_is_looked_for_where_it_runs(
    disk: Told, command: str, missing: str | None
) -> None:
    (Path(disk.root) / "here.txt").write_text("")
    (Path(disk.root) / "sub").mkdir()
    (Path(disk.root) / "sub" / "in.txt").write_text("")
    found = disk.said(shell(command)).get("missing_path")
    assert (found.object if found else None) == missing


def test_a_tool_that_could_not_start_is_called_broken_until_it_works(memory: Told) -> None:
    grep = Action(id=ActionId("g"), tool="Grep", kind="search", pattern="x")
    memory.done(grep, "failed", "spawn /opt/rg ENOENT")
    assert memory.said(grep)["broken_tool"].basis.startswith("broken_tool|own")
    glob = Action(id=ActionId("h"), tool="Glob", kind="search", pattern="*.py")
    assert memory.said(glob)["broken_tool"].basis.startswith("broken_tool|sibling")
    memory.done(grep)
    assert list(memory.said(glob)) == []


def test_the_same_failing_call_is_foreseen_and_what_happened_since_is_told_truly(
    memory: Told,
) -> None:
    call = shell("frob --x")
    memory.done(call, "failed", "error: unknown option --x")
    assert memory.said(call)["same_call_again"].text.endswith("and nothing changed since")
    memory.done(write("/w/p/z"))
    assert "nothing changed" not in memory.said(call)["same_call_again"].text
    assert list(memory.done(call).said(call)) == []


def test_a_red_test_may_be_run_again(memory: Told) -> None:
    call = shell("pytest -q")
    assert list(memory.done(call, "failed", "1 failed").said(call)) == []


def test_redirecting_an_error_stream_changes_nothing(memory: Told) -> None:
    memory.done(shell("make 2>&1 >/dev/null"))
    assert (memory.facts.writes, memory.facts.disturbed) == (0, {})


def test_a_refused_kind_of_call_is_foreseen_until_the_human_speaks(memory: Told) -> None:
    memory.done(shell("git push"), "denied", "The user doesn't want to proceed")
    assert memory.said(shell("git pull"))["refused_before"].failure_class == "refusal"
    assert list(memory.said(read("/w/p/a"))) == ["missing_path"]
    memory.prompt("go on")
    assert "refused_before" not in memory.said(shell("git pull"))
