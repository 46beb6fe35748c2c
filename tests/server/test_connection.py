"""What one connection can do: stay, send ahead, and wait to be asked for the body."""

import json

from tests.server.processes import Running, before, read_reply, request


def test_a_connection_stays_for_the_next_request_even_after_head(service: Running) -> None:
    with service.connect() as link:
        link.sendall(request("HEAD", "/health"))
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            received += link.recv(4096)
        link.sendall(request("GET", "/health"))
        after = read_reply(link)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert (after.status, after.json()["status"]) == (200, "ok")


def test_requests_sent_ahead_are_answered_in_their_order(service: Running) -> None:
    paths = ["/health", "/nowhere", "/ready"] * 5
    with service.connect() as link:
        link.sendall(b"".join(request("GET", path) for path in paths[:-1]))
        link.sendall(request("GET", paths[-1], connection="close"))
        received = b"".join(iter(lambda: link.recv(1 << 16), b""))
    statuses = [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"404", b"200"] * 5


def test_a_client_that_waits_to_be_asked_is_asked(service: Running) -> None:
    body = json.dumps(before("asked")).encode()
    raw = request("POST", "/v1/agents/claude-code", body, expect="100-continue")
    with service.connect() as link:
        link.sendall(raw[: -len(body)])
        asked = link.recv(4096)
        link.sendall(body)
        reply = read_reply(link)
    assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert reply.status == 200


def test_a_request_in_single_bytes_is_a_request(service: Running) -> None:
    with service.connect() as link:
        for byte in request("POST", "/v1/agents/claude-code", json.dumps(before("slow")).encode()):
            link.send(bytes([byte]))
        assert read_reply(link).status == 200


def test_a_client_that_leaves_in_the_middle_harms_nobody(service: Running) -> None:
    raw = request("POST", "/v1/agents/claude-code", json.dumps(before("gone")).encode())
    for length in (1, 20, len(raw) - 1, len(raw)):
        with service.connect() as link:
            link.sendall(raw[:length])
    assert service.call("GET", "/ready").status == 200
