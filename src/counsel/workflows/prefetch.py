"""Packets prepared for predictable moments, in the background, from live memory.

On a prompt the planner expects the next kinds of tools from what this project's sessions did
before; the worker collects every lesson that can apply to them into a packet. A call that finds its
packet need not ask the lesson sources; each item's condition is checked against the actual call,
and an item whose lesson changed since is left out. A packet that could not hold all lessons of its
moment is not made: it would hide a better live match.
"""

from collections import deque
from collections.abc import Sequence
from random import Random
from threading import Event as Signal
from threading import Lock

from msgspec import Struct

from counsel.advice.intent import Intent, intent_of
from counsel.advice.packet import Packet, PacketKey
from counsel.advice.pipeline import Found
from counsel.advice.ports import PacketStore
from counsel.advice.prefetch import HitMeter, Transitions, plan
from counsel.advice.shelf import PacketShelf
from counsel.advice.sources import Query
from counsel.advice.sources.lessons import DISTILLED, candidate_of, done_or_beside
from counsel.control.tuneables import Tuneables
from counsel.memory.lesson import Lesson, is_counted
from counsel.memory.shelf import Asked, LessonShelf, asked_of, holds
from counsel.model.actions import ToolKind
from counsel.model.advice import Candidate
from counsel.model.clock import Clock
from counsel.model.events import (
    ActionProposed,
    AdviceGiven,
    AdviceJudged,
    Event,
    FeedbackGiven,
    PromptGiven,
    SessionEnded,
)
from counsel.model.ids import PacketId, ProjectKey, SessionId, new_id

MOST_ITEMS = 256
"""A moment with more lessons gets no packet."""
JOBS_KEPT = 64
BUILT_KEPT = 4_000
"""Twice what the shelf holds at most by default; a packet beyond is taken for outdated."""
_OF_PACKETS = ("cognitive", "distillation")
"""Sources whose items a packet holds; what else was said with it is not its doing."""


class Job(Struct, frozen=True):
    """A prompt that came in: prepare what is likely to follow."""

    project: ProjectKey
    session: SessionId
    intent: Intent
    last: ToolKind | None


class PreparedPackets:
    """The packet shelf behind a lock that is only ever held for one small step."""

    def __init__(self, lessons: LessonShelf, store: PacketStore, tuneables: Tuneables) -> None:
        self._lessons = lessons
        self._store = store
        self._lock = Lock()
        self._shelf = PacketShelf(tuneables.advisory_packet_store)
        stored = store.packets()
        self._shelf.load(stored)
        self._built_at = {one.id: lessons.changes for one in stored if self._is_whole(one)}
        """Packet -> the shelf's `changes` when it was built: after another, it is not whole."""

    def find(self, query: Query) -> Found | None:
        """The prepared candidates that hold for this call, by exact or relaxed key."""
        family, plane = query.intent.family, query.intent.plane
        kind = query.action.kind
        key = PacketKey(query.project, query.session, kind, family)
        with self._lock:
            packet = self._shelf.exact(key, query.now_ms)
            exact = packet is not None
            if packet is None:
                match = self._shelf.relaxed(query.project, kind, family, plane, query.now_ms)
                # Only a packet for this kind of tool is complete for this call.
                packet = match.packet if match and match.packet.key.tool == kind else None
            if packet is None:
                return None
            if self._built_at.get(packet.id) != self._lessons.changes:
                self._drop(packet.id)
                return None
            self._shelf.count(packet.id, usage=1)
        asked = asked_of(query.action, query.commands, query.phase)
        items = tuple(item for item in packet.items if self._still_holds(item, packet, asked))
        return Found(packet=packet.id, items=items, exact=exact)

    def _still_holds(self, item: Candidate, packet: Packet, asked: Asked) -> bool:
        lesson = self._lessons.get(item.lesson) if item.lesson else None
        if lesson is None or lesson.status != "active" or lesson.updated_ms > packet.built_ms:
            return False
        # The condition first: it costs less, and most of a packet's items fail it.
        return holds(lesson.condition, asked) and not done_or_beside(lesson, asked.action.command)

    def _is_whole(self, packet: Packet) -> bool:
        """A stored packet still holds all that there is to say."""
        lessons = self.lessons_for(packet.key.tool, packet.key.project) or []
        newest = max((lesson.updated_ms for lesson in lessons), default=0)
        return newest <= packet.built_ms and packet.lineage == tuple(one.id for one in lessons)

    def _drop(self, packet: PacketId) -> None:
        self._shelf.drop(packet)
        self._built_at.pop(packet, None)

    @property
    def changes(self) -> int:
        """The state of the lessons; ask for it before collecting them."""
        return self._lessons.changes

    def put(self, packet: Packet, changes: int) -> None:
        """Add a packet that was built when the lessons stood at `changes`."""
        with self._lock:
            self._shelf.put(packet)
            self._built_at[packet.id] = changes
            while len(self._built_at) > BUILT_KEPT:
                del self._built_at[next(iter(self._built_at))]

    def edited(self, path: str) -> None:
        with self._lock:
            self._shelf.drop_file(path)

    def count(self, packet: PacketId, mark: str, by: int = 1) -> None:
        with self._lock:
            self._shelf.count(
                packet,
                helpful=by * (mark == "helpful"),
                unhelpful=by * (mark == "unhelpful"),
                noisy=by * (mark == "noisy"),
            )

    def save(self) -> None:
        """Write what changed."""
        with self._lock:
            changes = self._shelf.changed()
        if changes.saved:
            self._store.save(changes.saved)
        if changes.dropped:
            self._store.drop(changes.dropped)

    def lessons_for(self, kind: str, project: ProjectKey) -> list[Lesson] | None:
        """All active lessons that can apply to a kind of tool; None where they are too many."""
        found = [
            lesson
            for lesson in self._lessons.all()
            if lesson.status == "active"
            and lesson.project in ("", project)
            and lesson.condition.kind in ("", kind)
            and not is_counted(lesson)
        ]
        return found if len(found) <= MOST_ITEMS else None


