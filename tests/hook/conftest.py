"""A home of its own for each test; whatever service its hooks start ends with it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from counsel.config import Home
from tests.server.processes import end_service_of, fresh_home


@pytest.fixture
def home() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="ch-"))
    yield fresh_home(folder)
    end_service_of(fresh_home(folder))
    shutil.rmtree(folder)
