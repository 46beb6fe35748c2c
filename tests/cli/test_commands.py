"""The commands, as processes: what they print, where, and their exit codes."""

import json
import subprocess
import sys

import pytest

from counsel.cli.main import COMMANDS
from counsel.config import Home
from counsel.server.instance import lock_holder
from tests.server.processes import PATIENCE, Running, before, environ_for, run_counsel, running


def test_help_lists_every_command_without_importing_one(home: Home) -> None:
    code = (
        "import sys; from counsel.cli.main import main\n"
        "try: main(['--help'])\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environ_for(home),
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    ours = {name for name in done.stderr.decode().split() if name.startswith("counsel")}
    assert all(f"\n  {name} " in done.stdout.decode() for name in COMMANDS)
    assert ours == {"counsel", "counsel.cli", "counsel.cli.errors", "counsel.cli.main"} | {
        "counsel.model", "counsel.model.errors"
    }  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_has_help(home: Home, name: str) -> None:
    done = run_counsel(home, name, "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    assert f"Usage: counsel {name}".encode() in done.stdout


@pytest.mark.parametrize("name", [*(name for name in COMMANDS if name != "config"), "config show"])
def test_every_command_speaks_json(home: Home, name: str) -> None:
    assert b"--json" in run_counsel(home, *name.split(), "--help").stdout


def test_wrong_usage_is_one_line_and_2(home: Home) -> None:
    for arguments in (["nothing"], ["status", "--colour"], ["hook-command"]):
        done = run_counsel(home, *arguments)
        assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


def test_an_error_is_json_where_json_was_asked_for(home: Home) -> None:
    done = run_counsel(home, "status", "--json")
    error = json.loads(done.stderr)["error"]
    assert (done.returncode, error["code"]) == (5, "unreachable")
    assert "counsel serve" in error["advice"]


def test_status_and_stop_of_a_running_service(home: Home) -> None:
    service = Running(home)
    service.hear(before("c1"))
    shown = run_counsel(home, "status")
    status = json.loads(run_counsel(home, "status", "--json").stdout)
    stopped = run_counsel(home, "stop", "--json")
    again = run_counsel(home, "stop")
    assert shown.returncode == 0
    assert str(home.socket) in shown.stdout.decode()
    assert (status["pid"], status["events"], status["trouble"]) == (service.process.pid, 2, "")
    assert json.loads(stopped.stdout) == {"pid": service.process.pid}
    assert (again.returncode, again.stdout) == (0, b"No service is running.\n")
    assert (service.stop(), lock_holder(home)) == (0, None)


def test_config_show_says_where_a_value_comes_from(home: Home) -> None:
    home.create()
    home.config.write_text("log_level = 'debug'\npublic_hosts = ['a.example', 'b.example']\n")
    shown = json.loads(run_counsel(home, "config", "show", "--json").stdout)
    assert shown["home"]["value"] == str(home.root)
    assert shown["log_level"] == {"value": "debug", "origin": str(home.config)}
    assert shown["public_hosts"]["value"] == ["a.example", "b.example"]
    assert shown["port"] == {"value": 0, "origin": "COUNSEL_PORT"}
    assert shown["durability"] == {"value": "process", "origin": "default"}


def test_the_printed_hook_command_works_in_a_shell(home: Home) -> None:
    line = run_counsel(home, "hook-command", "claude-code").stdout.decode()
    with running(home) as service:
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            env=environ_for(home),
            input=json.dumps(before("c1")).encode(),
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
        events = service.call("GET", "/api/status").json()["events"]
    assert (done.stdout[:1], events >= 1) == (b"{", True)


def test_the_hook_can_be_run_by_hand(home: Home) -> None:
    payload = json.dumps(before("c1")).encode()
    with running(home) as service:
        done = run_counsel(home, "hook", "claude-code", stdin=payload)
        events = service.call("GET", "/api/status").json()["events"]
    assert (done.returncode, done.stdout[:1], events >= 1) == (0, b"{", True)


def test_a_reader_that_has_seen_enough_is_no_error(home: Home) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m counsel config show | true"],
        env=environ_for(home),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
