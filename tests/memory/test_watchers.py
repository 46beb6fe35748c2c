"""Stuck sessions are noticed, healthy ones are left in peace."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.steps import Deed, Pattern, Purpose, Step
from counsel.memory.watchers import GAP_EDITS, Alert, watch
from counsel.model.ids import TraceId

SEARCHED = Deed(pattern=Pattern(kind="shell", program="rg"), purpose="look")
READ = Deed(pattern=Pattern(kind="read"), purpose="look", path="a.py")
DEPLOY = Deed(pattern=Pattern(kind="shell", program="deploy"), purpose="other")
TEST = Deed(pattern=Pattern(kind="shell", program="go", subcommand="test"), purpose="test")
LINT = Deed(pattern=Pattern(kind="shell", program="ruff"), purpose="lint")
WAIT = Deed(pattern=Pattern(kind="other", program="write_stdin"), purpose="wait")


def edit(path: str = "a.py", before: str = "", after: str = "") -> Deed:
    return Deed(pattern=Pattern(kind="edit"), purpose="edit", path=path, before=before, after=after)


class Session:
    """Steps one after the other, a second each."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def ok(self, deed: Deed, times: int = 1, *, evidence: bool = True, by: str = "") -> "Session":
        for _ in range(times):
            self._add(deed, evidence=evidence, by=by)
        return self

    def failed(
        self, deed: Deed, times: int = 1, *, signature: str = "Bash|boom", by: str = ""
    ) -> "Session":
        for _ in range(times):
            self._add(deed, signature=signature, by=by)
        return self

    def _add(self, deed: Deed, *, signature: str = "", evidence: bool = True, by: str = "") -> None:
        n = len(self.steps)
        step = Step(
            id=TraceId(f"t{n}"),
            deed=deed,
            result="failed" if signature else "ok",
            signature=signature,
            failure_class=("signal" if "red" in signature else "other") if signature else None,
            evidence=evidence,
            subagent=by,
            started_ms=1_000 * n,
            ended_ms=1_000 * n + 900,
        )
        self.steps.append(step)

    def alerts(self) -> list[str]:
        return [alert.name for alert in watch(self.steps)]

    def only(self) -> Alert:
        (alert,) = watch(self.steps)
        return alert


def test_the_same_failure_twice_is_noticed_with_its_evidence() -> None:
    session = Session().failed(DEPLOY).ok(SEARCHED).failed(DEPLOY)
    alert = session.only()
    assert (alert.name, alert.severity, alert.steps) == ("repeat_failure", "warning", ("t0", "t2"))
    assert alert.text == "deploy failed 2 times in the same way."


@pytest.mark.parametrize(
    "session",
    [
        Session().failed(DEPLOY),
        Session().failed(DEPLOY).ok(DEPLOY).failed(DEPLOY),
        Session().failed(DEPLOY).failed(DEPLOY, signature="Bash|another"),
        Session().failed(DEPLOY).failed(TEST),
        Session().failed(READ).failed(Deed(pattern=READ.pattern, path="b.py")),
        Session().failed(DEPLOY, 2).ok(SEARCHED),
        Session().failed(DEPLOY, by="one").failed(DEPLOY, by="two"),
        Session().failed(SEARCHED, 2, signature="Bash|red"),
        Session().failed(WAIT, 3),
        Session().failed(TEST).ok(edit()).failed(TEST),
    ],
    ids=[
        "once",
        "passed between",
        "another error",
        "another call",
        "another file",
        "moved on",
        "two sub-agents",
        "search without a match",
        "waiting",
        "red, edit, red",
    ],
)
def test_what_is_no_repetition_is_not_called_one(session: Session) -> None:
    assert session.alerts() == []


def test_a_check_repeated_without_an_edit_counts_at_once_and_after_edits_at_the_third() -> None:
    assert Session().failed(TEST, 2).alerts() == ["repeat_failure"]
    session = Session().failed(TEST).ok(edit()).failed(TEST).ok(edit("b.py"))
    assert session.failed(TEST).alerts() == ["repeat_failure"]


def test_calls_made_at_the_same_time_are_one_try() -> None:
    first = Session().failed(DEPLOY).steps[0]
    twin = Session().failed(DEPLOY).steps[0]
    assert watch([first, twin]) == ()


def test_a_failure_that_goes_on_is_raised_again_only_when_doubled() -> None:
    keys = [watch(Session().failed(DEPLOY, n).steps)[0].key for n in (2, 3, 4, 7, 8)]
    assert keys[0] == keys[1] != keys[2] == keys[3] != keys[4]


def test_six_calls_without_anything_new_are_noticed() -> None:
    session = Session().ok(READ).ok(SEARCHED, 5, evidence=False)
    assert session.alerts() == []
    assert session.ok(SEARCHED, evidence=False).only().name == "no_new_evidence"
    assert session.ok(SEARCHED).alerts() == []


def test_waiting_is_not_a_lack_of_evidence() -> None:
    assert Session().ok(WAIT, 30, evidence=False).alerts() == []
    mixed = Session().ok(SEARCHED, 3, evidence=False).ok(WAIT, 9, evidence=False)
    assert mixed.ok(SEARCHED, 2, evidence=False).alerts() == []


def test_five_edits_of_one_file_between_failing_checks_are_thrashing() -> None:
    session = Session().ok(edit(), 2).failed(TEST, signature="Bash|1").ok(edit(), 2)
    session = session.failed(LINT, signature="Bash|2")
    assert session.alerts() == []
    alert = session.ok(edit()).only()
    assert alert.name == "diff_thrash"
    assert set(alert.steps) == {"t0", "t1", "t2", "t3", "t4", "t5", "t6"}
    assert alert.text == "a.py was edited 5 times, 2 checks failed meanwhile."


