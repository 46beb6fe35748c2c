"""How a service starts, refuses, stops, and dies."""

import json
import socket
import threading

import pytest

from counsel.config import Home
from counsel.model.events import ActionProposed
from counsel.server.instance import lock_holder, read_state
from counsel.storage.sqlite.store import SqliteStore
from tests.server.kill_trial import run_kills
from tests.server.processes import (
    PATIENCE,
    Running,
    before,
    end_service_of,
    read_reply,
    request,
    run_counsel,
    running,
)

KILLS = 10


def test_what_lies_in_the_home_is_for_its_owner_only(home: Home) -> None:
    with running(home) as service:
        service.hear(before("c1"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in home.root.iterdir()}
    assert home.root.stat().st_mode & 0o777 == 0o700
    assert {name for name, mode in modes.items() if mode & 0o077} == set()
    assert {"counsel.db", "counsel.sock", "service.json", "service.lock", "token"} <= set(modes)


def test_a_second_service_is_refused_and_told_the_pid(home: Home) -> None:
    with running(home) as service:
        second = run_counsel(home, "serve")
        still = service.call("GET", "/health").status
    assert (second.returncode, still) == (3, 200)
    assert f"pid {service.process.pid} already serves" in second.stderr.decode()


def test_the_token_outlives_a_restart(home: Home) -> None:
    with running(home) as first:
        token = first.token
    with running(home) as second:
        assert second.token == token


def test_sigterm_finishes_what_came_in_and_cleans_up(home: Home) -> None:
    service = Running(home)
    body = json.dumps(before("late")).encode()
    raw = request("POST", "/v1/agents/claude-code", body)
    with service.connect() as link:
        link.sendall(raw[:-1])
        service.call("GET", "/health")  # by now the service has the beginning of the other one
        service.process.terminate()
        link.sendall(raw[-1:])
        reply = read_reply(link)
    assert (reply.status, service.stop()) == (200, 0)
    assert _kept(home) == {"late"}
    assert not home.socket.exists()
    assert not home.state.exists()
    assert lock_holder(home) is None


def test_sigterm_under_load_loses_nothing_acknowledged(home: Home) -> None:
    service = Running(home)
    acknowledged: set[str] = set()
    enough = threading.Event()

    def post(client: int) -> None:
        try:
            with service.connect() as link:
                for number in range(100_000):
                    call = f"{client}-{number}"
                    body = json.dumps(before(call)).encode()
                    link.sendall(request("POST", "/v1/agents/claude-code", body))
                    if read_reply(link).status == 200:
                        acknowledged.add(call)
                    if len(acknowledged) > 200:
                        enough.set()
        except OSError:
            return

    threads = [threading.Thread(target=post, args=(client,)) for client in range(4)]
    for thread in threads:
        thread.start()
    assert enough.wait(PATIENCE)
    assert service.stop() == 0
    for thread in threads:
        thread.join(PATIENCE)
    assert acknowledged - _kept(home) == set()


def test_after_a_kill_the_stale_socket_and_lock_are_in_nobodys_way(home: Home) -> None:
    first = Running(home)
    first.hear(before("first"))
    first.kill()
    assert home.socket.exists()
    assert read_state(home) is not None
    with running(home) as second:
        second.hear(before("second"))
    assert _kept(home) == {"first", "second"}


def test_nothing_acknowledged_is_lost_by_kills_at_any_moment(home: Home) -> None:
    trial = run_kills(home, KILLS, seed=20261121)
    assert trial.lost == set()
    assert trial.acknowledged >= KILLS


def test_a_home_with_a_long_path_has_its_socket_elsewhere(home: Home) -> None:
    deep = Home(home.root / ("d" * 60) / ("e" * 60))
    with running(deep) as service:
        assert service.hear(before("c1")).status == 200
        assert deep.socket.parent.stat().st_mode & 0o777 == 0o700
        assert deep.socket.stat().st_mode & 0o777 == 0o600
    assert not deep.socket.exists()
    end_service_of(deep)


def test_a_taken_port_is_said_everywhere_and_the_socket_still_works(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running(home, port=port) as service:
            assert service.state.port == 0
            assert f"cannot bind 127.0.0.1:{port}" in service.state.trouble
            assert service.call("GET", "/api/status").json()["trouble"] == service.state.trouble
            assert "http_not_bound" in home.log.read_text()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"port": "99999"}, "setting 'port' in COUNSEL_PORT cannot be '99999'"),
        ({"colour": "red"}, "unknown setting 'colour' in COUNSEL_COLOUR"),
        ({"host": "0.0.0.0"}, "host '0.0.0.0' can be reached from other machines"),
    ],
)
def test_a_bad_setting_is_one_line_and_no_service(
    home: Home, settings: dict[str, str], complaint: str
) -> None:
    done = run_counsel(home, "serve", settings=settings)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert complaint in done.stderr.decode()


def test_behind_a_terminator_a_public_name_is_taken(home: Home) -> None:
    settings = {"host": "0.0.0.0", "behind_tls": "true", "public_hosts": "counsel.example"}
    with running(home, **settings) as service:
        own = service.call("GET", "/health", tcp=True, host="counsel.example")
        foreign = service.call("GET", "/health", tcp=True, host="other.example")
    assert (own.status, foreign.status) == (200, 403)


def test_a_slow_client_is_not_waited_for(home: Home) -> None:
    with running(home, read_timeout=0.2) as service:
        slow_head = service.send(b"GET /health HTTP/1.1\r\n")
        slow_body = service.send(request("POST", "/v1/agents/codex", b"{}")[:-1])
    assert (slow_head.status, slow_body.status) == (408, 408)
    assert slow_body.headers["connection"] == "close"


def test_a_source_that_sends_too_fast_is_slowed_down(home: Home) -> None:
    with running(home, rate_burst=3, rate_per_second=0.001) as service:
        statuses = [service.call("GET", "/health").status for _ in range(4)]
        other_source = service.call("GET", "/health", tcp=True).status
    assert (statuses, other_source) == ([200, 200, 200, 429], 200)


def _kept(home: Home) -> set[str]:
    store = SqliteStore(home.database)
    try:
        rows = store.events.read(limit=1_000_000)
    finally:
        store.close()
    return {row.event.action.id for row in rows if isinstance(row.event, ActionProposed)}
