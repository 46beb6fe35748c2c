"""Background work: each worker in a thread of its own, restarted with a growing pause if it fails.

A worker does one bounded piece per `run_once` and says whether there is more; between pieces it
can be stopped. When there is no more it sleeps for its interval, or until its `awake` is set.
"""

import logging
from collections.abc import Sequence
from threading import Event, Thread

from counsel.bootstrap import Worker
from counsel.server.recorder import Recorder

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0


class Workers:
    """All workers of one service."""

    def __init__(self, workers: Sequence[Worker], recorder: Recorder) -> None:
        self._benches = {worker.name: _Bench(worker, recorder) for worker in workers}

    def start(self) -> None:
        for bench in self._benches.values():
            bench.thread.start()

    def names(self) -> list[str]:
        return list(self._benches)

    def stop(self, timeout: float) -> list[str]:
        """End all, waiting at most `timeout` seconds for each; the names of those still busy."""
        for bench in self._benches.values():
            bench.stopping.set()
            bench.worker.awake.set()
        busy = []
        for name, bench in self._benches.items():
            if bench.thread.is_alive():
                bench.thread.join(timeout)
            if bench.thread.is_alive():
                busy.append(name)
        return busy


class _Bench:
    """One worker, its thread, and the sign to stop."""

    def __init__(self, worker: Worker, recorder: Recorder) -> None:
        self.worker = worker
        self.stopping = Event()
        self.thread = Thread(target=self._work, name=f"counsel-{worker.name}", daemon=True)
        self._recorder = recorder

    def _work(self) -> None:
        failures = 0
        while not self.stopping.is_set():
            self.worker.awake.clear()
            try:
                more = self.worker.run_once()
            except Exception:
                failures += 1
                logger.exception(
                    "worker %r failed, attempt %d",
                    self.worker.name,
                    failures,
                    extra={"action": "worker_failed"},
                )
                self._record("failed")
                # Only a stop ends this pause: waking would turn a failing worker into a busy loop.
                self.stopping.wait(min(FIRST_PAUSE * 2.0 ** min(failures - 1, 10), LONGEST_PAUSE))
                continue
            failures = 0
            self._record("done")
            if not more and not self.stopping.is_set():
                self.worker.awake.wait(self.worker.interval)

    def _record(self, result: str) -> None:
        labels = (("worker", self.worker.name), ("result", result))
        self._recorder.count("counsel_worker_runs_total", labels)
