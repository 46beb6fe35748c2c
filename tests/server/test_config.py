"""Settings: where they come from, and that nothing wrong is taken silently."""

import os
from pathlib import Path

import pytest

from counsel.bootstrap import Projects, SystemStamp
from counsel.config import SOCKET_PATH_LIMIT, Home, Settings, home_of, load_settings, origins
from counsel.model.clock import SetClock
from counsel.model.errors import BadSetting


def _environ(home: Home, **settings: str) -> dict[str, str]:
    return {"COUNSEL_HOME": str(home.root), **settings}


def test_without_anything_the_defaults_hold(home: Home) -> None:
    assert load_settings(_environ(home)) == Settings(home=home)


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(home: Home) -> None:
    home.create()
    home.config.write_text("port = 1111\nlog_level = 'debug'\n")
    environ = _environ(home, COUNSEL_PORT="2222")
    settings = load_settings(environ)
    assert (settings.port, settings.log_level, settings.host) == (2222, "debug", "127.0.0.1")
    assert origins(environ)["port"] == "COUNSEL_PORT"
    assert origins(environ)["log_level"] == str(home.config)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("colour = 1", "unknown setting 'colour'"),
        ("home = '/x'", "unknown setting 'home'"),
        ("[server]\nport = 1", "unknown setting 'server'"),
        ("port = 70000", "'port'.*cannot be 70000"),
        ("port = 'high'", "'port'.*cannot be 'high'"),
        ("port = true", "'port'.*cannot be True"),
        ("durability = 'total'", "'durability'.*cannot be 'total'"),
        ("read_timeout = 0", "'read_timeout'.*cannot be 0"),
        ("port = ", "is not TOML"),
        ("port = 1\nport = 2", "is not TOML"),
        ("host = '192.168.1.1'", "can be reached from other machines"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(home: Home, text: str, complaint: str) -> None:
    home.create()
    home.config.write_text(text)
    with pytest.raises(BadSetting, match=complaint):
        load_settings(_environ(home))


def test_a_file_that_is_no_text_is_named(home: Home) -> None:
    home.create()
    home.config.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadSetting, match="cannot read"):
        load_settings(_environ(home))


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("behind_tls", "true", True),
        ("behind_tls", "0", False),
        ("public_hosts", "a.example, b.example,", ("a.example", "b.example")),
        ("public_hosts", "", ()),
        ("read_timeout", "2.5", 2.5),
        ("rate_burst", "7", 7),
    ],
)
def test_text_from_the_environment_becomes_what_the_setting_is(
    home: Home, name: str, value: str, taken: object
) -> None:
    settings = load_settings(_environ(home, **{f"COUNSEL_{name.upper()}": value}))
    assert getattr(settings, name) == taken


def test_an_unknown_variable_of_ours_is_an_error_and_others_are_not(home: Home) -> None:
    load_settings(_environ(home, COUNSEL_TOKEN="x", COUNSEL_HOOK_DEADLINE_MS="1", OTHER="y"))
    with pytest.raises(BadSetting, match="COUNSEL_PROT"):
        load_settings(_environ(home, COUNSEL_PROT="1"))


def test_a_home_is_absolute_and_the_users_own_by_default() -> None:
    assert home_of({"HOME": "/u"}).root == Path("/u/.counsel")
    assert home_of({"HOME": "/u", "COUNSEL_HOME": "/a//b/./c/"}).root == Path("/a/b/c")
    assert home_of({"COUNSEL_HOME": "x"}).root == Path.cwd() / "x"


def test_a_socket_path_always_fits() -> None:
    short = Home(Path("/" + "x" * (SOCKET_PATH_LIMIT - 14)))
    long = Home(Path("/" + "x" * (SOCKET_PATH_LIMIT - 13)))
    assert short.socket == short.root / "counsel.sock"
    assert long.socket.parent == Path(f"/tmp/counsel-{os.getuid()}")
    assert len(os.fsencode(Home(Path("/" + "ü" * 4000)).socket)) <= SOCKET_PATH_LIMIT


def test_a_project_is_the_nearest_folder_with_git(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / "src" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "repo" / ".git").write_text("gitdir: elsewhere")
    projects = Projects(SetClock())
    assert projects.of(str(inner)) == str(tmp_path / "repo")
    assert projects.of(str(tmp_path / "repo")) == str(tmp_path / "repo")
    assert projects.of(str(tmp_path / "none" / "..")) == str(tmp_path)


def test_a_project_is_looked_up_again_after_a_while(tmp_path: Path) -> None:
    clock = SetClock()
    projects = Projects(clock)
    inner = tmp_path / "src"
    inner.mkdir()
    assert projects.of(str(inner)) == str(inner)
    (tmp_path / ".git").mkdir()
    assert projects.of(str(inner)) == str(inner)
    clock.advance(61_000)
    assert projects.of(str(inner)) == str(tmp_path)


@pytest.mark.parametrize("cwd", ["", ".", "C:\\work", "a/b", "/x\0y", "/\ud800", "/" + "y" * 9000])
def test_a_folder_that_is_not_of_this_machine_is_its_own_project(cwd: str) -> None:
    assert Projects(SetClock()).of(cwd) == cwd


def test_ids_sort_by_time() -> None:
    from random import Random

    clock = SetClock(1_000)
    stamp = SystemStamp(clock, Random(1))
    first = stamp.event_id()
    clock.advance(1)
    assert first < stamp.event_id()
    assert stamp.now_ms() == 1_001
