"""The schema: what the migrations make, what is documented, what the queries use."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from counsel.model.errors import Conflict
from counsel.storage.sqlite import migrate as migrate_module
from counsel.storage.sqlite.migrate import MIGRATIONS, migrate, statements
from counsel.storage.sqlite.queries import QUERIES, load_queries, parse_queries
from counsel.storage.sqlite.store import SqliteStore

_SCHEMA = Path(migrate_module.__file__).with_name("schema.sql")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        yield opened


def schema_of(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    query = "select type, name, sql from sqlite_schema order by type, name"
    return connection.execute(query).fetchall()


def test_the_migrations_make_the_documented_schema(connection: sqlite3.Connection) -> None:
    migrate(connection, Path("x"))
    with closing(sqlite3.connect(":memory:")) as documented:
        documented.executescript(_SCHEMA.read_text("utf-8"))
        assert schema_of(connection) == schema_of(documented)


def test_the_migrations_are_numbered_without_a_gap() -> None:
    numbers = [int(file.name.split("_")[0]) for file in MIGRATIONS]
    assert numbers == list(range(1, len(MIGRATIONS) + 1))


def test_migrating_twice_changes_nothing(connection: sqlite3.Connection) -> None:
    migrate(connection, Path("x"))
    before = schema_of(connection)
    migrate(connection, Path("x"))
    assert schema_of(connection) == before
    assert connection.execute("pragma user_version").fetchone() == (len(MIGRATIONS),)


def test_a_migration_that_fails_leaves_nothing_behind(connection: sqlite3.Connection) -> None:
    connection.execute("create table sessions (mine text)")  # in the way of the last table
    with pytest.raises(sqlite3.OperationalError, match="sessions already exists"):
        migrate(connection, Path("x"))
    assert [name for _, name, _ in schema_of(connection)] == ["sessions"]
    assert connection.execute("pragma user_version").fetchone() == (0,)


def test_a_database_of_a_newer_counsel_is_refused_untouched(path: Path) -> None:
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"pragma user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes()
    with pytest.raises(Conflict, match="a newer Counsel wrote it. Install that version again"):
        SqliteStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_fits_the_schema(connection: sqlite3.Connection, name: str) -> None:
    migrate(connection, Path("x"))
    query = QUERIES[name]
    connection.execute(f"explain {query}", (1,) * query.count("?"))


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("find_event", "sqlite_autoindex_events_1"),
        ("seq_of_event", "sqlite_autoindex_events_1"),
        ("read_session_events", "events_by_session"),
        ("erase_session", "events_by_session"),
        ("find_advice", "events_by_advice"),
        ("read_events", "INTEGER PRIMARY KEY"),
        ("newest_quarantined", "quarantine_by_time"),
    ],
)
def test_queries_use_their_index(connection: sqlite3.Connection, name: str, index: str) -> None:
    migrate(connection, Path("x"))
    query = QUERIES[name]
    plan = connection.execute(f"explain query plan {query}", (1,) * query.count("?")).fetchall()
    assert len(plan) == 1, "one search, and no sort after it"
    assert index in plan[0][3]


def test_queries_are_split_at_their_names() -> None:
    text = "-- about the file\n\n-- name: one\nselect 1\n\n-- name: two\n-- why\nselect 2\n"
    assert parse_queries(text) == [("one", "select 1"), ("two", "-- why\nselect 2")]


def test_a_query_name_given_twice_is_refused(tmp_path: Path) -> None:
    for file in ("a.sql", "b.sql"):
        (tmp_path / file).write_text("-- name: one\nselect 1\n", "utf-8")
    with pytest.raises(ValueError, match="query 'one' of 'b.sql' exists already"):
        load_queries(tmp_path)


def test_a_script_is_split_into_statements() -> None:
    script = "create table a (\n  b text -- ;\n);\n\ncreate table c (d text);\n"
    assert [statement.strip() for statement in statements(script)] == [
        "create table a (\n  b text -- ;\n);",
        "create table c (d text);",
    ]


def test_a_script_that_ends_within_a_statement_is_refused() -> None:
    with pytest.raises(ValueError, match="ends within a statement: 'create table a'"):
        list(statements("create table a"))
