"""What advice remembers of one session: its facts, what was said, and the calls that are open.

Serialisable as JSON: a restarted service reads the last snapshot and folds the later events in.
"""

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from counsel.advice.gate import Shown, remember
from counsel.advice.judging import Bench
from counsel.control.tuneables import Tuneables
from counsel.memory import facts as facts_of
from counsel.memory.episodes import EpisodeState, Predict, advance
from counsel.memory.facts import Ended, Facts
from counsel.model.actions import ToolKind
from counsel.model.advice import Answer
from counsel.model.events import ActionProposed, AdviceGiven, Event

_GENERAL = ("cognitive:", "distillation:", "chip:", "trigger:", "bank:", "opportunity:")
OPEN_KEPT = 200
CONTEXTS_KEPT = 100


class Session(Struct):
    """Mutable state, owned by one advisor and touched by one thread only."""

    facts: Facts = field(default_factory=Facts)
    shown: Shown = Shown()
    episode: EpisodeState = EpisodeState()
    given: dict[str, AdviceGiven] = field(default_factory=dict)
    """Trace -> the answer to a call that has not ended yet."""
    contexts: dict[str, int] = field(default_factory=dict)
    """Fingerprint of a situation -> when something was said in it."""
    told: dict[str, int] = field(default_factory=dict)
    """Item -> `facts.restarts` when it was said: since then it is in the agent's context."""
    bench: Bench = field(default_factory=Bench)
    last_kind: ToolKind | None = None
    seen: int = 0
    """Events folded in, for snapshots."""


def observe(session: Session, event: Event, predict: Predict) -> Ended | None:
    """Fold one event in; returns the call that ended with it, if one did."""
    session.seen += 1
    ended = facts_of.observe(session.facts, event)
    if isinstance(event, ActionProposed):
        session.last_kind = event.action.kind
    session.episode, _ = advance(session.episode, event, predict)
    return ended


def told(session: Session, event: AdviceGiven, tuneables: Tuneables) -> None:
    """Remember an answer: for the end of its call, and so that it is not repeated."""
    answer = event.answer
    if event.trace:
        session.given[event.trace] = event
        while len(session.given) > OPEN_KEPT:
            del session.given[next(iter(session.given))]
    call = session.facts.open.get(event.action_id)
    kind = call.action.kind if call is not None else None
    session.shown = remember(session.shown, answer.considered, kind, event.at_ms, tuneables)
    if answer.text:
        _spoke(session, answer, event.at_ms)


def _spoke(session: Session, answer: Answer, now_ms: int) -> None:
    if answer.context:
        session.contexts[answer.context] = now_ms
    for considered in answer.considered:
        if considered.shown:
            session.told[considered.candidate.id] = session.facts.restarts
            if considered.candidate.source == "stuck":
                session.episode = replace(session.episode, escaped_at=session.episode.step_count)
    for kept in (session.contexts, session.told):
        while len(kept) > CONTEXTS_KEPT:
            del kept[next(iter(kept))]


def in_context(session: Session) -> frozenset[str]:
    """What the agent still has in its context, of what was said as a general lesson."""
    return frozenset(
        item
        for item, restarts in session.told.items()
        if restarts == session.facts.restarts and item.startswith(_GENERAL)
    )


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Session)


def frozen(session: Session) -> bytes:
    return _encoder.encode(session)


def thawed(body: bytes) -> Session:
    """Raises `msgspec.DecodeError` where an older or newer Counsel wrote it."""
    return _decoder.decode(body)
