"""Gemini CLI's chats: one JSON document per session, with all messages in it.

Rules (Gemini CLI 0.23):
- the document cannot be streamed; it is read whole, up to the length of the longest line;
- messages of type `user` are prompts, of type `gemini` carry `toolCalls` with their results;
- a call's `status` is `success`, `error` or `cancelled` (the human said no); a shell's result
  text has an `Exit Code:` line;
- the working folder is not recorded: `cwd` is empty.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Raw, Struct

from counsel.agents.payload import DECODE_ERRORS, EMPTY_OBJECT, block_text
from counsel.agents.texts import ARGUMENT_LIMIT, NAME_LIMIT, cut, cut_or_none
from counsel.agents.tools import GEMINI_CLI, action_of
from counsel.agents.transcripts.reading import (
    OpenCalls,
    ProjectOf,
    Scribe,
    Tally,
    unrecognised,
    whole_document,
)
from counsel.model.events import (
    ActionProposed,
    Event,
    OutcomeObserved,
    PromptGiven,
    SessionEnded,
    SessionStarted,
)
from counsel.model.ids import ActionId
from counsel.model.outcomes import Outcome, OutcomeStatus

AGENT = "gemini-cli"

_EXIT = re.compile(r"^Exit Code: (-?\d{1,5})$", re.MULTILINE)


class _Response(Struct):
    output: str | None = None
    error: str | None = None


class _FunctionResponse(Struct):
    response: _Response | None = None


class _Part(Struct, rename="camel"):
    function_response: _FunctionResponse | None = None


class _Call(Struct):
    id: str
    name: str
    args: Raw = EMPTY_OBJECT
    result: Raw = Raw(b"")
    status: str = ""
    timestamp: str = ""


class _Message(Struct, rename="camel"):
    type: str = ""
    id: str = ""
    timestamp: str = ""
    model: str = ""
    content: Raw = Raw(b"")
    tool_calls: list[_Call] = []


class _Chat(Struct, rename="camel"):
    session_id: str
    messages: list[Raw]
    start_time: str = ""


_chats = msgspec.json.Decoder(_Chat)
_messages = msgspec.json.Decoder(_Message)
_parts = msgspec.json.Decoder(list[_Part])


def read_gemini_cli(lines: Iterable[bytes], project: ProjectOf, tally: Tally) -> Iterator[Event]:
    """The events of one chat. Raises `BadTranscript` when it is none, or too long."""
    chat = _whole_chat(lines)
    if chat is None or not chat.session_id:
        raise unrecognised(AGENT)
    scribe = Scribe(AGENT, project)
    calls = OpenCalls()
    scribe.turn_to(session=chat.session_id, timestamp=chat.start_time)
    messages = _whole_messages(chat.messages, tally)
    model = next((message.model for message in messages if message.model), "")
    yield SessionStarted(**scribe.head("start"), source="import", model=cut(model, NAME_LIMIT))
    for index, message in enumerate(messages):
        identity = message.id or str(index)
        scribe.turn_to(timestamp=message.timestamp)
        if message.type == "user":
            text = block_text(message.content) or ""
            if text.strip():
                yield PromptGiven(**scribe.head(identity), text=cut(text, ARGUMENT_LIMIT))
        for call in message.tool_calls:
            try:
                events = _call_events(call, scribe, calls)
            except DECODE_ERRORS:
                tally.skipped += 1
                continue
            yield from events
    yield SessionEnded(**scribe.head(f"end {len(messages)}"), reason="end of transcript")


def _whole_chat(lines: Iterable[bytes]) -> _Chat | None:
    document = whole_document(lines)
    try:
        return _chats.decode(document) if document else None
    except DECODE_ERRORS:
        return None


def _whole_messages(raw: list[Raw], tally: Tally) -> list[_Message]:
    messages = []
    for each in raw:
        try:
            messages.append(_messages.decode(each))
        except DECODE_ERRORS:
            tally.skipped += 1
            continue
        tally.records += 1
    return messages


def _call_events(call: _Call, scribe: Scribe, calls: OpenCalls) -> tuple[Event, ...]:
    action = action_of(GEMINI_CLI, id=ActionId(call.id), tool=call.name, native_input=call.args)
    if not call.id or not call.name or not calls.open(action.id, action.tool):
        return ()
    trace = scribe.trace(action.id)
    proposed = ActionProposed(**scribe.head(f"call {call.id}"), trace=trace, action=action)
    if not call.status and not call.result:
        return (proposed,)
    scribe.turn_to(timestamp=call.timestamp)
    observed = OutcomeObserved(
        **scribe.head(f"result {call.id}"), trace=trace, outcome=_outcome(call)
    )
    return (proposed, observed)


def _outcome(call: _Call) -> Outcome:
    output, error = _result_texts(call.result)
    found = _EXIT.search(output)
    code = int(found[1]) if found else None
    status = _status(call.status, code)
    failed = status in ("failed", "denied")
    return Outcome(
        action_id=ActionId(call.id),
        tool=call.name,
        status=status,
        error=cut_or_none(error or output) if failed else None,
        output=None if failed else cut_or_none(output),
        exit_code=code,
    )


def _status(told: str, code: int | None) -> OutcomeStatus:
    if told == "cancelled":
        return "denied"
    if told == "error" or code:
        return "failed"
    return "ok" if told == "success" else "unknown"


def _result_texts(raw: Raw) -> tuple[str, str]:
    try:
        parts = _parts.decode(raw)
    except DECODE_ERRORS:
        return "", ""
    responses = [
        part.function_response.response
        for part in parts
        if part.function_response and part.function_response.response
    ]
    output = "\n".join(each.output for each in responses if each.output)
    return output, "\n".join(each.error for each in responses if each.error)
