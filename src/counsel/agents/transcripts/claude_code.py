"""Claude Code's own transcripts: `~/.claude/projects/<folder>/<session>.jsonl`, one record a line.

Rules:
- parallel calls are several assistant lines; a result joins its call by `tool_use_id`;
- records come again (resumed sessions, checkpoints): a `uuid` counts once, so does a call id;
- `isSidechain` or `agentId` marks a sub-agent: its "prompts" were written by an agent;
- `isMeta`, `isCompactSummary` and `isVisibleInTranscriptOnly` records are not the human's;
- progress, attachments, snapshots, queue operations and API errors say nothing about calls, nor
  do types that a newer Claude Code may have.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

import msgspec
from msgspec import Raw, Struct

from counsel.agents import claude_results
from counsel.agents.payload import DECODE_ERRORS, EMPTY_OBJECT, block_text
from counsel.agents.texts import NAME_LIMIT, cut
from counsel.agents.tools import CLAUDE_CODE, action_of
from counsel.agents.transcripts.claude_prompts import human_prompt
from counsel.agents.transcripts.reading import (
    OpenCalls,
    ProjectOf,
    Remembered,
    Scribe,
    Tally,
    content_identity,
    unrecognised,
)
from counsel.model.events import (
    ActionProposed,
    ContextCompacted,
    Event,
    OutcomeObserved,
    PromptGiven,
    SessionEnded,
    SessionStarted,
)
from counsel.model.ids import ActionId, SessionId

AGENT = "claude-code"
RECORD_TYPES = frozenset(
    {
        "user",
        "assistant",
        "system",
        "summary",
        "progress",
        "attachment",
        "file-history-snapshot",
        "queue-operation",
        "last-prompt",
        "pr-link",
    }
)

_PEEKED = 64  # lines searched for the model's name, which only assistant records carry
_MODEL = re.compile(rb'"model": ?"([\w.:/@-]{1,80})"')


class _Block(Struct):
    type: str = ""
    text: str | None = None
    id: str = ""
    name: str = ""
    input: Raw = EMPTY_OBJECT
    tool_use_id: str = ""
    content: Raw = Raw(b"")
    is_error: bool | None = None


class _Message(Struct):
    content: str | list[_Block] = ""


class _Compaction(Struct):
    trigger: str = ""


class _Record(Struct, rename="camel"):
    type: str
    uuid: str = ""
    session_id: str = ""
    timestamp: str = ""
    cwd: str = ""
    version: str = ""
    agent_id: str | None = None
    is_sidechain: bool = False
    is_meta: bool = False
    is_compact_summary: bool = False
    is_visible_in_transcript_only: bool = False
    subtype: str = ""
    message: _Message | None = None
    compact_metadata: _Compaction | None = None
    tool_use_result: Raw = Raw(b"")

    @property
    def subagent(self) -> str | None:
        return self.agent_id or ("sidechain" if self.is_sidechain else None)

    @property
    def by_human(self) -> bool:
        hidden = self.is_meta or self.is_compact_summary or self.is_visible_in_transcript_only
        return not hidden and self.subagent is None


_records = msgspec.json.Decoder(_Record)


def read_claude_code(lines: Iterable[bytes], project: ProjectOf, tally: Tally) -> Iterator[Event]:
    """The events of one transcript. Raises `BadTranscript` when it is none."""
    iterator = iter(lines)
    first = list(islice(iterator, _PEEKED))
    reading = _Reading(project, _model_in(first))
    for line in chain(first, iterator):
        try:
            record = _records.decode(line)
            events = reading.events(record, line)
        except DECODE_ERRORS:
            tally.skipped += 1
            continue
        if record.type not in RECORD_TYPES and not record.session_id:
            tally.skipped += 1
            continue
        tally.records += 1
        yield from events
    if not tally.records:
        raise unrecognised(AGENT)
    yield from reading.ends()


def _model_in(lines: list[bytes]) -> str:
    for line in lines:
        found = _MODEL.search(line)
        if found:
            return found[1].decode("utf-8", "replace")
    return ""


class _Reading:
    """Where the reading of one file stands."""

    def __init__(self, project: ProjectOf, model: str) -> None:
        self._scribe = Scribe(AGENT, project)
        self._model = model
        self._records = Remembered()
        self._calls = OpenCalls()
        self._last: dict[SessionId, str] = {}

    def events(self, record: _Record, line: bytes) -> list[Event]:
        """What one record says; nothing if it was there before."""
        identity = record.uuid or content_identity(line)
        if record.type not in ("user", "assistant", "system") or not record.session_id:
            return []
        if not self._records.is_new(identity):
            return []
        self._scribe.turn_to(session=record.session_id, cwd=record.cwd, timestamp=record.timestamp)
        return [*self._start(record, identity), *self._told(record, identity)]

    def ends(self) -> Iterator[Event]:
        """One end per session; its id moves with the last record, as a session may grow."""
        for session, identity in self._last.items():
            self._scribe.turn_to(session=session)
            yield SessionEnded(**self._scribe.head(f"end {identity}"), reason="end of transcript")

    def _start(self, record: _Record, identity: str) -> Iterator[Event]:
        if record.subagent is not None:
            return
        known = self._scribe.session in self._last
        self._last[self._scribe.session] = identity
        if not known:
            yield SessionStarted(
                **self._scribe.head("start"),
                cwd=self._scribe.cwd,
                source="import",
                model=self._model,
                agent_version=cut(record.version, NAME_LIMIT),
            )

    def _told(self, record: _Record, identity: str) -> Iterator[Event]:
        if record.type == "system":
            if record.subtype == "compact_boundary":
                meta = record.compact_metadata or _Compaction()
                yield ContextCompacted(
                    **self._scribe.head(identity),
                    stage="after",
                    trigger=cut(meta.trigger, NAME_LIMIT),
                )
            return
        content = record.message.content if record.message else ""
        blocks = [_Block(type="text", text=content)] if isinstance(content, str) else content
        if record.type == "assistant":
            yield from self._proposals(record, blocks, identity)
            return
        yield from self._results(record, blocks, identity)
        if record.by_human:
            yield from self._prompt(blocks, identity)

    def _proposals(self, record: _Record, blocks: list[_Block], identity: str) -> Iterator[Event]:
        for index, block in enumerate(blocks):
            if block.type != "tool_use" or not block.id or not block.name:
                continue
            action = action_of(
                CLAUDE_CODE,
                id=ActionId(block.id),
                tool=block.name,
                native_input=block.input,
                subagent=record.subagent,
            )
            if self._calls.open(action.id, action.tool):
                yield ActionProposed(
                    **self._scribe.head(f"{identity} {index}"),
                    trace=self._scribe.trace(action.id),
                    action=action,
                    cwd=self._scribe.cwd,
                )

    def _results(self, record: _Record, blocks: list[_Block], identity: str) -> Iterator[Event]:
        results = [block for block in blocks if block.type == "tool_result"]
        for index, block in enumerate(results):
            action = ActionId(block.tool_use_id)
            tool = self._calls.close(action)
            if tool is None:
                continue
            text = block_text(block.content) if block.content else ""
            if block.is_error:
                outcome = claude_results.failure(action, tool, text or "")
            else:
                # With several results in one record the native response belongs to none of them.
                native = record.tool_use_result if len(results) == 1 else Raw(b"")
                outcome = claude_results.success(action, tool, native, text=text or "")
            yield OutcomeObserved(
                **self._scribe.head(f"{identity} {index}"),
                trace=self._scribe.trace(action),
                outcome=outcome,
            )

    def _prompt(self, blocks: list[_Block], identity: str) -> Iterator[Event]:
        own = [human_prompt(block.text) for block in blocks if block.type == "text" and block.text]
        text = "\n".join(part for part in own if part)
        if text:
            yield PromptGiven(
                **self._scribe.head(f"{identity} prompt"),
                text=text,
                interrupted=text.startswith(claude_results.INTERRUPTED),
            )
