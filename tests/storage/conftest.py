"""The engines under the contract suite, and a database to break."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from counsel.storage.in_memory.store import InMemoryStore
from counsel.storage.sqlite.store import SqliteStore
from counsel.storage.store import Store


def open_store(engine: str, folder: Path) -> Store:
    if engine == "in_memory":
        return InMemoryStore()
    return SqliteStore(folder / "counsel.db")


@pytest.fixture(params=["in_memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(request.param, tmp_path)) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "counsel.db"
