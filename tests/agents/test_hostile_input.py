"""Whatever the bytes are: one named error or events, and an answer that is valid JSON."""

import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.agents.registry import ADAPTERS
from counsel.agents.transcripts.detect import READERS, Format, open_transcript
from counsel.agents.transcripts.reading import Tally
from counsel.model.advice import Answer
from counsel.model.errors import BadPayload, BadTranscript
from counsel.model.ids import AdviceId, EventId, ProjectKey
from counsel.model.wire import encode_event

DATA = Path(__file__).parent / "data"
PAYLOADS = {
    "claude-code": "claude_code_payloads.json",
    "codex": "codex_payloads.json",
    "generic": "generic_payloads.json",
}
TRANSCRIPTS: dict[Format, str] = {
    "claude-code": "claude_code_session.jsonl",
    "codex": "codex_rollout.jsonl",
    "sessions": "sessions.jsonl",
    "copilot-cli": "copilot_events.jsonl",
    "gemini-cli": "gemini_chat.json",
}
PAYLOAD_ROUNDS, TRANSCRIPT_ROUNDS = 20_000, 2_000
ODD_BYTES = (
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"9" * 5000,
    b"1e999",
    b'"',
    b"[" * 3000,
)
ODD_VALUES: tuple[object, ...] = (
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "\x00",
    "x" * 20_000,
    "<tool_use_error>",
    "Exit code 99999999999",
    "Process exited with code 1\nOutput:\n",
    "*** Update File: ",
    "/../../etc",
    [],
    {},
    [[]],
    ["a", 1],
    {"content": [{"type": "text", "text": 5}], "isError": 1},
    {"stdout": None, "interrupted": "yes"},
)
ALLOWED = {
    "claude-code": {
        "hookEventName",
        "permissionDecision",
        "permissionDecisionReason",
        "additionalContext",
    },
    "codex": {"hookEventName", "additionalContext"},
    "generic": {"context", "authority", "advice_id", "ask"},
}


class Stamps:
    def event_id(self) -> EventId:
        return EventId("evt_x")

    def now_ms(self) -> int:
        return 1

    def project(self, cwd: str) -> ProjectKey:
        return ProjectKey(cwd)


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value that something else can be put into."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from spots(value[key])


def with_odd_value(value: Any, chance: random.Random) -> bytes:
    """The value as JSON after one to three changes of its structure."""
    for _ in range(chance.randint(1, 3)):
        places = list(spots(value))
        if not places:
            break
        holder, key = chance.choice(places)
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD_VALUES))
    return json.dumps(value).encode()


def with_odd_bytes(data: bytes, chance: random.Random) -> bytes:
    """The bytes after one to four cuts, flips and insertions."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data = data[:at]
            case 1:
                data = data[:at] + data[at + chance.randint(1, 20) :]
            case 2:
                data = data[:at] + chance.choice(ODD_BYTES) + data[at:]
            case 3:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case _:
                data = data[:at] + chance.randbytes(chance.randint(1, 30)) + data[at:]
    return data


ANSWERS = (
    None,
    Answer(advice_id=AdviceId("adv_1"), route="live", text="Mind é 🛑 \ud800\x00"),
    Answer(advice_id=AdviceId("adv_1"), route="live", text="x" * 30_000, ask=True),
    Answer(advice_id=AdviceId("adv_1"), route="live", ask=True, reason="why"),
)


def check_answer(agent: str, moment: str, answer: bytes) -> None:
    written = json.loads(answer)
    if agent == "generic":
        assert set(written) in (set(), ALLOWED["generic"])
        return
    assert set(written) <= {"hookSpecificOutput"}
    inner = written.get("hookSpecificOutput", {"hookEventName": moment})
    assert set(inner) <= ALLOWED[agent]
    assert inner["hookEventName"] == moment
    assert inner.get("permissionDecision", "ask") == "ask"
    assert len(inner.get("additionalContext", "").encode("utf-16-le")) <= 20_000


def hear_and_answer(agent: str, payload: bytes) -> bool:
    """Parse and render; True when it was understood. Any error but `BadPayload` escapes."""
    try:
        heard = ADAPTERS[agent].parse(payload, Stamps())
    except BadPayload:
        return False
    for event in heard.events:
        encode_event(event)
    for answer in ANSWERS:
        check_answer(agent, heard.moment, ADAPTERS[agent].render(heard, answer))
    return True


def mutants(
    texts: list[bytes], rounds: int, seed: int, change: Callable[[bytes, random.Random], bytes]
) -> Iterator[bytes]:
    chance = random.Random(seed)
    for number in range(rounds):
        yield change(texts[number % len(texts)], chance)


def changed(text: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(200))
    if chance.random() < 0.5:
        return with_odd_bytes(text, chance)
    return with_odd_value(json.loads(text), chance)


@pytest.mark.parametrize("agent", PAYLOADS)
def test_mutated_payloads_give_events_or_one_named_error(agent: str) -> None:
    whole = json.loads((DATA / PAYLOADS[agent]).read_text())
    texts = [json.dumps(payload).encode() for payload in whole.values()]
    heard = sum(
        hear_and_answer(agent, payload)
        for payload in mutants(texts, PAYLOAD_ROUNDS, seed=20261121, change=changed)
    )
    # Both ways must be well trodden, or the mutations test nothing.
    assert PAYLOAD_ROUNDS // 10 < heard < PAYLOAD_ROUNDS * 9 // 10


@pytest.mark.parametrize("agent", PAYLOADS)
@given(payload=st.binary(max_size=200))
def test_random_bytes_are_one_named_error(agent: str, payload: bytes) -> None:
    assert not hear_and_answer(agent, payload)


def changed_lines(text: bytes, chance: random.Random) -> bytes:
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(lines))
        if chance.random() < 0.5:
            lines[at] = with_odd_bytes(lines[at], chance)
            continue
        try:
            value = json.loads(lines[at])
        except (ValueError, RecursionError):
            continue
        lines[at] = with_odd_value(value, chance) + b"\n" if isinstance(value, dict) else b"\n"
    return b"".join(lines)


@pytest.mark.parametrize("format", TRANSCRIPTS)
def test_mutated_transcripts_give_events_or_one_named_error(format: Format) -> None:
    whole = (DATA / TRANSCRIPTS[format]).read_bytes()
    text = json.dumps(json.loads(whole)).encode() if format == "gemini-cli" else whole
    read = 0
    for mutant in mutants([text], TRANSCRIPT_ROUNDS, seed=20261121, change=changed_lines):
        lines = mutant.splitlines(keepends=True)
        try:
            for event in READERS[format](lines, ProjectKey, Tally()):
                encode_event(event)
        except BadTranscript:
            continue
        read += 1
    assert read > TRANSCRIPT_ROUNDS // 10


def test_mutated_archives_give_events_or_one_named_error(tmp_path: Path) -> None:
    packed = gzip.compress((DATA / TRANSCRIPTS["sessions"]).read_bytes(), mtime=0)
    path = tmp_path / "mutant.gz"
    read = 0
    for mutant in mutants([packed], 300, seed=20261121, change=with_odd_bytes):
        path.write_bytes(mutant)
        try:
            read += len(list(open_transcript(path).events(ProjectKey))) > 0
        except BadTranscript:
            continue
    assert 0 < read < 300
