"""Small values to store, each with only what a test is about."""

from msgspec import Raw

from counsel.advice.packet import Packet, PacketKey
from counsel.advice.ports import SessionSnapshot
from counsel.memory.lesson import Lesson
from counsel.memory.ports import Counter, ImportMark, Quarantined
from counsel.model.advice import Answer
from counsel.model.events import AdviceGiven, PromptGiven, UnknownEvent
from counsel.model.ids import (
    ActionId,
    AdviceId,
    EventId,
    LessonId,
    PacketId,
    ProjectKey,
    SessionId,
    TraceId,
)


def prompt(
    key: str,
    text: str = "do it",
    *,
    at_ms: int = 1,
    agent: str = "codex",
    session: str = "s1",
    project: str = "p1",
) -> PromptGiven:
    return PromptGiven(
        id=EventId(key),
        at_ms=at_ms,
        agent=agent,
        session=SessionId(session),
        project=ProjectKey(project),
        trace=TraceId(f"t-{key}"),
        text=text,
    )


def prompts(count: int, prefix: str = "e") -> list[PromptGiven]:
    return [prompt(f"{prefix}{number:06}") for number in range(1, count + 1)]


def advice_given(key: str, advice: str) -> AdviceGiven:
    return AdviceGiven(
        id=EventId(key),
        at_ms=2,
        agent="codex",
        session=SessionId("s1"),
        action_id=ActionId("a1"),
        tool="Bash",
        answer=Answer(advice_id=AdviceId(advice), route="live", text="mind the gap"),
    )


def unknown(raw: bytes, kind: str = "from_the_future") -> UnknownEvent:
    return UnknownEvent(kind=kind, raw=Raw(raw))


UNWRITABLE = prompt("unwritable", "half a pair: \ud83d")
"""No engine can keep it: its text is not Unicode."""


def lesson(key: str, text: str = "", version: int = 1) -> Lesson:
    return Lesson(id=LessonId(key), kind="recovery", text=text, version=version)


def counter(family: str, key: str, body: bytes = b"{}") -> Counter:
    return Counter(family=family, key=key, body=body)


def quarantined(key: str, at_ms: int = 1, reason: str = "noise") -> Quarantined:
    return Quarantined(
        id=key, at_ms=at_ms, stage="write_gate", reason=reason, text="tool x", body=b"\x00\xff"
    )


def import_mark(digest: str, events: int, done: bool = False) -> ImportMark:
    return ImportMark(digest=digest, name="a.jsonl", events=events, done=done, at_ms=5)


def packet(key: str, plane: str = "") -> Packet:
    moment = PacketKey(project=ProjectKey("p1"), context="c", tool="Bash", intent="test")
    return Packet(id=PacketId(key), key=moment, plane=plane, paths=("a.py",))


def snapshot(agent: str, session: str, upto: int = 1, body: bytes = b"state") -> SessionSnapshot:
    return SessionSnapshot(agent=agent, session=SessionId(session), upto=upto, at_ms=9, body=body)
