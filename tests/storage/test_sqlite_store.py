"""What is special about the SQLite engine: its file, its writer, its connections."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event as Flag

import pytest

from counsel.memory.ports import LearningBatch, Written
from counsel.model.errors import StoreFault
from counsel.model.ids import SessionId
from counsel.storage.sqlite.connect import Durability, open_writer
from counsel.storage.sqlite.store import SqliteStore
from counsel.storage.sqlite.writer import Writer

from .samples import lesson, prompt, prompts


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"pragma {name}").fetchone()[0]


@pytest.mark.parametrize(("durability", "synchronous"), [("process", 1), ("power", 2)])
def test_the_writer_is_set_up_for_its_durability(
    path: Path, durability: Durability, synchronous: int
) -> None:
    with closing(open_writer(path, durability)) as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        assert [pragma(connection, name) for name in names] == ["wal", synchronous, 1, 1, 5000]


@pytest.mark.parametrize("durability", ["process", "power"])
def test_what_was_written_is_there_after_reopening(path: Path, durability: Durability) -> None:
    with closing(SqliteStore(path, durability)) as store:
        store.events.append(prompts(3)).result()
    with closing(SqliteStore(path, durability)) as store:
        assert [row.event for row in store.events.read()] == prompts(3)


def test_closing_finishes_what_is_queued(path: Path) -> None:
    store = SqliteStore(path)
    written = [store.events.append([event]) for event in prompts(3000)]
    store.close()
    assert [promise.result(timeout=0) for promise in written] == list(range(1, 3001))


def test_closing_leaves_one_file(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.events.append(prompts(3)).result()
        store.events.read()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_file_and_its_folder_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "counsel.db"
    with closing(SqliteStore(path)) as store:
        store.events.append(prompts(1)).result()
        modes = [
            stat.S_IMODE(file.stat().st_mode) for file in (path.parent, *path.parent.iterdir())
        ]
    assert modes == [0o700, 0o600, 0o600, 0o600]


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    path = tmp_path / "a b?mode=memory#%20.db"
    with closing(SqliteStore(path)) as store:
        store.events.append(prompts(1)).result()
    assert path.stat().st_size > 0


def test_what_is_erased_is_not_in_the_file_any_more(path: Path) -> None:
    secrets = [prompt(f"e{number}", f"the secret {number} " * 500) for number in range(50)]
    with closing(SqliteStore(path)) as store:
        store.events.append(secrets).result()
        store.events.append([prompt("kept", "the rest", session="s2")]).result()
        assert store.events.erase(session=SessionId("s1")) == 50
        files = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"the rest" in files
    assert b"the secret" not in files


def test_a_write_cannot_be_cancelled(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        written = store.events.append(prompts(1))
        assert not written.cancel()
        assert written.result() == 1


def test_a_callback_sees_what_was_written(path: Path) -> None:
    seen: list[int] = []
    called = Flag()

    def look(written: Written) -> None:
        seen.extend((written.result(), store.events.last_seq()))
        called.set()

    with closing(SqliteStore(path)) as store:
        store.events.append(prompts(2)).add_done_callback(look)
        assert called.wait(60)
    assert seen == [2, 2]


def test_a_callback_may_ask_for_another_write(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        first = store.events.append([prompt("e1")])
        asked = Flag()

        def again(_: Written) -> None:
            store.events.append([prompt("e2")])
            asked.set()

        first.add_done_callback(again)
        assert asked.wait(60)
    with closing(SqliteStore(path)) as store:
        assert store.events.last_seq() == 2


def test_many_may_open_a_new_database_at_once(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool, ExitStack() as stack:
        stores = list(pool.map(lambda _: SqliteStore(path), range(8)))
        for store in stores:
            stack.enter_context(closing(store))
        written = [store.events.append(prompts(10, f"s{n}-")) for n, store in enumerate(stores)]
        assert sorted(promise.result() for promise in written) == list(range(10, 81, 10))


def test_more_writes_than_may_wait_are_refused(path: Path) -> None:
    held, release = Flag(), Flag()

    def hold(_: sqlite3.Connection, arguments: object) -> list[int]:
        held.set()
        release.wait(60)
        return [1]

    writer = Writer(open_writer(path), path, most_waiting=2)
    first = writer.submit(hold, None)
    assert held.wait(60)
    waiting = [writer.submit(lambda _, given: given, number) for number in (1, 2)]
    with pytest.raises(StoreFault, match="2 writes .* are waiting already"):
        writer.submit(lambda _, given: given, 3).result()
    release.set()
    assert [first.result(), *(promise.result() for promise in waiting)] == [1, 1, 2]
    writer.close()


def test_the_lessons_of_a_thousand_batches_are_all_there(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        written = [
            store.learning.commit(LearningBatch(upto=n, lessons=(lesson(f"l{n:04}"),)))
            for n in range(1, 1001)
        ]
        assert [promise.result() for promise in written] == list(range(1, 1001))
        assert len(store.learning.lessons()) == 1000
