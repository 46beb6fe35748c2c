"""What SQLite says went wrong, as a `StoreFault` that says what to do about it."""

import sqlite3
from pathlib import Path

from counsel.model.errors import CounselError, StoreFault

_KNOWN = {
    sqlite3.SQLITE_FULL: (
        "there is no room left",
        "Free some space on its disk, or raise its limit; Counsel then goes on by itself.",
    ),
    sqlite3.SQLITE_READONLY: (
        "it is read-only",
        "Let the user who runs Counsel write the file and its folder, then start Counsel again.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "it is damaged",
        "Stop Counsel, keep a copy of the file and its -wal, and rebuild it with "
        "`sqlite3 FILE .recover | sqlite3 NEW_FILE`.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "it is not an SQLite database",
        "Move it away, or put the database back from a backup, then start Counsel again.",
    ),
    sqlite3.SQLITE_BUSY: (
        "another process holds it",
        "End the process that has it open (`fuser FILE` names it) and try again.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened",
        "See that it is a file, and that its folder exists and may be written.",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk reported an error",
        "Check the disk, the quota and the limit on file sizes (`ulimit -f`), then try again.",
    ),
}


def fault_of(error: Exception, path: Path) -> CounselError:
    """The error to raise for `error`; errors of ours are already what they should be."""
    if isinstance(error, CounselError):
        return error
    if isinstance(error, OSError):
        what, advice = _KNOWN[sqlite3.SQLITE_CANTOPEN]
        return StoreFault(f"the store {str(path)!r} failed: {what} ({error}).", advice=advice)
    if not isinstance(error, sqlite3.Error):
        return StoreFault(
            f"a write to {str(path)!r} cannot be kept: {error!r}.",
            advice="Mend what was given; the other writes are not affected.",
        )
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    what, advice = _KNOWN.get(code, ("SQLite refused", "Report this with the text of the error."))
    return StoreFault(f"the store {str(path)!r} failed: {what} ({error}).", advice=advice)


def closed(path: Path) -> StoreFault:
    return StoreFault(f"the store {str(path)!r} is closed.", advice="Open it again.")
