"""`counsel init`: what it writes, that it can be repeated, and that it can be undone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from counsel.config import Home
from counsel.hook.command import hook_command_line
from tests.server.processes import PATIENCE, environ_for

THEIRS = '{"model": "opus", "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}}'


def _init(home: Home, *arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """With a user's home of its own."""
    user = home.root.parent
    return subprocess.run(
        [sys.executable, "-m", "counsel", "init", *arguments],
        env={**environ_for(home), "HOME": str(user), **environ},
        cwd=user,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def _commands(path: Path) -> set[str]:
    hooks: dict[str, Any] = json.loads(path.read_text())["hooks"]
    return {
        handler["command"]
        for groups in hooks.values()
        for group in groups
        for handler in group["hooks"]
    }


@pytest.mark.parametrize(
    ("agent", "file"), [("claude-code", ".claude/settings.json"), ("codex", ".codex/hooks.json")]
)
def test_it_writes_the_hook_command_and_takes_it_out_again(
    home: Home, agent: str, file: str
) -> None:
    path = home.root.parent / file
    path.parent.mkdir()
    path.write_text(THEIRS)
    wired = _init(home, agent)
    commands = _commands(path)
    repeated = _init(home, agent)
    removed = _init(home, agent, "--remove")
    assert (wired.returncode, commands) == (0, {"x", hook_command_line(agent)})
    assert wired.stdout.startswith(b"--- ")
    assert b"nothing to change" in repeated.stdout
    assert (removed.returncode, json.loads(path.read_text())) == (0, json.loads(THEIRS))


def test_a_dry_run_changes_nothing(home: Home) -> None:
    done = _init(home, "claude-code", "--dry-run", "--json")
    change = json.loads(done.stdout)[0]
    assert (change["changed"], change["dry_run"]) == (True, True)
    assert not (home.root.parent / ".claude").exists()


def test_without_an_agent_it_wires_those_that_are_there(home: Home) -> None:
    nobody = _init(home)
    (home.root.parent / ".codex").mkdir()
    done = _init(home, "--json")
    assert nobody.returncode == 4
    assert [change["agent"] for change in json.loads(done.stdout)] == ["codex"]


def test_an_agent_that_keeps_its_settings_elsewhere_is_found_there(home: Home) -> None:
    elsewhere = home.root.parent / "elsewhere"
    done = _init(home, "claude-code", CLAUDE_CONFIG_DIR=str(elsewhere))
    assert done.returncode == 0
    assert _commands(elsewhere / "settings.json") == {hook_command_line("claude-code")}


def test_a_projects_settings_are_in_the_working_folder(home: Home) -> None:
    done = _init(home, "claude-code", "--scope", "project", "--json", HOME="/nowhere")
    path = home.root.parent / ".claude" / "settings.json"
    assert json.loads(done.stdout)[0]["path"] == os.path.realpath(path)


def test_http_needs_a_port_that_stays(home: Home) -> None:
    refused = _init(home, "claude-code", "--transport", "http")
    taken = _init(home, "claude-code", "--transport", "http", COUNSEL_PORT="8722")
    assert (refused.returncode, taken.returncode) == (2, 0)
    assert b"http://127.0.0.1:8722/v1/agents/claude-code" in taken.stdout


def test_an_unknown_agent_and_a_broken_file_are_refused_untouched(home: Home) -> None:
    path = home.root.parent / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text("{broken")
    unknown = _init(home, "nobody")
    broken = _init(home, "claude-code")
    assert (unknown.returncode, broken.returncode) == (2, 2)
    assert (broken.stderr.count(b"\n"), path.read_text()) == (1, "{broken")
