"""The head of an event that is made now: id, time and project come from the caller's stamp."""

from typing import TypedDict

from counsel.agents.adapter import Stamp
from counsel.model.ids import EventId, ProjectKey, SessionId


class Head(TypedDict):
    """The fields of `EventHead` that every event needs; to be unpacked into one."""

    id: EventId
    at_ms: int
    agent: str
    session: SessionId
    project: ProjectKey


def stamped(agent: str, session: str, cwd: str, stamp: Stamp) -> Head:
    """A new head; one event id is taken from `stamp`."""
    return Head(
        id=stamp.event_id(),
        at_ms=stamp.now_ms(),
        agent=agent,
        session=SessionId(session),
        project=stamp.project(cwd),
    )
