"""Memory over HTTP: what the routes answer, and what they refuse."""

import json
import random
from typing import Any

import pytest

from tests.server.processes import Reply, Running, read_reply, request

TEXT = "Run `make lint` before `git commit`, because the hook rejects the commit otherwise"


def post(service: Running, path: str, value: object) -> Reply:
    return service.call("POST", path, json.dumps(value).encode())


def add(service: Running, text: str, **fields: Any) -> Any:
    return post(service, "/v1/memory/lessons", {"text": text, **fields}).json()


def test_a_lesson_by_its_life(service: Running) -> None:
    added = add(service, TEXT, kind="policy", condition={"program": "git"})
    one = service.call("GET", f"/v1/memory/lessons/{added['id']}")
    removed = service.call("DELETE", f"/v1/memory/lessons/{added['id']}")
    gone = service.call("GET", f"/v1/memory/lessons/{added['id']}")
    assert (added["verdict"], one.json()["lesson"]["kind"]) == ("accepted", "policy")
    assert removed.json() == {"lessons": 1, "events": 0, "sessions": [], "dry_run": False}
    assert (gone.status, gone.json()["error"]["code"]) == (404, "not_found")


def test_the_query_chooses_among_the_lessons(service: Running) -> None:
    here = add(service, "Use `pnpm install` here, because npm breaks the lock file", project="/p")
    there = add(service, "Run `cargo fmt` before a commit, because CI fails otherwise",
                project="/q", kind="policy")  # fmt: skip
    rows = {
        query: [
            one["id"]
            for one in service.call("GET", f"/v1/memory/lessons?{query}").json()["lessons"]
        ]
        for query in ("project=%2Fp", "kind=policy", "status=retired", "limit=0")
    }
    assert rows == {
        "project=%2Fp": [here["id"]],
        "kind=policy": [there["id"]],
        "status=retired": [],
        "limit=0": [],
    }


@pytest.mark.parametrize(
    "query", ["status=asleep", "limit=many", "colour=red", "&".join(["a=1"] * 99)]
)
def test_a_query_that_cannot_be_used_is_bad_input(service: Running, query: str) -> None:
    reply = service.call("GET", f"/v1/memory/lessons?{query}")
    assert (reply.status, reply.json()["error"]["code"]) == (400, "bad_input")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/memory/lessons", {}),
        ("/v1/memory/lessons", {"text": " "}),
        ("/v1/memory/lessons", {"text": TEXT, "kind": "gossip"}),
        ("/v1/memory/lessons", {"text": TEXT, "colour": "red"}),
        ("/v1/memory/forget", {}),
        ("/v1/memory/forget", {"session": "s", "project": "p"}),
    ],
)
def test_a_body_that_cannot_be_used_is_bad_input(service: Running, path: str, body: object) -> None:
    assert post(service, path, body).status == 400


def test_what_is_not_there_is_not_found(service: Running) -> None:
    replies = [
        service.call("DELETE", "/v1/memory/lessons/les_none"),
        post(service, "/v1/memory/forget", {"lesson": "les_none"}),
        post(service, "/v1/memory/quarantine/qua_none/restore", {}),
        post(service, "/v1/opportunities/opp_none/accept", {}),
        post(service, "/v1/opportunities/opp_none/dismiss", {}),
    ]
    assert [reply.status for reply in replies] == [404] * 5


def test_over_tcp_memory_needs_the_token(service: Running) -> None:
    bare = service.call("GET", "/v1/memory/export", tcp=True)
    known = service.call("GET", "/v1/memory/export", tcp=True, token=service.token)
    assert (bare.status, known.status) == (401, 200)
    assert known.headers["content-type"] == "application/x-ndjson"


def test_no_body_whatever_makes_memory_fail_by_itself(service: Running) -> None:
    chance = random.Random(7)
    seeds = [
        ("/v1/memory/lessons", {"text": TEXT, "condition": {"flags": ["--x"], "words": ["a"]}}),
        ("/v1/memory/forget", {"session": "s", "dry_run": True}),
        ("/v1/memory/import", {"id": "les_9", "kind": "policy", "text": TEXT, "version": 3}),
        ("/v1/memory/quarantine/qua_x/restore", {}),
    ]
    pieces = [
        b"",
        b"null",
        b"{}",
        b"[" * 2000,
        b"1e999",
        b"\\ud800",
        b"\\u0000",
        b'"',
        b"\xff",
        b"-1",
    ]
    statuses = set()
    with service.connect() as link:
        for _ in range(600):
            path, value = chance.choice(seeds)
            body = bytearray(json.dumps(value).encode())
            for _ in range(chance.randrange(3)):
                at = chance.randrange(len(body) + 1)
                body[at : at + chance.randrange(6)] = chance.choice(pieces)
            link.sendall(request("POST", path, bytes(body)))
            statuses.add(read_reply(link).status)
    assert {200, 400} <= statuses <= {200, 400, 404}
    assert service.call("GET", "/v1/memory/lessons?limit=1000").status == 200
    assert service.call("GET", "/v1/memory/export").status == 200
