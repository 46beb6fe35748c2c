"""What every store does when many threads use it at once."""

from concurrent.futures import ThreadPoolExecutor

from counsel.storage.store import Store

from .samples import prompts, quarantined

_THREADS = 8
_EACH = 250


def test_of_events_appended_by_many_threads_none_is_lost(store: Store) -> None:
    def append(thread: int) -> list[int]:
        own = prompts(_EACH, prefix=f"thread{thread}-")
        written = [store.events.append([event]) for event in own]
        return [promise.result() for promise in written]

    with ThreadPoolExecutor(_THREADS) as pool:
        seqs = list(pool.map(append, range(_THREADS)))
    assert all(own == sorted(own) for own in seqs)
    assert sorted(seq for own in seqs for seq in own) == list(range(1, _THREADS * _EACH + 1))
    assert len(store.events.read(limit=10_000)) == _THREADS * _EACH


def test_a_reader_that_follows_the_log_misses_nothing(store: Store) -> None:
    """No event may appear later under a number that the reader has passed already."""

    def append(thread: int) -> None:
        for event in prompts(_EACH, prefix=f"thread{thread}-"):
            store.events.append([event])

    def follow() -> list[int]:
        seen: list[int] = []
        while len(seen) < _THREADS * _EACH:
            seen += [row.seq for row in store.events.read(after=seen[-1] if seen else 0)]
        return seen

    with ThreadPoolExecutor(_THREADS + 1) as pool:
        follower = pool.submit(follow)
        list(pool.map(append, range(_THREADS)))
        assert follower.result() == list(range(1, _THREADS * _EACH + 1))


def test_many_threads_append_the_same_events_once(store: Store) -> None:
    events = prompts(100)

    def append(_: int) -> list[int]:
        written = [store.events.append([event]) for event in events]
        return [promise.result() for promise in written]

    with ThreadPoolExecutor(_THREADS) as pool:
        seqs = list(pool.map(append, range(_THREADS)))
    assert all(own == seqs[0] for own in seqs)
    assert store.events.last_seq() == len(store.events.read()) == 100


def test_one_of_many_takes_a_quarantined_text(store: Store) -> None:
    store.quarantine.put(quarantined("a")).result()
    with ThreadPoolExecutor(_THREADS) as pool:
        taken = list(pool.map(store.quarantine.take, ["a"] * _THREADS))
    assert sorted(taken, key=repr) == sorted([quarantined("a")] + [None] * 7, key=repr)