@pytest.mark.parametrize(
    "session",
    [
        Session().ok(edit(), 9),
        Session().ok(edit(), 4).failed(TEST).ok(edit()),
        Session().ok(edit(), 2).failed(TEST).ok(TEST).ok(edit(), 2).failed(LINT).ok(edit()),
        Session().failed(TEST).failed(LINT).ok(edit(), 6),
        Session().ok(edit("a.py"), 3).failed(TEST).failed(LINT).ok(edit("b.py"), 3),
    ],
    ids=["no check", "one red", "green between", "red before the first edit", "two files"],
)
def test_steady_editing_is_no_thrashing(session: Session) -> None:
    assert session.alerts() == []


def test_an_edit_done_undone_and_done_again_is_thrashing_but_one_reversal_is_not() -> None:
    there, back = edit(before="x", after="y"), edit(before="y", after="x")
    assert Session().ok(there).ok(back).alerts() == []
    assert Session().ok(there).ok(back).ok(there).only().steps == ("t0", "t1", "t2")
    assert Session().ok(there).ok(edit(before="p", after="q")).ok(there).alerts() == []


def test_attempts_that_pass_no_more_often_than_before_are_noticed() -> None:
    session = Session()
    for n, deed in enumerate((TEST, LINT, DEPLOY, TEST, LINT)):
        session.failed(deed, signature=f"Bash|{n}")
    assert session.alerts() == []
    assert session.failed(DEPLOY, signature="Bash|z").only().name == "confidence_stagnation"


def test_attempts_that_get_better_are_not() -> None:
    session = Session()
    for n in range(4):
        session.failed(TEST, signature=f"Bash|{n}")
    assert session.ok(LINT).failed(TEST, signature="Bash|x").alerts() == []
    assert session.ok(LINT).alerts() == []


def test_a_long_episode_that_spreads_unchecked_creeps() -> None:
    session = Session().ok(edit("core/a.py")).ok(READ, 19)
    for n in range(20):
        session.ok(READ if n % 2 else edit(f"p{n}/f.py"))
    assert session.ok(edit("last/f.py")).alerts() == ["scope_creep"]


@pytest.mark.parametrize("check", [True, False])
def test_a_passing_check_or_known_ground_is_no_creep(check: bool) -> None:
    session = Session().ok(edit("core/a.py")).ok(READ, 19)
    for n in range(20):
        session.ok(READ if n % 2 else edit(f"{'p' if check else 'core/'}{n if check else ''}/f.py"))
    session = session.ok(TEST) if check else session
    assert session.ok(edit("last/f.py")).alerts() == []


def test_two_new_folders_are_not_yet_creep_and_three_are() -> None:
    def spread(folders: int) -> list[str]:
        session = Session().ok(edit("core/a.py")).ok(READ, 19)
        for n in range(20):
            session.ok(READ if n % 2 else edit(f"p{n // 2 % folders}/{n}.py"))
        return session.ok(edit("p0/last.py")).alerts()

    assert spread(2) == []
    assert spread(3) == ["scope_creep"]


def test_edits_that_nothing_checks_are_noticed_at_the_gap_and_at_its_double() -> None:
    session = Session()
    keys = set()
    for n in range(2 * GAP_EDITS):
        keys |= {alert.key for alert in watch(session.ok(edit(f"src/{n}.py")).steps)}
    assert len([key for key in keys if key.startswith("validation_gap")]) == 2


def test_prose_needs_no_check_and_a_check_closes_the_gap() -> None:
    assert Session().ok(edit("README.md"), 3 * GAP_EDITS).alerts() == []
    split = Session().ok(edit(), GAP_EDITS - 1).ok(LINT).ok(edit(), GAP_EDITS - 1)
    assert split.alerts() == []


def test_a_healthy_session_is_left_in_peace() -> None:
    session = Session()
    for n in range(20):
        session.ok(READ, 2).ok(edit(f"src/{n % 4}.py"), 2)
        if n % 3 == 0:
            session.failed(TEST, signature=f"Bash|red {n}").ok(edit(f"src/{n % 4}.py"))
        assert session.ok(TEST).alerts() == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(get_args(Purpose)),
            st.sampled_from(["a.py", "b/c.py", ""]),
            st.booleans(),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_alerts_only_ever_cite_steps_they_were_given(
    many: list[tuple[Purpose, str, bool, bool]],
) -> None:
    session = Session()
    for purpose, path, ok, evidence in many:
        deed = Deed(pattern=Pattern(kind="shell", program="x"), purpose=purpose, path=path)
        session = session.ok(deed, evidence=evidence) if ok else session.failed(deed)
    alerts = watch(session.steps)
    assert {step for alert in alerts for step in alert.steps} <= {s.id for s in session.steps}
    assert len({alert.name for alert in alerts}) == len(alerts)
    assert all(ok for _, _, ok, _ in many) <= ("repeat_failure" not in session.alerts())


def test_only_a_failing_check_that_shows_its_exit_code_counts_for_thrashing() -> None:
    hidden = Deed(pattern=TEST.pattern, purpose="test", masked=True)
    session = Session().ok(edit(), 2).failed(hidden, signature="Bash|1").ok(edit(), 2)
    assert session.failed(hidden, signature="Bash|2").ok(edit()).alerts() == []
