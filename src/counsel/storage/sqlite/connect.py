"""Connections: one that writes, any number that read.

`process`: what is committed survives a kill -9 of the process (WAL without a sync per commit).
`power`: it survives a loss of power too (a sync per transaction, 0.4 to 5 ms each).
"""

import sqlite3
from pathlib import Path
from typing import Literal

from counsel.storage.sqlite.migrate import migrate, schema_version

Durability = Literal["process", "power"]

_BUSY_SECONDS = 5.0
_CACHE_KIB = 16_000
_WAL_LIMIT = 64 * 1024 * 1024
"""Bytes that a WAL grown by a long reader or a big import is cut down to again."""


def open_writer(
    path: Path, durability: Durability = "process", max_bytes: int | None = None
) -> sqlite3.Connection:
    """The writing connection, its schema up to date; file and folder are made if missing.

    They are made for their owner only, as the log holds what people said to their agents.
    Raises `sqlite3.Error`, `OSError` and, for a newer schema, `Conflict`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
    connection = _connect(path, "rw")
    try:
        schema_version(connection, path)  # before anything about a newer file is changed
        _set_up(connection, durability, max_bytes)
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    return _connect(path, "ro")


def scrub(path: Path) -> None:
    """Move the WAL into the file and empty it, so that erased bytes are on the disk no more.

    Waits for readers up to the busy timeout; what a reader still held goes with the next one.
    """
    connection = _connect(path, "rw")
    try:
        connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    finally:
        connection.close()


def _connect(path: Path, mode: Literal["rw", "ro"]) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _set_up(connection: sqlite3.Connection, durability: Durability, max_bytes: int | None) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute(f"pragma synchronous = {'full' if durability == 'power' else 'normal'}")
    connection.execute(f"pragma fullfsync = {'on' if durability == 'power' else 'off'}")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma secure_delete = on")
    connection.execute(f"pragma cache_size = -{_CACHE_KIB}")
    connection.execute(f"pragma journal_size_limit = {_WAL_LIMIT}")
    if max_bytes is not None:
        page_size = int(connection.execute("pragma page_size").fetchone()[0])
        connection.execute(f"pragma max_page_count = {max_bytes // page_size}")
