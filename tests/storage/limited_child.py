"""A process whose files may not grow: it appends until that hurts, then goes on without limit.

Run as a module, with DATABASE; tells the fault, and how many events were acknowledged.
"""

import sys
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

from counsel.model.errors import StoreFault
from counsel.storage.sqlite.store import SqliteStore

from .samples import prompt

LIMIT = 400_000


def append_until_it_hurts(store: SqliteStore) -> int:
    number = 0
    try:
        while True:
            store.events.append([prompt(str(number), "x" * 20_000)]).result()
            number += 1
    except StoreFault as fault:
        print(fault)
    return number


def main(database: str) -> None:
    store = SqliteStore(Path(database))
    soft, hard = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (LIMIT, hard))
    number = append_until_it_hurts(store)
    setrlimit(RLIMIT_FSIZE, (soft, hard))
    assert store.events.append([prompt("after")]).result() == number + 1
    print(number + 1)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
