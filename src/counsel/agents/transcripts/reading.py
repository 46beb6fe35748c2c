"""What all transcript readers share: bounded lines, lasting identities, times, the tally.

Rules for every reader:
- it streams: memory is bounded by the longest line and a fixed number of open calls;
- a record that is broken or half-written is skipped and counted, never fatal;
- ids come from the content (session, identity of the record), so that importing the same file
  twice makes the same events;
- a file in which nothing was recognised raises `BadTranscript`.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha1
from typing import BinaryIO, Protocol, TypeAlias

from counsel.agents.stamping import Head
from counsel.model.errors import BadTranscript
from counsel.model.events import Event
from counsel.model.ids import ActionId, EventId, ProjectKey, SessionId, TraceId, new_id
from counsel.model.trace import trace_of

ProjectOf: TypeAlias = Callable[[str], ProjectKey]
"""The project key of a working folder, as the service knows it."""

LONGEST_LINE = 64 * 2**20
"""Bytes: longer lines are skipped. The longest in 2,800 real records has 1.4 MB."""
MOST_OPEN_CALLS = 10_000
MOST_REMEMBERED = 200_000
"""Records kept in mind to recognise repeats: some 30 MB at most."""


class Tally:
    """How a reading went: records understood, records skipped."""

    def __init__(self) -> None:
        self.records = 0
        self.skipped = 0


class ReadTranscript(Protocol):
    """A reader: lines of a transcript in, events out, in the transcript's order."""

    def __call__(
        self, lines: Iterable[bytes], project: ProjectOf, tally: Tally, /
    ) -> Iterator[Event]: ...


def bounded_lines(
    stream: BinaryIO, tally: Tally, *, longest: int = LONGEST_LINE
) -> Iterator[bytes]:
    """The lines of `stream` that are not blank; a line over `longest` bytes counts as skipped."""
    while line := stream.readline(longest + 1):
        if len(line) > longest:
            tally.skipped += 1
            while line and not line.endswith(b"\n"):
                line = stream.readline(longest)
        elif not line.isspace():
            yield line


def content_identity(line: bytes) -> str:
    """The identity of a record that has none of its own: 16 hex digits of its bytes."""
    return sha1(line.strip(), usedforsecurity=False).hexdigest()[:16]


def milliseconds_of(timestamp: str) -> int | None:
    """ISO 8601 to UTC milliseconds; None for anything else or before 1970."""
    try:
        moment = datetime.fromisoformat(timestamp)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        at_ms = round(aware.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return at_ms if at_ms >= 0 else None


class _Digest:
    """Bits that depend on the content alone, where `new_id` wants randomness."""

    def __init__(self, text: str) -> None:
        digest = sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
        self._bits = int.from_bytes(digest, "big")

    def getrandbits(self, k: int, /) -> int:
        return self._bits & ((1 << k) - 1)


class Scribe:
    """Writes the heads of one transcript's events.

    `session`, `cwd` and `at_ms` are where the reading stands; a record without a time of its
    own happened when the one before it did.
    """

    def __init__(self, agent: str, project: ProjectOf) -> None:
        self.agent = agent
        self.session = SessionId("")
        self.cwd = ""
        self.at_ms = 0
        self._project = project
        self._keys: dict[str, ProjectKey] = {}

    def turn_to(self, *, session: str = "", cwd: str = "", timestamp: str = "") -> None:
        """Take over what a record says; what it leaves out stays."""
        self.session = SessionId(session) if session else self.session
        self.cwd = cwd or self.cwd
        at_ms = milliseconds_of(timestamp) if timestamp else None
        self.at_ms = self.at_ms if at_ms is None else at_ms

    def head(self, identity: str) -> Head:
        """The head of the event that `identity` names within the session."""
        digest = _Digest(f"{self.session}\0{identity}")
        return Head(
            id=EventId(new_id("evt", self.at_ms, digest)),
            at_ms=self.at_ms,
            agent=self.agent,
            session=self.session,
            project=self._project_key(),
        )

    def trace(self, action: ActionId) -> TraceId:
        return trace_of(self.agent, self.session, action)

    def _project_key(self) -> ProjectKey:
        if self.cwd not in self._keys:
            if len(self._keys) >= 1000:
                self._keys.clear()
            self._keys[self.cwd] = self._project(self.cwd)
        return self._keys[self.cwd]


class Remembered:
    """The last `most` keys seen: enough to recognise a repeat, never more."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._keys: dict[str, None] = {}

    def is_new(self, key: str) -> bool:
        """True the first time; remembers `key`."""
        if key in self._keys:
            return False
        if len(self._keys) >= self._most:
            del self._keys[next(iter(self._keys))]
        self._keys[key] = None
        return True


class OpenCalls:
    """Calls that were proposed and have no outcome yet: id to tool. Each is opened once."""

    def __init__(self) -> None:
        self._tools: dict[ActionId, str] = {}
        self._seen = Remembered()

    def open(self, action: ActionId, tool: str) -> bool:
        """False when this call was there before."""
        if not self._seen.is_new(action):
            return False
        if len(self._tools) >= MOST_OPEN_CALLS:
            del self._tools[next(iter(self._tools))]
        self._tools[action] = tool
        return True

    def close(self, action: ActionId) -> str | None:
        """The call's tool; None when it is not open (unknown, or closed before)."""
        return self._tools.pop(action, None)


def unrecognised(agent: str) -> BadTranscript:
    """The error for a file in which nothing of the format was found."""
    return BadTranscript(
        f"not a {agent} transcript: no record in it was understood.",
        advice="Check the path, and that the file is whole and not empty.",
    )


def whole_document(lines: Iterable[bytes], *, longest: int = LONGEST_LINE) -> bytes | None:
    """All lines as one document, None when it is longer than `longest` bytes."""
    parts: list[bytes] = []
    size = 0
    for line in lines:
        size += len(line)
        if size > longest:
            return None
        parts.append(line)
    return b"".join(parts)
