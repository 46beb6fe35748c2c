"""A stamp that counts, so that whole events can be compared."""

import pytest

from counsel.model.ids import EventId, ProjectKey


class CountingStamp:
    """Ids `evt_1`, `evt_2`, ...; one fixed time; the folder's name as project."""

    def __init__(self) -> None:
        self.made = 0

    def event_id(self) -> EventId:
        self.made += 1
        return EventId(f"evt_{self.made}")

    def now_ms(self) -> int:
        return 1_700_000_000_000

    def project(self, cwd: str) -> ProjectKey:
        return ProjectKey(cwd.rsplit("/", 1)[-1])


@pytest.fixture
def stamp() -> CountingStamp:
    return CountingStamp()
