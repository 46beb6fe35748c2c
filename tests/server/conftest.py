"""A home of its own for each test, and one service for the tests that only talk to it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from counsel.config import Home
from tests.server.processes import Running, end_service_of, fresh_home, running


@pytest.fixture
def home() -> Iterator[Home]:
    """In a short folder, so that the socket lies in the home."""
    folder = Path(tempfile.mkdtemp(prefix="cs-"))
    yield fresh_home(folder)
    end_service_of(fresh_home(folder))
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    folder = Path(tempfile.mkdtemp(prefix="cs-"))
    with running(fresh_home(folder)) as started:
        yield started
    shutil.rmtree(folder)
