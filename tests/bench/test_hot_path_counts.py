"""What one handled event costs, in counts that no machine's speed changes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bench.synthetic import Call, Workplace, calls, workplace
from counsel.advice.pipeline import Knowledge
from counsel.agents.adapter import Heard
from counsel.agents.registry import ADAPTERS
from counsel.bootstrap import SystemClock, SystemStamp
from counsel.memory.learner import Learner
from counsel.model.events import ActionProposed, AdviceGiven
from counsel.storage.in_memory.store import InMemoryStore
from counsel.storage.sqlite.connect import open_writer
from counsel.storage.sqlite.events import SqliteEventLog
from counsel.storage.sqlite.readers import Readers
from counsel.storage.sqlite.writer import Writer
from counsel.workflows.desk import Desk, Reply
from counsel.workflows.disk import DiskWorld
from counsel.workflows.sources import lesson_sources, pack_sources
from tests.hook.hooks import CLIENT
from tests.server.processes import environ_for, fresh_home

PORTS = ("events", "learning", "quarantine", "imports", "packets", "sessions")


class Counted:
    """A port that notes every call of its methods."""

    def __init__(self, name: str, port: object, noted: list[str]) -> None:
        self._name, self._port, self._noted = name, port, noted

    def __getattr__(self, method: str) -> Callable[..., Any]:
        self._noted.append(f"{self._name}.{method}")
        return getattr(self._port, method)  # type: ignore[no-any-return]


class CountedStores(InMemoryStore):
    """The in-memory store, every port of it counted; `events` may be another log."""

    def __init__(self, events: object | None = None) -> None:
        super().__init__()
        self.noted: list[str] = []
        for name in PORTS:
            port = events if events is not None and name == "events" else getattr(self, name)
            setattr(self, name, Counted(name, port, self.noted))


class Told:
    """A desk over some stores, told what Claude Code's hooks would tell."""

    def __init__(self, stores: CountedStores) -> None:
        learner, clock = Learner(), SystemClock()
        knowledge = Knowledge(
            shelf=learner.shelf,
            book=learner.book,
            foresight=learner.foresight,
            world=DiskWorld(),
            remembered=lesson_sources(learner.shelf),
            sources=pack_sources(),
        )
        self._stamp = SystemStamp(clock, Random(1))
        self._desk = Desk(stores, knowledge, learner.predictor.predict, clock, Random(2))

    def tell(self, payload: dict[str, Any]) -> tuple[Heard, Reply]:
        heard = ADAPTERS["claude-code"].parse(json.dumps(payload).encode(), self._stamp)
        reply = self._desk.handle(heard.events, answerable=heard.answerable)
        reply.written.result()
        return heard, reply


@pytest.fixture
def here(tmp_path: Path) -> Workplace:
    return workplace(tmp_path / "project")


def _two_calls(here: Workplace) -> tuple[Call, Call]:
    first, second = calls(2, "s", here, 1)
    return first, second


def test_an_event_is_one_append_and_nothing_else(here: Workplace) -> None:
    stores = CountedStores()
    told = Told(stores)
    first, second = _two_calls(here)
    told.tell(first.before)  # the session is met for the first time: it is looked for
    for payload in (first.after, second.before, second.after):
        stores.noted.clear()
        told.tell(payload)
        assert stores.noted == ["events.append"]


def test_a_new_session_is_looked_for_once(here: Workplace) -> None:
    stores = CountedStores()
    Told(stores).tell(_two_calls(here)[0].before)
    assert sorted(stores.noted) == ["events.append", "events.read_session", "sessions.load"]


@contextmanager
def traced_log(path: Path) -> Iterator[tuple[SqliteEventLog, list[str]]]:
    """The real log, and the statements its writer runs, by their first word."""
    connection = open_writer(path)
    statements: list[str] = []
    connection.set_trace_callback(lambda sql: statements.append(sql.split()[0].lower()))
    writer = Writer(connection, path)
    with closing(writer), closing(Readers(path)) as readers:
        yield SqliteEventLog(writer, readers), statements


def test_an_event_is_one_transaction_of_few_statements(tmp_path: Path, here: Workplace) -> None:
    with traced_log(tmp_path / "log.db") as (log, statements):
        told = Told(CountedStores(log))
        for call in _two_calls(here):
            statements.clear()
            told.tell(call.before)
            # The action and its answer.
            assert statements == ["begin", "select", "insert", "insert", "commit"]
            statements.clear()
            told.tell(call.after)
            judged = statements.count("insert") - 1
            assert statements == ["begin", "select", *["insert"] * (1 + judged), "commit"]
            assert judged <= 2  # a judgement of each of the two items that may be shown
        kinds = [type(row.event) for row in log.read()]
    assert kinds.count(ActionProposed) == kinds.count(AdviceGiven) == 2


def _imported(arguments: list[str], folder: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", *arguments],
        env={**environ_for(fresh_home(folder)), "COUNSEL_HOOK_AUTOSTART": "0"},
        input=b"{}",
        capture_output=True,
        check=True,
        timeout=30,
    )
    lines = done.stderr.decode().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def test_a_hook_imports_one_module_written_in_c(tmp_path: Path) -> None:
    bare = _imported(["-c", "import sys; sys.stdin.read()"], tmp_path)
    assert _imported([str(CLIENT), "claude-code"], tmp_path) - bare == {"_socket"}
