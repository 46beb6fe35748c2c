"""What the service answers, over real sockets."""

import json
import random
import threading

import pytest

from counsel.model.events import ActionProposed
from counsel.storage.sqlite.store import SqliteStore
from tests.server.processes import Running, before, read_reply, request

GUARDED = [
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/api/status"),
    ("POST", "/v1/agents/claude-code"),
    ("POST", "/v1/advise"),
    ("POST", "/v1/outcomes"),
    ("POST", "/v1/feedback"),
    ("GET", "/no/such/path"),
]


def test_health_needs_no_token(service: Running) -> None:
    reply = service.call("GET", "/health", tcp=True)
    assert (reply.status, reply.json()) == (200, {"status": "ok", "version": "0.1.0"})


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_everything_else_needs_one_over_tcp(service: Running, method: str, path: str) -> None:
    for token in (None, "wrong", ""):
        reply = service.call(method, path, b"{}", tcp=True, token=token)
        assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_the_token_and_the_unix_socket_let_in(service: Running, method: str, path: str) -> None:
    over_tcp = service.call(method, path, b"{}", tcp=True, token=service.token)
    over_unix = service.call(method, path, b"{}")
    assert over_tcp.status == over_unix.status
    assert over_tcp.status in (200, 400, 404)


def test_both_tokens_count_during_rotation(service: Running) -> None:
    service.home.next_token.write_text("the-next-one\n")
    old = service.call("GET", "/ready", tcp=True, token=service.token)
    new = service.call("GET", "/ready", tcp=True, token="the-next-one")
    service.home.next_token.unlink()
    gone = service.call("GET", "/ready", tcp=True, token="the-next-one")
    assert [old.status, new.status, gone.status] == [200, 200, 401]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:8722", 200),
        ("[::1]:8722", 200),
        ("LOCALHOST", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost@evil.example", 403),
        ("", 403),
    ],
)
def test_only_this_machine_is_a_host(service: Running, host: str, status: int) -> None:
    assert service.call("GET", "/health", tcp=True, host=host).status == status


@pytest.mark.parametrize("hosts", [b"", b"host: localhost\r\nhost: localhost\r\n"])
def test_exactly_one_host_is_needed(service: Running, hosts: bytes) -> None:
    assert service.send(b"GET /health HTTP/1.1\r\n" + hosts + b"\r\n", tcp=True).status == 400


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8722", 200),
        ("http://127.0.0.1", 200),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
def test_only_own_pages_may_call(service: Running, origin: str, status: int) -> None:
    reply = service.call("GET", "/ready", tcp=True, token=service.token, origin=origin)
    assert reply.status == status


def test_an_unknown_path_is_not_found(service: Running) -> None:
    reply = service.call("GET", "/v2/what", traceparent=f"00-{'ab' * 16}-0000000000000001-01")
    assert reply.status == 404
    assert reply.json() == {
        "error": {
            "code": "not_found",
            "message": "there is nothing at '/v2/what'.",
            "advice": "GET /api/status works.",
            "trace": "ab" * 16,
        }
    }


def test_a_wrong_method_is_told_the_right_one(service: Running) -> None:
    reply = service.call("DELETE", "/v1/agents/codex")
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert reply.json()["error"]["code"] == "method_not_allowed"


def test_an_unknown_agent_is_not_found_and_the_known_are_named(service: Running) -> None:
    error = service.hear({}, agent="nobody").json()["error"]
    assert (error["code"], "claude-code" in error["advice"]) == ("not_found", True)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"{}", b"0" * 100_000])
def test_what_is_no_payload_is_bad_input(service: Running, body: bytes) -> None:
    reply = service.call("POST", "/v1/agents/claude-code", body)
    assert (reply.status, reply.json()["error"]["code"]) == (400, "bad_payload")


@pytest.mark.parametrize("size", [2 * 1024 * 1024 + 1, 7 * 1024 * 1024])
def test_a_body_over_the_limit_is_refused_and_the_client_gets_to_know(
    service: Running, size: int
) -> None:
    for tcp in (False, True):
        reply = service.call("POST", "/v1/agents/codex", b" " * size, tcp=tcp, token=service.token)
        assert (reply.status, reply.headers["connection"]) == (413, "close")


