"""Learning from the log exactly once, whatever dies in between."""

from concurrent.futures import Future

import pytest

from counsel.memory.ports import LearningBatch
from counsel.model.errors import StoreFault
from counsel.storage.in_memory.learning import InMemoryLearningStore
from counsel.storage.in_memory.store import InMemoryStore
from counsel.workflows.learning import RUN, Learning, LearningWorker
from tests.workflows.rig import Rig, shell


def failing(rig: Rig, times: int = 1, session: str = "s") -> None:
    for number in range(times):
        call = shell(f"{session}{number}", "gh pr diff --stat")
        rig.propose(call, session)
        rig.end(call, "failed", "unknown flag: --stat", session=session)


def counts(store: InMemoryStore) -> list[tuple[str, int]]:
    return [(lesson.id, lesson.evidence.seen) for lesson in store.learning.lessons()]


def test_what_was_learnt_before_a_kill_is_learnt_once() -> None:
    rig = Rig()
    failing(rig)
    rig.learn()
    before = counts(rig.store)
    survivor = Learning(rig.store)
    assert survivor.run() == 0
    assert counts(rig.store) == before
    assert before[0][1] == 1


def test_what_was_appended_before_a_kill_is_learnt_by_the_next_service() -> None:
    rig = Rig()
    failing(rig)
    survivor = Learning(rig.store)
    assert survivor.run() > 0
    assert [seen for _, seen in counts(rig.store)] == [1, 1]


def test_a_restart_in_the_middle_learns_what_one_run_would() -> None:
    whole, parts = Rig(), Rig()
    for rig in (whole, parts):
        failing(rig, 3)
        failing(rig, 2, "t")
    whole.learn()
    learning = Learning(parts.store)
    while learning.run(limit=3):
        learning = Learning(parts.store)
    assert counts(parts.store) == counts(whole.store)
    assert parts.store.learning.learnt_upto() == whole.store.learning.learnt_upto()


def test_the_second_of_two_learners_takes_over_what_the_first_wrote() -> None:
    rig = Rig()
    failing(rig)
    second = Learning(rig.store)
    shelf, foresight, predict = (
        second.learner.shelf,
        second.learner.foresight,
        second.learner.predictor.predict,
    )
    rig.learn()
    worker = LearningWorker(second)
    assert worker.run_once() is True
    assert worker.run_once() is False
    assert counts(rig.store) == [(one.id, 1) for one in rig.store.learning.lessons()]
    assert second.learner.shelf is shelf and second.learner.foresight is foresight
    assert second.learner.predictor.predict == predict
    assert sorted(one.id for one in shelf.all()) == [one.id for one in rig.store.learning.lessons()]


class FullDisk(InMemoryLearningStore):
    """Fails the first commit, as a full disk would."""

    def __init__(self) -> None:
        super().__init__()
        self.full = True

    def commit(self, batch: LearningBatch) -> Future[int]:
        if self.full:
            self.full = False
            failed: Future[int] = Future()
            failed.set_exception(StoreFault("the disk is full.", advice="Make room."))
            return failed
        return super().commit(batch)


def test_a_batch_that_could_not_be_written_is_learnt_again() -> None:
    rig = Rig()
    failing(rig)
    rig.store.learning = FullDisk()
    learning = Learning(rig.store)
    with pytest.raises(StoreFault):
        learning.run()
    learning.run()
    assert [seen for _, seen in counts(rig.store)] == [1, 1]
    assert rig.store.learning.learnt_upto() == rig.store.events.last_seq()


def test_a_run_is_bounded_and_says_whether_there_is_more() -> None:
    rig = Rig()
    failing(rig, RUN // 2)
    worker = LearningWorker(rig.learning)
    assert worker.run_once() is True
    while worker.run_once():
        pass
    assert rig.learning.upto == rig.store.events.last_seq()


def test_a_stored_learner_is_the_same_after_loading() -> None:
    rig = Rig()
    failing(rig, 3)
    rig.mark(rig.propose(shell("x", "gh pr diff --stat"), "u").advice_id, "helpful")
    rig.learn()
    again = Learning(rig.store)
    assert again.learner.shelf.all() == sorted(rig.learner.shelf.all(), key=lambda one: one.id)
    assert again.learner.book == rig.learner.book
    assert again.learner.gaps == rig.learner.gaps
    for row in rig.store.learning.counters("foresight"):
        assert again.learner.foresight.estimate(row.key, 0.5) == rig.learner.foresight.estimate(
            row.key, 0.5
        )
