"""The hook client without a service: what it imports, where it looks, that it never fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.agents.install import hook_command as command_of_installer
from counsel.config import Home, home_of
from counsel.hook import client
from counsel.hook.command import hook_command_line
from tests.hook.hooks import CLIENT, PATIENCE, run_hook, start_hook
from tests.server.processes import environ_for

NO_START = {"COUNSEL_HOOK_AUTOSTART": "0"}
MODULES = "import sys; print(*sorted(sys.modules), file=sys.stderr)"


def _modules_after(code: str, home: Home) -> set[str]:
    """What is loaded when the interpreter would leave."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        env={**environ_for(home), **NO_START},
        input=b"{}",
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    return set(done.stderr.decode().split())


def test_it_imports_one_module_more_than_a_bare_interpreter(home: Home) -> None:
    bare = _modules_after(f"import sys; sys.stdin.buffer.read(); {MODULES}", home)
    # The module leaves by `_exit`, so what it has loaded is printed in its place.
    text = CLIENT.read_text().replace("posix._exit(0)", f"exec({MODULES!r}); posix._exit(0)")
    run_as_main = f"exec({text!r}, {{'__name__': '__main__'}})"
    full = _modules_after(f"import sys; sys.argv = ['client.py', 'codex']; {run_as_main}", home)
    assert full - bare == {"_socket"}


segments = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=0, max_size=60)


@given(
    named=st.lists(segments, max_size=6).map("/".join),
    user=st.lists(segments, max_size=3).map(lambda parts: "/" + "/".join(parts)),
)
def test_it_looks_where_the_service_listens(named: str, user: str) -> None:
    environ = {"COUNSEL_HOME": named, "HOME": user}
    raw = {os.fsencode(name): os.fsencode(value) for name, value in environ.items()}
    home = home_of(environ)
    found = client.home_of(raw)
    assert found == os.fsencode(home.root)
    assert client.socket_of(found) == os.fsencode(home.socket)


def test_without_any_variable_it_looks_in_the_users_home() -> None:
    assert client.home_of({}) == os.fsencode(home_of({}).root)


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff\x00garbage", b"x" * 3_000_000])
def test_without_a_service_it_has_no_opinion(home: Home, payload: bytes) -> None:
    assert run_hook(home, payload, **NO_START) == (0, b"{}")
    assert not home.root.exists()


@pytest.mark.parametrize(
    "environ",
    [
        {"COUNSEL_HOOK_DEADLINE_MS": "soon"},
        {"COUNSEL_HOOK_DEADLINE_MS": "-1"},
        {"COUNSEL_HOOK_DEADLINE_MS": "99999999999999999999"},
        {"COUNSEL_HOME": "/proc/no/such/place"},
        {"COUNSEL_HOME": "/dev/null"},
        {"COUNSEL_HOME": "/" + "long/" * 1000},
        {"COUNSEL_HOME": "", "HOME": "/nowhere/at/all"},
    ],
)
def test_whatever_the_environment_says_it_prints_an_answer(
    home: Home, environ: dict[str, str]
) -> None:
    assert run_hook(home, b"{}", **environ) == (0, b"{}")


@pytest.mark.parametrize("agent", ["", "nobody", "zoë", "a\r\nHost: evil"])
def test_whatever_the_agent_is_called_it_prints_an_answer(home: Home, agent: str) -> None:
    assert run_hook(home, b"{}", agent, **NO_START) == (0, b"{}")


def test_without_an_agent_it_prints_an_answer(home: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(CLIENT)],
        env=environ_for(home),
        input=b"{}",
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"{}")


def test_a_stdin_that_never_ends_does_not_hold_it_up(home: Home) -> None:
    process = start_hook(home, COUNSEL_HOOK_DEADLINE_MS="300", **NO_START)
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stderr is not None
    assert process.wait(PATIENCE) == 0
    assert process.stdout.read() == b"{}"
    process.stdin.close()
    process.stdout.close()
    process.stderr.close()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_broken_standard_streams_are_no_failure(home: Home, closed: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {hook_command_line('codex')} {closed}"],
        env={**environ_for(home), **NO_START},
        timeout=PATIENCE,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


def test_a_reader_that_left_is_no_failure(home: Home) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(CLIENT), "codex"],
        env={**environ_for(home), **NO_START},
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 0


def test_the_installer_and_the_hook_agree_on_the_command() -> None:
    assert hook_command_line("codex") == command_of_installer(
        "codex", sys.executable, str(Path(CLIENT))
    )
