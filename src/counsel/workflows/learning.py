"""Learning in the background: the log's new events, in order, exactly once.

What a run changed and the mark of the last event it learnt from are committed together, so a kill
at any moment repeats nothing and loses nothing. At the start the facts of recent sessions are
rebuilt without learning from them again.
"""

from threading import Event as Signal
from threading import Lock

from counsel.memory.learner import FAMILIES, Learner
from counsel.model.errors import Conflict
from counsel.workflows.ports import Stores

RUN = 400
"""Events in one run: the learner's lock is held for that long."""
WARM = 4_000
"""Events before the mark from which open sessions are rebuilt."""


class Learning:
    """The learner with its store: the one writer of lessons. Safe from any thread."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.lock = Lock()
        self.learner = Learner()
        self.reload()

    def reload(self) -> None:
        learning = self._stores.learning
        self.upto = learning.learnt_upto()
        counters = [row for family in FAMILIES for row in learning.counters(family)]
        self.learner.load(learning.lessons(), counters)
        for row in self._stores.events.read(max(0, self.upto - WARM), WARM):
            if row.seq <= self.upto:
                self.learner.learn(row.event, quietly=True)
        self.learner.drain(None)
        self._behind = False

    def run(self, limit: int = RUN) -> int:
        """Learn from the next events; how many. Raises `StoreFault`."""
        with self.lock:
            if self._behind:
                self.reload()
            rows = self._stores.events.read(self.upto, limit)
            if not rows:
                return 0
            for row in rows:
                self.learner.learn(row.event)
            self.upto = rows[-1].seq
            self._commit(self.upto)
            return len(rows)

    def save(self) -> None:
        """Commit what was changed by hand. The caller holds the lock."""
        self._commit(None)

    def _commit(self, upto: int | None) -> None:
        # What is drained and not written is lost to the learner: then it starts from the store.
        self._behind = True
        batch, quarantined = self.learner.drain(upto)
        for row in quarantined:
            self._stores.quarantine.put(row)
        self._stores.learning.commit(batch).result()
        self._behind = False


class LearningWorker:
    """Runs `Learning` in the service's background (see `counsel.bootstrap.Worker`)."""

    name = "learning"
    interval = 1.0

    def __init__(self, learning: Learning) -> None:
        self._learning = learning
        self.awake = Signal()

    def run_once(self) -> bool:
        try:
            return self._learning.run() >= RUN
        except Conflict:
            # Another process learnt from these events first: the next run takes over its work.
            return True