class PrefetchWorker:
    """Plans on prompts, prepares in the background, measures whether it pays."""

    name = "prefetch"
    interval = 5.0

    def __init__(self, packets: PreparedPackets, clock: Clock, randomness: Random) -> None:
        self._packets = packets
        self._clock = clock
        self._randomness = randomness
        self._settings = Tuneables().prefetch
        self._ttl_ms = 1_000 * Tuneables().advisory_packet_store.packet_ttl_s
        self._jobs: deque[Job] = deque(maxlen=JOBS_KEPT)
        self._transitions: dict[ProjectKey, Transitions] = {}
        self.meters: dict[ProjectKey, HitMeter] = {}
        self._expected: dict[SessionId, tuple[ToolKind, ...]] = {}
        self._last: dict[SessionId, ToolKind] = {}
        self._intents: dict[SessionId, Intent] = {}
        self._given: dict[str, PacketId] = {}
        self._marks: dict[tuple[str, str], str] = {}
        self.awake = Signal()

    def heard(self, events: Sequence[Event]) -> None:
        """Told by the desk, on its thread: only note what is to be done."""
        for event in events:
            if isinstance(event, PromptGiven):
                self._prompted(event)
            elif isinstance(event, ActionProposed):
                self._acted(event)
            elif isinstance(event, AdviceGiven):
                if event.answer.packet is not None:
                    self._answered(event.answer.advice_id, event.answer.packet)
            elif isinstance(event, SessionEnded):
                for kept in (self._expected, self._last, self._intents):
                    kept.pop(event.session, None)
            elif isinstance(event, FeedbackGiven) and event.advice in self._given:
                self._marked(event)
            elif isinstance(event, AdviceJudged) and event.advice in self._given:
                if not event.strict or event.source not in _OF_PACKETS:
                    continue
                mark = {"helped": "helpful", "harmful": "unhelpful", "noise": "noisy"}
                self._packets.count(self._given[event.advice], mark.get(event.verdict, ""))

    def _answered(self, advice: str, packet: str) -> None:
        """An answer was made from a packet: its outcome counts for the packet."""
        self._given[advice] = PacketId(packet)
        while len(self._given) > 1_000:
            del self._given[next(iter(self._given))]

    def _marked(self, event: FeedbackGiven) -> None:
        """The last mark for an item counts: the one before it is taken back."""
        packet, key = self._given[event.advice], (event.advice, event.item)
        if event.item and event.item.split(":", 1)[0] not in _OF_PACKETS:
            return
        self._packets.count(packet, self._marks.pop(key, ""), by=-1)
        self._packets.count(packet, event.mark)
        self._marks[key] = event.mark
        while len(self._marks) > 1_000:
            del self._marks[next(iter(self._marks))]

    def _prompted(self, event: PromptGiven) -> None:
        intent = intent_of(event.text, "other")
        self._intents[event.session] = intent
        last = self._last.get(event.session)
        self._jobs.append(Job(event.project, event.session, intent, last))
        self.awake.set()

    def _acted(self, event: ActionProposed) -> None:
        kind, session = event.action.kind, event.session
        intent = self._intents.get(session)
        if intent is not None:
            transitions = self._transitions.setdefault(event.project, Transitions())
            transitions.observe(intent.family, self._last.get(session), kind)
            expected = self._expected.pop(session, None)
            if expected is not None:
                self._meter(event.project).record(expected, kind)
        self._last[session] = kind
        if kind in ("edit", "write") and event.action.path:
            self._packets.edited(event.action.path)

    def _meter(self, project: ProjectKey) -> HitMeter:
        return self.meters.setdefault(project, HitMeter(self._settings))

    def run_once(self) -> bool:
        if self._jobs:
            self._prepare(self._jobs.popleft())
        self._packets.save()
        return bool(self._jobs)

    def _prepare(self, job: Job) -> None:
        started = self._clock.monotonic_ns()
        meter = self._meter(job.project)
        transitions = self._transitions.get(job.project, Transitions())
        expected = plan(transitions, meter, job.intent.family, job.last, self._settings)
        for one in expected:
            changes = self._packets.changes
            lessons = self._packets.lessons_for(one.tool, job.project)
            if lessons:
                self._packets.put(self._packet(job, one.tool, lessons), changes)
        # Predictions are judged also while nothing is prepared, so that the planner can come back.
        guessed = transitions.expected_tools(job.intent.family, job.last, self._settings)
        if guessed:
            self._expected[job.session] = tuple(one.tool for one in guessed)
        meter.spent(self._clock.monotonic_ns() - started)

    def _packet(self, job: Job, tool: ToolKind, lessons: list[Lesson]) -> Packet:
        now = self._clock.now_ms()
        items = tuple(
            candidate_of(lesson, "distillation" if lesson.kind in DISTILLED else "cognitive", now)
            for lesson in lessons
        )
        return Packet(
            id=PacketId(new_id("pkt", now, self._randomness)),
            key=PacketKey(job.project, job.session, tool, job.intent.family),
            plane=job.intent.plane,
            items=items,
            lineage=tuple(lesson.id for lesson in lessons),
            paths=tuple(one.condition.path for one in lessons if one.condition.path),
            built_ms=now,
            expires_ms=now + self._ttl_ms,
        )
