"""The hook client with the real service: what it sends arrives, and it starts exactly one."""

import json
import os
import signal
import subprocess

from counsel.config import Home
from counsel.hook.command import hook_command
from counsel.model.events import ActionProposed
from counsel.server.instance import lock_holder, read_state
from counsel.storage.sqlite.store import SqliteStore
from tests.hook.hooks import PATIENCE, run_hook, start_hook
from tests.server.processes import before, end_service_of, environ_for, eventually, running

BEFORE = json.dumps(before("c1")).encode()
SESSION_START = json.dumps(
    {"hook_event_name": "SessionStart", "session_id": "s1", "cwd": "/", "source": "startup"}
).encode()
LONG = {"COUNSEL_HOOK_DEADLINE_MS": "20000"}


def test_what_the_hook_sends_is_recorded(home: Home) -> None:
    with running(home):
        code, printed = run_hook(home, BEFORE, **LONG)
    assert (code, json.loads(printed).keys() <= {"hookSpecificOutput"}) == (0, True)
    assert _recorded(home) == {"c1"}


def test_a_payload_the_service_refuses_is_no_opinion(home: Home) -> None:
    with running(home):
        assert run_hook(home, b"garbage", **LONG) == (0, b"{}")
        assert run_hook(home, BEFORE, "nobody", **LONG) == (0, b"{}")
        assert run_hook(home, b" " * 3_000_000, **LONG) == (0, b"{}")


def test_a_session_start_waits_for_the_service_it_started(home: Home) -> None:
    code, _ = run_hook(home, SESSION_START, **LONG)
    status = _status_counts(home)
    assert (code, status) == (0, 1)


def test_a_call_does_not_wait_for_the_service_it_started(home: Home) -> None:
    assert run_hook(home, BEFORE, **LONG) == (0, b"{}")
    eventually(lambda: read_state(home) is not None, "the service comes up")
    assert run_hook(home, BEFORE, **LONG)[0] == 0
    assert _status_counts(home) == 1


def test_a_home_with_a_long_path_is_served_too(home: Home) -> None:
    home.create()
    deep = Home(home.root / ("d" * 120))
    assert run_hook(deep, SESSION_START, **LONG)[0] == 0
    assert _status_counts(deep) == 1
    end_service_of(deep)
    assert not deep.socket.exists()


def test_fifty_hooks_at_once_start_exactly_one_service(home: Home) -> None:
    hooks = [start_hook(home) for _ in range(50)]
    answers = [process.communicate(BEFORE, timeout=PATIENCE) for process in hooks]
    eventually(lambda: "action=service_started" in home.log.read_text(), "the service comes up")
    log = home.log.read_text()
    assert [process.returncode for process in hooks] == [0] * 50
    assert {printed[:1] for printed, _ in answers} == {b"{"}
    assert (log.count("action=service_started"), log.count("already serves")) == (1, 0)
    assert lock_holder(home) == _pid(home)


def test_fifty_session_starts_at_once_are_all_answered_by_one_service(home: Home) -> None:
    hooks = [start_hook(home, **LONG) for _ in range(50)]
    for process in hooks:
        process.communicate(SESSION_START, timeout=PATIENCE)
    log = home.log.read_text()
    assert [process.returncode for process in hooks] == [0] * 50
    assert (log.count("action=service_started"), log.count("already serves")) == (1, 0)
    assert _status_counts(home) == 50


def test_after_a_kill_a_hook_starts_the_next_one(home: Home) -> None:
    run_hook(home, SESSION_START, **LONG)
    killed = _pid(home)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: lock_holder(home) is None, "the killed service is gone")

    def another() -> bool:
        run_hook(home, BEFORE)
        return lock_holder(home) is not None and _pid(home) != killed

    eventually(another, "a hook starts another service")


def test_a_service_that_cannot_start_is_not_tried_on_every_call(home: Home) -> None:
    home.create()
    home.config.write_text("colour = 'red'\n")
    for _ in range(5):
        assert run_hook(home, BEFORE) == (0, b"{}")
    eventually(lambda: lock_holder(home) is None, "the failed start is over")
    assert home.log.read_text().count("unknown setting 'colour'") == 1


def test_neither_the_folder_nor_the_path_of_the_agent_decide_what_is_started(home: Home) -> None:
    planted = home.root.parent / "project"
    (planted / "counsel").mkdir(parents=True)
    (planted / "counsel" / "__main__.py").write_text("raise SystemExit('planted')\n")
    here = os.getcwd()
    os.chdir(planted)
    try:
        run_hook(home, SESSION_START, PYTHONPATH=str(planted), **LONG)
    finally:
        os.chdir(here)
    assert "planted" not in home.log.read_text()
    assert _status_counts(home) == 1


def test_the_service_holds_nothing_of_the_agent_open(home: Home) -> None:
    reading, writing = os.pipe()
    done = subprocess.run(
        hook_command("codex"),
        env={**environ_for(home), **LONG},
        input=SESSION_START,
        pass_fds=[writing],
        timeout=PATIENCE,
        check=True,
    )
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert (done.returncode, pipe.read()) == (0, b"")
    assert _status_counts(home) == 1


def _pid(home: Home) -> int:
    state = read_state(home)
    assert state is not None
    return state.pid


def _status_counts(home: Home) -> int:
    """How many hooks the service has answered."""
    from counsel.cli.service import Service
    from counsel.server.status import Status

    tallies = Service(home.socket).get("/api/status", Status).tallies
    return sum(
        tally.value for tally in tallies if tally.labels == (("route", "agents"), ("status", "200"))
    )


def _recorded(home: Home) -> set[str]:
    store = SqliteStore(home.database)
    try:
        rows = store.events.read(limit=1000)
    finally:
        store.close()
    return {row.event.action.id for row in rows if isinstance(row.event, ActionProposed)}
