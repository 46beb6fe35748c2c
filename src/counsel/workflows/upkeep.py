"""Small duties around the desk: waking the learner, snapshots of sessions, times of files read."""

import os
from collections.abc import Sequence
from threading import Event as Signal

from counsel.advice.session import Session
from counsel.memory.facts import Ended
from counsel.model.events import Event
from counsel.workflows.learning import LearningWorker


class Waker:
    """Wakes the learner when the desk has taken something."""

    def __init__(self, worker: LearningWorker) -> None:
        self._worker = worker

    def heard(self, events: Sequence[Event]) -> None:
        self._worker.awake.set()


def note_mtime(session: Session, ended: Ended) -> None:
    """Remember when a file that was just read or written was last changed on the disk."""
    action = ended.call.action
    if ended.outcome.status != "ok" or not action.path:
        return
    touch = session.facts.touched.get(session.facts.reader(action, action.path))
    if touch is None:
        return
    try:
        full = os.path.join(ended.call.cwd or "/", os.path.expanduser(action.path))
        touch.mtime_ns = os.stat(full).st_mtime_ns
    except (OSError, ValueError):
        touch.mtime_ns = 0


class SnapshotWorker:
    """Tells the desk's thread that it is time for snapshots; the desk takes them itself."""

    name = "snapshots"
    interval = 5.0

    def __init__(self) -> None:
        self.awake = Signal()
        self.due = False

    def run_once(self) -> bool:
        self.due = True
        return False
