"""`counsel init`: settings gain exactly our hooks, lose exactly our hooks, and nothing else."""

import json
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.agents.install import (
    EVENTS,
    INSTALLABLE,
    Json,
    Plan,
    Transport,
    hook_command,
    is_ours,
    plan_install,
    plan_remove,
    settings_file,
)
from counsel.agents.settings_file import backup_of, read_settings, write_settings
from counsel.model.errors import BadInput, StoreFault

COMMAND = hook_command("claude-code", "/usr/bin/python3", "/opt/counsel/hook/client.py")
CODEX_COMMAND = hook_command("codex", "/usr/bin/python3", "/opt/counsel/hook/client.py")
URL = "http://127.0.0.1:8765/v1/agents/claude-code"
OTHERS = """{
    "model": "opus",
    "hooks": {
        "PreToolUse": [
            {"matcher": "Bash", "hooks": [{"type": "command", "command": "guard counsel"}]}
        ],
        "Notification": [{"hooks": [{"type": "command", "command": "beep"}]}]
    },
    "permissions": {"allow": ["Bash(ls:*)"], "ü": 1.50}
}
"""


def install(agent: str, current: str | None, transport: Transport = "command") -> Plan:
    command = COMMAND if agent == "claude-code" else CODEX_COMMAND
    return plan_install(agent, current, command, transport=transport, http_url=URL)


def ours(command: str, *, matched: bool = False, timeout: int = 5) -> Json:
    hooks: list[Json] = [{"type": "command", "command": command, "timeout": timeout}]
    return {"matcher": "", "hooks": hooks} if matched else {"hooks": hooks}


def test_the_command_is_quoted_for_a_shell() -> None:
    command = hook_command("codex", "/usr/bin/python3", "/home/my user/counsel/hook/client.py")
    assert command == ("/usr/bin/python3 -I -S '/home/my user/counsel/hook/client.py' codex")
    assert shlex.split(command)[3] == "/home/my user/counsel/hook/client.py"


def test_a_new_claude_code_file_has_our_hooks_only() -> None:
    plan = install("claude-code", None)
    matched = {"PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionDenied"}
    names = [event.name for event in EVENTS["claude-code"]]
    assert json.loads(plan.text) == {
        "hooks": {name: [ours(COMMAND, matched=name in matched)] for name in names}
    }
    assert plan.diff.startswith("--- /dev/null\n+++ settings\n@@ ")


def test_a_new_codex_file_keeps_its_time_limits() -> None:
    hooks = json.loads(install("codex", None).text)["hooks"]
    assert hooks["PreToolUse"] == [ours(CODEX_COMMAND, matched=True)]
    assert hooks["SessionEnd"] == hooks["Interrupt"] == [ours(CODEX_COMMAND, timeout=3)]
    assert set(hooks) == {event.name for event in EVENTS["codex"]}


def test_http_is_used_for_all_but_the_start() -> None:
    hooks = json.loads(install("claude-code", None, "http").text)["hooks"]
    handler = {
        "type": "http",
        "url": URL,
        "timeout": 5,
        "headers": {"Authorization": "Bearer $COUNSEL_TOKEN"},
        "allowedEnvVars": ["COUNSEL_TOKEN"],
    }
    assert hooks.pop("SessionStart") == [ours(COMMAND)]
    assert hooks["PreToolUse"] == [{"matcher": "", "hooks": [handler]}]
    assert all(groups[0]["hooks"] == [handler] for groups in hooks.values())


@pytest.mark.parametrize(("agent", "url"), [("codex", URL), ("claude-code", "http://x/y")])
def test_http_needs_claude_code_and_our_url(agent: str, url: str) -> None:
    with pytest.raises(BadInput, match="no http transport"):
        plan_install(agent, None, COMMAND, transport="http", http_url=url)


def test_what_was_there_stays_in_its_order() -> None:
    after = json.loads(install("claude-code", OTHERS).text)
    before = json.loads(OTHERS)
    assert list(after) == ["model", "hooks", "permissions"]
    assert after["permissions"] == before["permissions"]
    assert after["hooks"]["Notification"] == before["hooks"]["Notification"]
    assert after["hooks"]["PreToolUse"] == [
        *before["hooks"]["PreToolUse"],
        ours(COMMAND, matched=True),
    ]


def test_the_indentation_of_the_file_is_kept() -> None:
    assert '\n    "model": "opus",\n' in install("claude-code", OTHERS).text


@pytest.mark.parametrize("agent", INSTALLABLE)
@pytest.mark.parametrize("current", [None, "", "{}", OTHERS])
def test_a_second_run_changes_nothing(agent: str, current: str | None) -> None:
    once = install(agent, current)
    again = install(agent, once.text)
    assert (again.text, again.diff, again.changes) == (once.text, "", False)


def test_hooks_added_after_ours_do_not_move_ours() -> None:
    settings = json.loads(install("claude-code", None).text)
    settings["hooks"]["PreToolUse"].append({"hooks": [{"type": "command", "command": "late"}]})
    assert not install("claude-code", json.dumps(settings)).changes


def test_an_old_command_of_ours_is_replaced() -> None:
    old = plan_install(
        "claude-code",
        OTHERS,
        hook_command("claude-code", "/old/python", "/old/counsel/hook/client.py"),
    )
    assert install("claude-code", old.text).text == install("claude-code", OTHERS).text


def test_a_change_of_transport_replaces_our_handlers() -> None:
    http = install("claude-code", install("claude-code", OTHERS).text, "http")
    assert http.text == install("claude-code", OTHERS, "http").text


