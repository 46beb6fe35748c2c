"""What SQLite cannot do is a `StoreFault` that says what to do about it."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import run

import pytest

from counsel.memory.ports import LearningBatch
from counsel.model.errors import StoreFault
from counsel.model.ids import EventId, SessionId
from counsel.storage.sqlite.faults import fault_of
from counsel.storage.sqlite.store import SqliteStore

from .samples import UNWRITABLE, lesson, packet, prompt, prompts

_BIG = "x" * 50_000


def fill(store: SqliteStore) -> int:
    """Append big events until the disk is full; how many were written."""
    for number in range(1000):
        try:
            store.events.append([prompt(f"big{number}", _BIG, session="big")]).result()
        except StoreFault as fault:
            assert "there is no room left" in str(fault)
            assert "Free some space" in str(fault)
            return number
    raise AssertionError("the disk was never full")


def test_a_full_disk_loses_nothing_that_was_acknowledged(path: Path) -> None:
    with closing(SqliteStore(path, max_bytes=1_000_000)) as store:
        written = fill(store)
        assert written == len(store.events.read()) == store.events.last_seq() > 5
    with closing(SqliteStore(path)) as store:
        assert len(store.events.read()) == written


def test_a_store_goes_on_when_there_is_room_again(path: Path) -> None:
    with closing(SqliteStore(path, max_bytes=1_000_000)) as store:
        written = fill(store)
        store.events.erase(session=SessionId("big"))
        assert store.events.append([prompt("after")]).result() == written + 1


def test_on_a_full_disk_the_small_writes_beside_a_big_one_succeed(path: Path) -> None:
    with closing(SqliteStore(path, max_bytes=300_000)) as store:
        small = [store.events.append([event]) for event in prompts(20)]
        big = store.packets.save([packet("big", _BIG * 20)])
        small += [store.events.append([event]) for event in prompts(20, prefix="later")]
        assert [promise.result() for promise in small] == list(range(1, 41))
        with pytest.raises(StoreFault, match="no room left"):
            big.result()


def test_a_disk_that_refuses_to_write_is_survived(path: Path) -> None:
    """A real write error: the child may not let its files grow, then may again."""
    folder = Path(__file__).parent
    command = [sys.executable, "-m", f"{folder.name}.limited_child", str(path)]
    child = run(command, cwd=folder.parent, capture_output=True, text=True, check=False)
    assert child.stderr == ""
    fault, count = child.stdout.splitlines()
    assert "the disk reported an error" in fault
    assert "`ulimit -f`" in fault
    with closing(SqliteStore(path)) as store:
        assert len(store.events.read()) == int(count) > 5


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"these are my notes\n" * 100)
    with pytest.raises(StoreFault, match="it is not an SQLite database.*Move it away"):
        SqliteStore(path)
    assert path.read_bytes() == b"these are my notes\n" * 100


def test_a_damaged_database_says_how_to_rebuild_it(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.events.append([prompt(f"e{number}", _BIG) for number in range(20)]).result()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with closing(SqliteStore(path)) as store:
        with pytest.raises(StoreFault, match="it is damaged.*recover"):
            store.events.read()
        with pytest.raises(StoreFault, match="it is damaged.*recover"):
            store.events.append([prompt("new")]).result()
        with pytest.raises(StoreFault, match="it is damaged.*recover"):
            store.learning.commit(LearningBatch(upto=1, lessons=(lesson("l1"),))).result()


def test_a_folder_in_the_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreFault, match="it cannot be opened.*See that it is a file"):
        SqliteStore(path)


def test_a_file_in_the_place_of_the_folder_is_refused(path: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(StoreFault, match="it cannot be opened.*its folder"):
        SqliteStore(path / "counsel.db")


def test_a_read_only_file_is_named_as_such(path: Path) -> None:
    SqliteStore(path).close()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as read_only:
        with pytest.raises(sqlite3.OperationalError) as caught:
            read_only.execute("delete from events")
        assert "it is read-only" in str(fault_of(caught.value, path))


def test_a_row_that_cannot_be_read_is_named(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("insert into lessons values ('l1', cast('{}' as blob))")
        with pytest.raises(StoreFault, match="lesson 'l1' cannot be read"):
            store.learning.lessons()


_CALLS: list[Callable[[SqliteStore], object]] = [
    lambda store: store.events.append([prompt("e1")]).result(),
    lambda store: store.events.find(EventId("e1")),
    lambda store: store.events.erase(session=SessionId("s1")),
    lambda store: store.quarantine.take("a"),
]


@pytest.mark.parametrize("call", _CALLS)
def test_a_closed_store_refuses_at_once(path: Path, call: Callable[[SqliteStore], object]) -> None:
    store = SqliteStore(path)
    store.close()
    store.close()
    with pytest.raises(StoreFault, match="is closed"):
        call(store)


def test_a_write_that_no_database_can_keep_fails_alone(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        before = [store.events.append([event]) for event in prompts(50)]
        bad = store.events.append([UNWRITABLE])
        worse = store.learning.commit(LearningBatch(upto=2**70))
        after = [store.events.append([event]) for event in prompts(50, prefix="later")]
        assert [promise.result() for promise in before + after] == list(range(1, 101))
        with pytest.raises(StoreFault, match="is not Unicode"):
            bad.result()
        with pytest.raises(StoreFault, match="the other writes are not affected"):
            worse.result()
