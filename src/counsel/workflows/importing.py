"""Learning from what is already on the disk: transcripts into the log, once, resumably.

The events of a transcript have ids made from its content, and the log takes an id only once, so
importing again adds nothing. A mark per file (by the digest of its content) remembers how far an
interrupted import came. A session that was heard live is imported up to where the hearing began:
the log has the rest, under other ids.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from counsel.memory.ports import EventLog, ImportMark
from counsel.model.events import AdviceGiven, Event
from counsel.workflows.ports import Stores

BATCH = 1_000
Read = Callable[[Path], Iterator[Event]]


class Imported(Struct, frozen=True):
    """What one file gave. `known`: it had been imported whole before."""

    path: str
    events: int
    known: bool = False
    problem: str = ""


def import_file(
    path: Path,
    read: Read,
    stores: Stores,
    now_ms: Callable[[], int],
    progress: Callable[[int], None] = lambda count: None,
) -> Imported:
    """Append the file's events to the log. `progress` is told of each batch's size."""
    digest = digest_of(path)
    mark = stores.imports.marked(digest)
    if mark is not None and mark.done:
        return Imported(str(path), 0, known=True)
    done = mark.events if mark is not None else 0
    count = 0
    batch: list[Event] = []
    for event in read(path):
        count += 1
        if count <= done:
            continue
        batch.append(event)
        if len(batch) == BATCH:
            _write(batch, digest, path, count, stores, now_ms, done=False)
            progress(len(batch))
            batch = []
    _write(batch, digest, path, count, stores, now_ms, done=True)
    progress(len(batch))
    return Imported(str(path), count - done)


def unheard(events: Iterator[Event], log: EventLog) -> Iterator[Event]:
    """The events, without those of sessions that were being heard live by then."""
    heard: dict[tuple[str, str], int | None] = {}
    for event in events:
        key = (event.agent, event.session)
        if key not in heard:
            heard[key] = next(
                (
                    row.event.at_ms
                    for row in log.read_session(event.agent, event.session)
                    if isinstance(row.event, AdviceGiven)
                ),
                None,
            )
        since = heard[key]
        if since is None or event.at_ms < since:
            yield event


def _write(
    batch: list[Event],
    digest: str,
    path: Path,
    count: int,
    stores: Stores,
    now_ms: Callable[[], int],
    *,
    done: bool,
) -> None:
    stores.events.append(batch).result()
    row = ImportMark(digest=digest, name=str(path), events=count, done=done, at_ms=now_ms())
    stores.imports.mark(row).result()


def digest_of(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