def test_a_chunked_body_over_the_limit_is_refused(service: Running) -> None:
    head = (
        b"POST /v1/agents/codex HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert service.send(head + chunk * 33 + b"0\r\n\r\n").status == 413


def test_a_body_that_is_announced_absurdly_large_is_not_even_read(service: Running) -> None:
    head = (
        b"POST /v1/agents/codex HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999\r\n\r\n"
    )
    assert service.send(head).status == 413


def test_a_body_of_the_whole_limit_is_taken(service: Running) -> None:
    payload = json.dumps(before("large")).encode()
    filled = payload + b" " * (2 * 1024 * 1024 - len(payload))
    assert service.call("POST", "/v1/agents/claude-code", filled).status == 200


def test_a_head_over_the_limit_is_refused(service: Running) -> None:
    assert service.call("GET", "/health", x="y" * 70_000).status == 431


@pytest.mark.parametrize(
    "raw",
    [
        b"what is this\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"CONNECT localhost:80 HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_not_http_gets_the_envelope_too(service: Running, raw: bytes) -> None:
    reply = service.send(raw)
    assert (reply.status, reply.json()["error"]["code"]) == (400, "bad_input")


def test_head_is_answered_like_get_without_a_body(service: Running) -> None:
    with service.connect() as link:
        link.sendall(request("HEAD", "/health", connection="close"))
        received = b"".join(iter(lambda: link.recv(4096), b""))
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b"\r\n\r\n")


def test_a_call_is_advised_observed_and_marked(service: Running) -> None:
    call = {"session": "sdk", "tool": "Bash", "input": {"command": "ls"}, "cwd": "/"}
    advice = service.call("POST", "/v1/advise", json.dumps(call).encode()).json()
    ended = {**call, "call_id": advice["action_id"], "ok": True}
    recorded = service.call("POST", "/v1/outcomes", json.dumps(ended).encode()).json()
    mark = json.dumps({"advice": "adv_none", "mark": "helpful"}).encode()
    unknown = service.call("POST", "/v1/feedback", mark)
    assert set(advice) >= {"advice_id", "action_id", "text", "authority", "items", "trace"}
    assert recorded["seq"] > 0
    assert (unknown.status, unknown.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/v1/advise", "/v1/outcomes", "/v1/feedback"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"tool": 1}', b'{"event": "before"}'])
def test_what_programs_send_wrong_is_bad_input(service: Running, path: str, body: bytes) -> None:
    assert service.call("POST", path, body).status == 400


def test_figures_count_what_was_answered(service: Running) -> None:
    service.hear(before("counted"))
    text = service.call("GET", "/metrics").body.decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert int(lines['counsel_requests_total{route="agents",status="200"}']) >= 1
    counted = lines['counsel_request_seconds_count{route="agents"}']
    assert lines['counsel_request_seconds_bucket{route="agents",le="+Inf"}'] == counted


def test_a_hundred_parallel_calls_of_one_session_are_all_recorded(service: Running) -> None:
    replies: list[int] = []

    def call(number: int) -> None:
        replies.append(service.hear(before(f"parallel-{number}", session="one")).status)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200] * 100
    assert {name for name in _recorded(service) if name.startswith("parallel-")} == {
        f"parallel-{number}" for number in range(100)
    }


def test_no_body_whatever_makes_it_fail_by_itself(service: Running) -> None:
    chance = random.Random(20261121)
    paths = ["/v1/agents/claude-code", "/v1/agents/codex", "/v1/agents/generic"]
    paths += ["/v1/advise", "/v1/outcomes", "/v1/feedback"]
    statuses = set()
    with service.connect() as link:
        for number in range(2000):
            body = _mangled(chance, json.dumps(before(f"fuzz-{number}")).encode())
            link.sendall(request("POST", chance.choice(paths), body))
            statuses.add(read_reply(link).status)
    assert statuses <= {200, 400, 404}
    assert {200, 400} <= statuses


def _mangled(chance: random.Random, payload: bytes) -> bytes:
    """Random bytes, or a payload with random bytes changed, cut out, or doubled."""
    if chance.random() < 0.2:
        return chance.randbytes(chance.randrange(200))
    body = bytearray(payload)
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(body) + 1)
        width = chance.randrange(8)
        body[at : at + width] = chance.choice(
            [b"", chance.randbytes(width), b"null", b"{}", b"[" * 2000, b"1e999", b"\\ud800", b'"']
        )
    return bytes(body)


def _recorded(service: Running) -> set[str]:
    store = SqliteStore(service.home.database)
    try:
        rows = store.events.read(limit=100_000)
    finally:
        store.close()
    return {row.event.action.id for row in rows if isinstance(row.event, ActionProposed)}
