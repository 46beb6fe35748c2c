"""Numbered migrations, forward only: `migrations/0001_*.sql`, 0002, ... in order, none missing.

A database carries the number of its newest one in `user_version`. All that are due run in one
exclusive transaction: a database is migrated whole or not at all, and only once.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from counsel.model.errors import Conflict

MIGRATIONS = tuple(sorted(Path(__file__).with_name("migrations").glob("[0-9]*_*.sql")))


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema up to date; raises `Conflict` if a newer Counsel wrote it."""
    connection.execute("begin exclusive")
    try:
        for migration in MIGRATIONS[schema_version(connection, path) :]:
            for statement in statements(migration.read_text("utf-8")):
                connection.execute(statement)
        connection.execute(f"pragma user_version = {len(MIGRATIONS)}")
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def schema_version(connection: sqlite3.Connection, path: Path) -> int:
    """The number of the newest migration that was applied; `Conflict` if it is unknown here."""
    version = int(connection.execute("pragma user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise Conflict(
            f"the store {str(path)!r} has schema {version!r}, this Counsel knows schemas up to "
            f"{len(MIGRATIONS)!r}: a newer Counsel wrote it.",
            advice="Install that version again, or give this one a home of its own.",
        )
    return version


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, for `executescript` would commit between them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise ValueError(f"the script ends within a statement: {statement.strip()[:80]!r}")
