"""Background work: it runs, rests, is woken, survives its own failures, and stops."""

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from counsel.server.recorder import Recorder
from counsel.server.workers import Workers

PATIENCE = 20.0


class Task:
    """A worker whose runs are told beforehand; what comes after the last is rest."""

    def __init__(self, *runs: Callable[[], bool], interval: float = 3600.0) -> None:
        self.name = "task"
        self.interval = interval
        self.awake = threading.Event()
        self.done = threading.Semaphore(0)
        self._runs: Iterator[Callable[[], bool]] = iter(runs)

    def run_once(self) -> bool:
        run = next(self._runs, None)
        try:
            return run() if run else False
        finally:
            self.done.release()

    def ran(self, times: int) -> bool:
        return all(self.done.acquire(timeout=PATIENCE) for _ in range(times))


def _more() -> bool:
    return True


def _rest() -> bool:
    return False


def _fail() -> bool:
    raise RuntimeError("no luck")


def _started(task: Task) -> tuple[Workers, Recorder]:
    recorder = Recorder()
    workers = Workers([task], recorder)
    workers.start()
    return workers, recorder


def test_it_runs_as_long_as_there_is_more_and_then_rests() -> None:
    task = Task(_more, _more, _rest)
    workers, _ = _started(task)
    assert task.ran(3)
    assert workers.stop(PATIENCE) == []
    assert not task.done.acquire(blocking=False)


def test_a_resting_worker_is_woken() -> None:
    task = Task(_rest, _rest)
    workers, _ = _started(task)
    assert task.ran(1)
    task.awake.set()
    assert task.ran(1)
    assert workers.stop(PATIENCE) == []


def test_a_resting_worker_runs_again_after_its_interval() -> None:
    task = Task(_rest, _rest, interval=0.001)
    workers, _ = _started(task)
    assert task.ran(2)
    assert workers.stop(PATIENCE) == []


def test_a_failure_is_logged_counted_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    task = Task(_fail, _rest)
    with caplog.at_level(logging.ERROR):
        workers, recorder = _started(task)
        assert task.ran(2)
        assert workers.stop(PATIENCE) == []
    counted = {tally.labels: tally.value for tally in recorder.tallies()}
    assert counted == {
        (("worker", "task"), ("result", "done")): 1,
        (("worker", "task"), ("result", "failed")): 1,
    }
    assert "worker 'task' failed, attempt 1" in caplog.text
    assert "no luck" in caplog.text


def test_waking_does_not_shorten_the_pause_after_a_failure() -> None:
    task = Task(*[_fail] * 100)
    workers, _ = _started(task)
    assert task.ran(1)
    for _ in range(100):
        task.awake.set()
    assert workers.stop(PATIENCE) == []
    runs = 1
    while task.done.acquire(blocking=False):
        runs += 1
    assert runs <= 2


def test_one_that_does_not_stop_is_named() -> None:
    blocked = threading.Event()
    task = Task(lambda: blocked.wait(PATIENCE))
    workers, _ = _started(task)
    assert workers.stop(0.01) == ["task"]
    blocked.set()
    assert workers.stop(PATIENCE) == []


def test_workers_that_never_started_can_be_stopped() -> None:
    assert Workers([Task()], Recorder()).stop(PATIENCE) == []
