"""One action in, one answer out: the whole hot path on one screen.

    bypass -> cheap checks -> packet -> live sources -> rank -> gate -> synthesize -> emit -> record

Pure but for the clock it is given and the world it looks at; no await, no lock, no import. What is
returned is the record: one `AdviceGiven` with everything that was considered and why.
"""

from collections.abc import Callable, Iterable
from hashlib import sha1
from itertools import chain
from typing import Protocol

from msgspec import Struct

from counsel.advice import gate
from counsel.advice.emission import emit
from counsel.advice.foreseen import Foreseen, candidate, worth_attention
from counsel.advice.intent import Intent, intent_of
from counsel.advice.rank import rank
from counsel.advice.session import Session, in_context
from counsel.advice.sources import Query, Source
from counsel.advice.sources.check import Check
from counsel.advice.sources.experience import foreseen_from
from counsel.advice.sources.preflight import foreseen
from counsel.advice.sources.shell_checks import foreseen_in
from counsel.advice.sources.stuck import candidates_of
from counsel.advice.synthesize import Style, synthesize
from counsel.control.tuneables import Tuneables
from counsel.memory.experience import Book
from counsel.memory.facts import fingerprint
from counsel.memory.foresight import Foresight
from counsel.memory.shelf import LessonShelf
from counsel.memory.world import World
from counsel.model.advice import (
    Answer,
    Candidate,
    Considered,
    Route,
    SourceName,
    StageTiming,
)
from counsel.model.commands import parse_command
from counsel.model.events import ActionProposed
from counsel.model.ids import AdviceId

DEADLINE_NS = 8_000_000
"""No further live source is asked once this much time has passed."""


class Packets(Protocol):
    """What the pipeline asks of the packet shelf."""

    def find(self, query: Query) -> "Found | None":
        """Prepared candidates for this moment."""
        ...


class Found(Struct, frozen=True):
    """A packet's candidates; `exact`: by its whole key."""

    packet: str
    items: tuple[Candidate, ...]
    exact: bool


class Knowledge(Struct, frozen=True, kw_only=True):
    """Everything the pipeline reads. All of it is in the process already."""

    shelf: LessonShelf
    book: Book
    foresight: Foresight
    world: World
    remembered: tuple[Source, ...] = ()
    """Sources over lessons: a packet holds what they would say, so it stands in for them."""
    sources: tuple[Source, ...] = ()
    packets: Packets | None = None
    tuneables: Tuneables = Tuneables()
    bypass: frozenset[str] = frozenset()
    muted: frozenset[SourceName] = frozenset()
    style: Style = "balanced"
    noisy: dict[str, int] = {}  # noqa: RUF012 - a live view of the marks, shared with the desk
    holdout_key: bytes | None = None


