"""Opens a transcript of any known format, plain or gzipped, and finds those on a machine.

The only module here that touches the disk. The format is read off the first records, never off
the name.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Literal, cast

import msgspec
from msgspec import Raw, Struct

from counsel.agents.payload import DECODE_ERRORS
from counsel.agents.transcripts import claude_code, codex
from counsel.agents.transcripts.claude_code import read_claude_code
from counsel.agents.transcripts.codex import read_codex
from counsel.agents.transcripts.copilot_cli import read_copilot_cli
from counsel.agents.transcripts.gemini_cli import read_gemini_cli
from counsel.agents.transcripts.reading import (
    ProjectOf,
    ReadTranscript,
    Tally,
    bounded_lines,
    whole_document,
)
from counsel.agents.transcripts.sessions import read_sessions
from counsel.model.errors import BadTranscript
from counsel.model.events import Event

Format = Literal["claude-code", "codex", "copilot-cli", "gemini-cli", "sessions"]

READERS: Mapping[Format, ReadTranscript] = {
    "claude-code": read_claude_code,
    "codex": read_codex,
    "copilot-cli": read_copilot_cli,
    "gemini-cli": read_gemini_cli,
    "sessions": read_sessions,
}

_SNIFFED_LINES = 64
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)


class Transcript:
    """One file whose format is known. `tally` counts while `events` runs."""

    def __init__(self, path: Path, format: Format) -> None:
        self.path = path
        self.format = format
        self.tally = Tally()

    def events(self, project: ProjectOf) -> Iterator[Event]:
        """The events in the file's order; every call reads it from the beginning.

        Raises `BadTranscript` when nothing in it is understood or it cannot be read.
        """
        self.tally = Tally()
        with _opened(self.path) as stream:
            lines = _whole_lines(stream, self.tally)
            yield from READERS[self.format](lines, project, self.tally)


def open_transcript(path: Path) -> Transcript:
    """The transcript at `path`, plain or .gz. Raises `BadTranscript` if it is none."""
    with _opened(path) as stream:
        found = _sniffed(_whole_lines(stream, Tally()))
    if found is None:
        raise BadTranscript(
            f"{str(path)!r} is no transcript of a known format.",
            advice=f"Known are: {', '.join(READERS)}.",
        )
    return Transcript(path, found)


def discover(home: Path) -> tuple[Path, ...]:
    """The transcripts under a home folder that Claude Code and Codex left, sorted by path."""
    found = (
        *(home / ".claude" / "projects").glob("**/*.jsonl"),
        *(home / ".codex" / "sessions").glob("**/*.jsonl"),
    )
    return tuple(sorted(path for path in found if path.is_file()))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == b"\x1f\x8b"
        opener: Callable[[Path], object] = gzip.open if packed else _plain
        stream = cast(BinaryIO, opener(path))
    except OSError as error:
        raise BadTranscript(
            f"cannot read {str(path)!r}: {error.strerror or error}.",
            advice="Check the path and its permissions.",
        ) from error
    with stream:
        yield stream


def _plain(path: Path) -> BinaryIO:
    return path.open("rb")


def _whole_lines(stream: BinaryIO, tally: Tally) -> Iterator[bytes]:
    """Lines until the end, or until the archive breaks off: what came before it counts."""
    try:
        yield from bounded_lines(stream, tally)
    except _DAMAGED:
        tally.skipped += 1


_ABSENT = Raw(b"")


class _Probe(Struct):
    """The keys that tell the formats apart."""

    type: object = None
    payload: Raw = _ABSENT
    sessionId: object = None  # noqa: N815 - the agents' own key
    leafUuid: object = None  # noqa: N815
    snapshot: Raw = _ABSENT
    messages: Raw = _ABSENT
    data: Raw = _ABSENT
    session: object = None
    seq: object = None
    event: object = None


_probes = msgspec.json.Decoder(_Probe)


def _sniffed(lines: Iterator[bytes]) -> Format | None:
    head: list[bytes] = []
    for _, line in zip(range(_SNIFFED_LINES), lines, strict=False):
        head.append(line)
        try:
            found = _format_of(_probes.decode(line))
        except DECODE_ERRORS:
            continue
        if found is not None:
            return found
    return _sniffed_document(head, lines)


def _format_of(probe: _Probe) -> Format | None:
    if isinstance(probe.session, str) and probe.seq is not None and probe.event is not None:
        return "sessions"
    if isinstance(probe.sessionId, str) and probe.messages:
        return "gemini-cli"
    if probe.payload and probe.type in codex.RECORD_TYPES:
        return "codex"
    if probe.data and isinstance(probe.type, str) and "." in probe.type:
        return "copilot-cli"
    own = isinstance(probe.sessionId, str) or probe.leafUuid or probe.snapshot
    return "claude-code" if own and probe.type in claude_code.RECORD_TYPES else None


def _sniffed_document(head: list[bytes], rest: Iterator[bytes]) -> Format | None:
    """A document over several lines: worth reading whole only if it looks like a chat."""
    if not head or not head[0].lstrip().startswith(b"{"):
        return None
    if not any(b'"sessionId"' in line for line in head):
        return None
    document = whole_document(chain(head, rest))
    try:
        return _format_of(_probes.decode(document)) if document else None
    except DECODE_ERRORS:
        return None
