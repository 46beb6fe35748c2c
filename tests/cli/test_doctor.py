"""`counsel doctor`: each thing that can be wrong is found, and what to do is said."""

import json
import os
from typing import Any

from counsel.config import Home
from tests.server.processes import Running, before, run_counsel, running


def _doctor(home: Home, **settings: object) -> tuple[int, dict[str, Any]]:
    done = run_counsel(home, "doctor", "--json", settings=settings)
    return done.returncode, {check["name"]: check for check in json.loads(done.stdout)}


def _verdicts(checks: dict[str, Any]) -> dict[str, str]:
    return {name: check["verdict"] for name, check in checks.items() if name != "agents"}


def test_before_the_first_start_nothing_failed_and_much_is_unknown(home: Home) -> None:
    code, checks = _doctor(home)
    assert code == 0
    assert _verdicts(checks) == {
        "settings": "ok",
        "python": "ok",
        "home": "unknown",
        "disk": "ok",
        "clock": "ok",
        "database": "unknown",
        "token": "unknown",
        "service": "warn",
        "http": "unknown",
    }


def test_with_a_running_service_all_is_well(home: Home) -> None:
    with running(home) as service:
        service.hear(before("c1"))
        code, checks = _doctor(home)
    assert (code, set(_verdicts(checks).values())) == (0, {"ok"})


def test_every_check_that_is_not_ok_says_what_to_do(home: Home) -> None:
    _, checks = _doctor(home)
    quiet = [name for name, check in checks.items() if check["verdict"] == "warn"]
    assert quiet
    assert all(checks[name]["advice"] for name in quiet)


def test_an_open_home_and_token_fail(home: Home) -> None:
    with running(home):
        pass
    home.root.chmod(0o755)
    home.token.chmod(0o644)
    code, checks = _doctor(home)
    assert (code, checks["home"]["verdict"], checks["token"]["verdict"]) == (1, "fail", "fail")
    assert f"chmod 700 {home.root}" in checks["home"]["advice"]


def test_a_damaged_database_fails(home: Home) -> None:
    with running(home) as service:
        service.hear(before("c1"))
    with home.database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(8192))
    code, checks = _doctor(home)
    assert (code, checks["database"]["verdict"]) == (1, "fail")


def test_a_service_that_does_not_answer_fails(home: Home) -> None:
    service = Running(home)
    home.socket.unlink()
    code, checks = _doctor(home)
    service.stop()
    assert (code, checks["service"]["verdict"]) == (1, "fail")
    assert str(service.process.pid) in checks["service"]["found"]


def test_bad_settings_fail_with_their_own_words(home: Home) -> None:
    code, checks = _doctor(home, port="none")
    assert (code, set(checks), checks["settings"]["verdict"]) == (1, {"settings"}, "fail")