class Stopwatch:
    """Nanoseconds per stage, by a monotonic clock."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now = now_ns
        self._start = self._last = now_ns()
        self.timings: list[StageTiming] = []

    def lap(self, stage: str) -> None:
        now = self._now()
        self.timings.append(StageTiming(stage, now - self._last))
        self._last = now

    @property
    def elapsed_ns(self) -> int:
        return self._now() - self._start


def advise(
    event: ActionProposed,
    session: Session,
    knowledge: Knowledge,
    advice_id: AdviceId,
    now_ns: Callable[[], int],
) -> Answer:
    """The answer to one proposed action. `session` is as of before the action."""
    watch = Stopwatch(now_ns)
    action = event.action
    if action.tool in knowledge.bypass:
        return _ended(advice_id, "bypass", "bypassed_tool", "", watch)
    context = context_of(session, event)
    if _just_said(session, context, event.at_ms, knowledge.tuneables):
        return _ended(advice_id, "early", "context_repeat", context, watch)
    query = query_of(event, session)
    watch.lap("situation")
    candidates, route, packet, left_out = _candidates(query, session, knowledge, watch)
    ranked = rank(candidates, knowledge.tuneables)
    watch.lap("rank")
    situation = gate.Situation(
        kind=action.kind,
        now_ms=event.at_ms,
        trace=event.trace,
        phase=query.phase,
        already_done=in_context(session),
        noisy=knowledge.noisy,
        muted=knowledge.muted,
        holdout_key=knowledge.holdout_key,
    )
    considered = gate.evaluate(ranked, situation, session.shown, knowledge.tuneables)
    watch.lap("gate")
    spoken = synthesize(considered, knowledge.style)
    emission = emit(spoken, knowledge.tuneables.advisory_engine.emit_max_chars)
    considered = gate.withdraw(considered, emission.withheld)
    watch.lap("emit")
    return Answer(
        advice_id=advice_id,
        route=route,
        text=emission.text,
        authority=gate.loudest(considered),
        ask=gate.asks(considered),
        reason=_silence(considered) if not emission.text else "",
        considered=considered,
        left_out=left_out,
        packet=packet,
        context=context,
        timings=tuple(watch.timings),
    )


def query_of(event: ActionProposed, session: Session) -> Query:
    """The call with everything that sources look at."""
    action = event.action
    commands = parse_command(action.command) if action.command else ()
    program = commands[0].program if commands else ""
    facts = session.facts
    return Query(
        action=action,
        commands=commands,
        agent=event.agent,
        session=event.session,
        project=event.project,
        cwd=event.cwd or facts.cwd,
        prompt=facts.prompt,
        intent=intent_of(facts.prompt, action.kind, program),
        phase=session.episode.phase,
        now_ms=event.at_ms,
    )


def context_of(session: Session, event: ActionProposed) -> str:
    """Fingerprint of the situation: the call, and how much has been changed before it."""
    text = f"{fingerprint(event.action)}\0{session.facts.writes}\0{session.facts.restarts}"
    digest = sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    return digest.hexdigest()[:12]


def intent_before(session: Session, text: str) -> Intent:
    """The intent of a prompt, before any tool is known."""
    return intent_of(text or session.facts.prompt, "other")


def _candidates(
    query: Query, session: Session, knowledge: Knowledge, watch: Stopwatch
) -> tuple[list[Candidate], Route, str | None, tuple[str, ...]]:
    found = _foreseen(query, session, knowledge)
    watch.lap("preflight")
    prepared = knowledge.packets.find(query) if knowledge.packets is not None else None
    route: Route = "live"
    asked = knowledge.sources
    if prepared is not None:
        route = "packet" if prepared.exact else "packet_relaxed"
        found.extend(worth_attention(one, knowledge.foresight) for one in prepared.items)
        watch.lap("packet")
    else:
        asked = (*knowledge.remembered, *knowledge.sources)
    left_out: list[str] = []
    general: list[Candidate] = []
    for source in asked:
        if watch.elapsed_ns > DEADLINE_NS:
            left_out.append(source.name)
            continue
        general.extend(source.candidates(query))
    found.extend(worth_attention(one, knowledge.foresight) for one in general)
    watch.lap("sources")
    if left_out and prepared is None:
        route = "live_partial"
    return found, route, prepared.packet if prepared else None, tuple(left_out)


def _foreseen(query: Query, session: Session, knowledge: Knowledge) -> list[Candidate]:
    check = Check(
        action=query.action,
        commands=query.commands,
        facts=session.facts,
        world=knowledge.world,
        now_ms=query.now_ms,
        cwd=query.cwd,
    )
    facts: Iterable[Foreseen] = chain(foreseen(check), foreseen_in(check))
    found = [candidate(one, knowledge.foresight, "preflight") for one in facts]
    for one in foreseen_from(knowledge.book, check):
        if one.lesson is None or not knowledge.shelf.silenced(one.lesson):
            found.append(candidate(one, knowledge.foresight, "replay"))
    found.extend(candidates_of(query, session))
    return found


def _just_said(session: Session, context: str, now_ms: int, tuneables: Tuneables) -> bool:
    said = session.contexts.get(context)
    if said is None:
        return False
    return now_ms - said < 1_000 * tuneables.advisory_gate.advice_repeat_cooldown_s


def _silence(considered: tuple[Considered, ...]) -> str:
    return considered[0].reason if considered else "no_candidates"


def _ended(
    advice_id: AdviceId, route: Route, reason: str, context: str, watch: Stopwatch
) -> Answer:
    watch.lap("check")
    return Answer(
        advice_id=advice_id,
        route=route,
        reason=reason,
        context=context,
        timings=tuple(watch.timings),
    )
