"""The parts of the server that need no server: limits, figures, tokens, routes, the log."""

import json
import logging

import pytest

from counsel.config import Home, Settings
from counsel.model.clock import SetClock
from counsel.model.errors import Conflict, NotFound
from counsel.server.exchange import NotAllowed
from counsel.server.instance import Instance, lock_holder
from counsel.server.limits import SOURCES_AT_MOST, RateLimit
from counsel.server.logs import start_logging
from counsel.server.recorder import FIGURES, Recorder
from counsel.server.routes import TABLE, Routes
from counsel.server.tokens import TokenRing, ensure_token


def test_a_bucket_is_emptied_and_fills_again() -> None:
    clock = SetClock()
    limit = RateLimit(clock, per_second=2.0, burst=3)
    at_once = [limit.admits("a") for _ in range(4)]
    clock.advance(500)
    later = [limit.admits("a"), limit.admits("a")]
    clock.advance(3_600_000)
    full = [limit.admits("a") for _ in range(4)]
    assert at_once == [True, True, True, False]
    assert later == [True, False]
    assert full == [True, True, True, False]


def test_sources_do_not_share_and_are_forgotten_in_the_end() -> None:
    limit = RateLimit(SetClock(), per_second=0.001, burst=1)
    assert limit.admits("first")
    assert not limit.admits("first")
    assert all(limit.admits(f"source-{number}") for number in range(SOURCES_AT_MOST))
    assert limit.admits("first")


def test_figures_are_exposed_as_prometheus_reads_them() -> None:
    recorder = Recorder()
    recorder.count("counsel_requests_total", (("route", 'a"b\\c\n'), ("status", "200")))
    recorder.observe("counsel_stage_seconds", 0.0001, (("stage", "rank"),))
    recorder.observe("counsel_stage_seconds", 99.0, (("stage", "rank"),))
    lines = recorder.exposition().splitlines()
    assert r'counsel_requests_total{route="a\"b\\c\n",status="200"} 1' in lines
    assert 'counsel_stage_seconds_bucket{stage="rank",le="5e-05"} 0' in lines
    assert 'counsel_stage_seconds_bucket{stage="rank",le="0.0001"} 1' in lines
    assert 'counsel_stage_seconds_bucket{stage="rank",le="+Inf"} 2' in lines
    assert 'counsel_stage_seconds_sum{stage="rank"} 99.000100000' in lines
    assert 'counsel_stage_seconds_count{stage="rank"} 2' in lines
    assert [line for line in lines if line.startswith("# TYPE")] == [
        f"# TYPE {figure} {kind}" for figure, (kind, _) in FIGURES.items()
    ]


def test_a_token_is_made_once_and_mended_when_empty(home: Home) -> None:
    home.create()
    token = ensure_token(home)
    assert ensure_token(home) == token
    assert home.token.stat().st_mode & 0o777 == 0o600
    home.token.write_text("\n")
    assert ensure_token(home) not in ("", token)


def test_an_empty_token_file_lets_nobody_in(home: Home) -> None:
    home.create()
    home.token.write_text("")
    ring = TokenRing(home)
    assert not ring.accepts(b"Bearer ")
    assert not ring.accepts(b"Bearer")
    assert not ring.accepts(b"")


def test_only_a_bearer_scheme_counts(home: Home) -> None:
    home.create()
    token = ensure_token(home).encode()
    ring = TokenRing(home)
    assert ring.accepts(b"bearer " + token)
    assert not ring.accepts(token)
    assert not ring.accepts(b"Basic " + token)


def test_a_path_finds_its_route_or_says_why_not() -> None:
    routes = Routes(TABLE)
    agents = routes.find("POST", "/v1/agents/codex")
    assert (agents.one("POST", "").name, agents.given) == ("agents", {"agent": "codex"})
    assert routes.find("HEAD", "/health").one("HEAD", "").name == "health"
    with pytest.raises(NotAllowed, match="Use POST"):
        routes.find("GET", "/v1/advise").one("GET", "/v1/advise")
    for path in ("/v1/agents/", "/v1/agents/a/b", "/health/", "", "*"):
        with pytest.raises(NotFound):
            routes.find("GET", path).one("GET", path)


def test_a_claim_excludes_others_until_it_is_released(home: Home) -> None:
    home.create()
    first = Instance.claim(home, {})
    with pytest.raises(Conflict, match="already serves"):
        Instance.claim(home, {})
    held = lock_holder(home)
    first.release()
    assert held is not None
    assert lock_holder(home) is None
    Instance.claim(home, {}).release()


@pytest.mark.parametrize("named", ["", "x", "0", "99999", "-1"])
def test_a_handed_over_descriptor_that_is_not_the_lock_is_not_taken(home: Home, named: str) -> None:
    home.create()
    instance = Instance.claim(home, {"COUNSEL_LOCK_FD": named})
    assert lock_holder(home) is not None
    instance.release()


def test_the_log_has_an_action_on_every_line(home: Home) -> None:
    home.create()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    start_logging(Settings(home=home, log_format="json"))
    try:
        logging.getLogger("x").info("hello", extra={"action": "greeted", "trace": "t1"})
        try:
            raise ValueError("odd")
        except ValueError:
            logging.getLogger("x").exception("failed")
    finally:
        root.setLevel(level)
        for handler in set(root.handlers) - set(before):
            root.removeHandler(handler)
            handler.close()
    rows = [json.loads(line) for line in home.log.read_text().splitlines()]
    assert [(row["action"], row["message"], row["level"]) for row in rows] == [
        ("greeted", "hello", "info"),
        ("x", "failed", "error"),
    ]
    assert rows[0]["trace"] == "t1"
    assert "ValueError: odd" in rows[1]["exception"]