@pytest.mark.parametrize("agent", INSTALLABLE)
@pytest.mark.parametrize("transport", ["command", "http"])
def test_removal_leaves_what_is_not_ours(agent: str, transport: Transport) -> None:
    installed = install(agent, OTHERS, transport if agent == "claude-code" else "command")
    assert json.loads(plan_remove(agent, installed.text).text) == json.loads(OTHERS)


def test_removal_takes_our_handler_out_of_a_shared_group() -> None:
    theirs = {"type": "command", "command": "guard"}
    mine = {"type": "command", "command": COMMAND}
    shared = {"hooks": {"Stop": [{"hooks": [theirs, mine]}]}}
    plan = plan_remove("claude-code", json.dumps(shared))
    assert json.loads(plan.text) == {"hooks": {"Stop": [{"hooks": [theirs]}]}}


def test_removal_of_one_agent_keeps_the_other() -> None:
    plan = install("claude-code", None)
    assert plan_remove("codex", plan.text) == Plan(plan.text, "")


@pytest.mark.parametrize("current", [None, "{}", OTHERS])
def test_nothing_of_ours_is_nothing_to_remove(current: str | None) -> None:
    assert not plan_remove("claude-code", current).changes


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ({"command": COMMAND}, True),
        ({"command": "/venv/bin/counsel-hook claude-code"}, True),
        ({"command": "counsel hook claude-code"}, True),
        ({"command": r"'C:\counsel\hook\client.py' claude-code"}, True),
        ({"command": COMMAND.replace("claude-code", "codex")}, False),
        ({"command": "counsel status"}, False),
        ({"command": "guard --log counsel/hook.log claude-code"}, False),
        ({"command": "unclosed ' claude-code"}, False),
        ({"command": ["counsel", "hook", "claude-code"]}, False),
        ({"url": URL}, True),
        ({"url": "http://127.0.0.1:1/v1/agents/codex"}, False),
        ({"url": "file:///v1/agents/claude-code"}, False),
        ({}, False),
        ("counsel hook claude-code", False),
    ],
)
def test_our_handlers_are_recognised(handler: Json, expected: bool) -> None:
    assert is_ours(handler, "claude-code") is expected


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "// comment\n{}",
        '{"a": NaN}',
        '{"hooks": []}',
        '{"hooks": {"Stop": {}}}',
        "[" * 100_000,
        "\ufeff{}",
    ],
)
def test_a_file_in_an_unknown_shape_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        install("claude-code", text)
    with pytest.raises(BadInput):
        plan_remove("claude-code", text)


def test_an_unknown_agent_is_refused() -> None:
    with pytest.raises(BadInput, match="nothing to install for 'generic'"):
        plan_install("generic", None, COMMAND)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [("claude-code", ".claude/settings.json"), ("codex", ".codex/hooks.json")],
)
def test_each_agent_has_its_file(agent: str, expected: str) -> None:
    assert settings_file(agent, "user") == settings_file(agent, "project") == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
THEIR_HANDLERS = st.lists(st.fixed_dictionaries({"command": st.text(max_size=9)}), min_size=1)
THEIR_HOOKS = st.dictionaries(
    st.sampled_from(["PreToolUse", "Stop", "Notification", "New"]),
    st.lists(st.fixed_dictionaries({"hooks": THEIR_HANDLERS}), min_size=1, max_size=3),
    min_size=1,
)


@given(st.dictionaries(st.text(max_size=5), JSON), THEIR_HOOKS)
def test_install_and_remove_undo_each_other(rest: dict[str, Json], hooks: dict[str, Json]) -> None:
    settings = {**rest, "hooks": hooks}
    installed = install("claude-code", json.dumps(settings))
    assert json.loads(plan_remove("claude-code", installed.text).text) == settings


def test_a_lone_surrogate_leaves_as_it_came() -> None:
    plan = install("claude-code", '{"a": "\\ud800"}')
    assert '"a": "\\ud800"' in plan.text
    assert plan.text.encode()


def test_a_file_is_changed_whole_with_one_backup(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(OTHERS)
    path.chmod(0o640)
    plan = install("claude-code", read_settings(path))
    assert write_settings(path, plan)
    assert read_settings(path) == plan.text
    assert path.stat().st_mode & 0o777 == 0o640
    assert backup_of(path).read_text() == OTHERS
    assert write_settings(path, plan_remove("claude-code", plan.text))
    assert backup_of(path).read_text() == OTHERS
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "settings.json",
        "settings.json.counsel-backup",
    ]


def test_nothing_to_change_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    assert not write_settings(path, Plan("", ""))
    assert not path.exists()


def test_a_new_file_is_private_and_goes_again(tmp_path: Path) -> None:
    path = tmp_path / ".codex" / "hooks.json"
    assert read_settings(path) is None
    write_settings(path, install("codex", None))
    assert path.stat().st_mode & 0o777 == 0o600
    assert not backup_of(path).exists()
    write_settings(path, plan_remove("codex", read_settings(path)))
    assert not path.exists()


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.json", tmp_path / "settings.json"
    real.write_text("{}")
    link.symlink_to(real)
    plan = install("claude-code", read_settings(link))
    write_settings(link, plan)
    assert link.is_symlink()
    assert real.read_text() == plan.text


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b"\xff")
    with pytest.raises(BadInput, match="cannot read"):
        read_settings(path)


def test_a_disk_that_refuses_is_a_store_fault(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreFault, match="cannot write"):
        write_settings(blocked / "settings.json", install("codex", None))
