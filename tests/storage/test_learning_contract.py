"""What every learning store does."""

import pytest

from counsel.memory.ports import LearningBatch
from counsel.model.errors import Conflict
from counsel.model.ids import LessonId
from counsel.storage.store import Store

from .samples import counter, lesson


def test_a_new_store_knows_nothing(store: Store) -> None:
    assert store.learning.lessons() == []
    assert store.learning.lesson(LessonId("l1")) is None
    assert store.learning.counters("risk") == []
    assert store.learning.learnt_upto() == 0


def test_a_batch_is_there_when_it_is_written(store: Store) -> None:
    batch = LearningBatch(
        upto=7,
        lessons=(lesson("l2"), lesson("l1")),
        counters=(counter("risk", "b"), counter("risk", "a", b"\x00"), counter("other", "a")),
    )
    assert store.learning.commit(batch).result() == 7
    assert store.learning.learnt_upto() == 7
    assert store.learning.lessons() == [lesson("l1"), lesson("l2")]
    assert store.learning.lesson(LessonId("l2")) == lesson("l2")
    assert store.learning.counters("risk") == [counter("risk", "a", b"\x00"), counter("risk", "b")]


def test_a_later_batch_replaces_and_removes(store: Store) -> None:
    first = LearningBatch(
        lessons=(lesson("l1"), lesson("l2")), counters=(counter("f", "a"), counter("f", "b"))
    )
    second = LearningBatch(
        lessons=(lesson("l1", "better", version=2),),
        forgotten=(LessonId("l2"), LessonId("never there")),
        counters=(counter("f", "a", b"2"),),
        dropped_counters=(("f", "b"), ("never", "there")),
    )
    store.learning.commit(first).result()
    store.learning.commit(second).result()
    assert store.learning.lessons() == [lesson("l1", "better", version=2)]
    assert store.learning.counters("f") == [counter("f", "a", b"2")]


def test_what_is_both_given_and_removed_is_removed(store: Store) -> None:
    store.learning.commit(
        LearningBatch(
            lessons=(lesson("l1"),),
            forgotten=(LessonId("l1"),),
            counters=(counter("f", "a"),),
            dropped_counters=(("f", "a"),),
        )
    ).result()
    assert store.learning.lessons() == []
    assert store.learning.counters("f") == []


def test_a_batch_without_a_mark_leaves_the_mark_alone(store: Store) -> None:
    store.learning.commit(LearningBatch(upto=5)).result()
    assert store.learning.commit(LearningBatch(lessons=(lesson("l1"),))).result() == 5
    assert store.learning.learnt_upto() == 5


@pytest.mark.parametrize("upto", [5, 4, 0, -1])
def test_a_batch_learnt_before_is_refused_whole(store: Store, upto: int) -> None:
    store.learning.commit(LearningBatch(upto=5, lessons=(lesson("l1"),))).result()
    again = LearningBatch(
        upto=upto,
        lessons=(lesson("l2"),),
        forgotten=(LessonId("l1"),),
        counters=(counter("f", "a"),),
    )
    with pytest.raises(Conflict, match=f"up to event {upto} is known already.*stands at 5"):
        store.learning.commit(again).result()
    assert store.learning.lessons() == [lesson("l1")]
    assert store.learning.counters("f") == []
    assert store.learning.learnt_upto() == 5


def test_of_many_learners_of_the_same_events_one_succeeds(store: Store) -> None:
    batches = [LearningBatch(upto=3, lessons=(lesson("l1", str(n)),)) for n in range(20)]
    written = [store.learning.commit(batch) for batch in batches]
    refused = 0
    for promise in written:
        try:
            promise.result()
        except Conflict:
            refused += 1
    assert refused == 19
    assert store.learning.lessons() == [lesson("l1", "0")]
