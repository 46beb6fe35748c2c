"""The desk: where events come in and an answer goes out. Parse and render happen outside.

One desk per service, called from one thread (the server's loop). A session's state is in memory;
it is rebuilt from its last snapshot and the log when a restarted service meets it again.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Protocol

import msgspec
from msgspec import Struct

from counsel.advice.emission import emit
from counsel.advice.gate import withdraw
from counsel.advice.pipeline import Knowledge, advise
from counsel.advice.ports import SessionSnapshot
from counsel.advice.session import Session, frozen, observe, thawed, told
from counsel.advice.sources.lessons import candidate_of
from counsel.advice.synthesize import synthesize
from counsel.memory.episodes import Predict
from counsel.memory.facts import Ended
from counsel.memory.ports import Written
from counsel.model.advice import Answer, Considered
from counsel.model.clock import Clock
from counsel.model.events import (
    ActionProposed,
    AdviceGiven,
    Event,
    FeedbackGiven,
    PromptGiven,
    SessionEnded,
    SessionStarted,
    UnknownEvent,
)
from counsel.model.ids import ActionId, AdviceId, EventId, SessionId, new_id
from counsel.workflows.ports import Stores

SESSIONS_KEPT = 500
"""Sessions in memory; an older one is thawed again when it speaks."""


class Reply(Struct, frozen=True):
    """`answer` is None where there is nothing to say; `written` is done when it is durable."""

    answer: Answer | None
    written: Written


class Listener(Protocol):
    """Told of every event the desk has taken, after it was handed to the log."""

    def heard(self, events: Sequence[Event]) -> None: ...


class Due(Protocol):
    """Says whether it is time for snapshots of the sessions."""

    due: bool


class Desk:
    """See the module. `knowledge` may be replaced at any time (preferences, tuneables)."""

    def __init__(
        self,
        stores: Stores,
        knowledge: Knowledge,
        predict: Predict,
        clock: Clock,
        randomness: Random,
        listeners: Sequence[Listener] = (),
        touch: Callable[[Session, Ended], None] = lambda session, ended: None,
        snapshots: Due | None = None,
        noisy: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """`noisy`: item to the advices for which it was marked so before."""
        self._stores = stores
        self.knowledge = knowledge
        self._predict = predict
        self._clock = clock
        self._randomness = randomness
        self._listeners = listeners
        self._touch = touch
        self._snapshots = snapshots
        self._noisy: dict[str, frozenset[str]] = dict(noisy or {})
        knowledge.noisy.update({item: len(marked) for item, marked in self._noisy.items()})
        self._sessions: OrderedDict[tuple[str, str], Session] = OrderedDict()
        self._dirty: dict[tuple[str, str], None] = {}

    def handle(self, events: Sequence[Event], *, answerable: bool) -> Reply:
        """Take what an agent said; answer the action or the session's start in it."""
        answer: Answer | None = None
        taken: list[Event] = []
        for event in events:
            session = self.session(event.agent, event.session)
            taken.append(event)
            given: AdviceGiven | None = None
            if isinstance(event, ActionProposed) and answerable:
                answer = self._advise(event, session)
                given = self._record(event, answer, event.action.id, event.action.tool)
            elif isinstance(event, SessionStarted) and answerable:
                answer = self._brief(event)
                if answer is not None:
                    given = self._record(event, answer, ActionId(""), "")
            taken.extend(self._observe(session, event, touch=True))
            if given is not None:
                taken.append(given)
                self._observe(session, given)
        written = self._stores.events.append(taken)
        for listener in self._listeners:
            listener.heard(taken)
        if self._snapshots is not None and self._snapshots.due:
            self._snapshots.due = False
            self.save_sessions()
        return Reply(answer=answer, written=written)

    def feedback(self, event: FeedbackGiven) -> Written:
        """Take explicit feedback: durable, and the gate knows of a noisy item at once."""
        found = self._stores.events.find_advice(event.advice)
        if found is not None and isinstance(found.event, AdviceGiven):
            for considered in found.event.answer.considered:
                if considered.shown and event.item in ("", considered.candidate.id):
                    self._mark(event.advice, considered.candidate.id, event.mark)
        written = self._stores.events.append([event])
        for listener in self._listeners:
            listener.heard([event])
        return written

    def _mark(self, advice: AdviceId, item: str, mark: str) -> None:
        """The last mark for an item of an advice counts."""
        marked = self._noisy.get(item, frozenset())
        self._noisy[item] = marked | {advice} if mark == "noisy" else marked - {advice}
        self.knowledge.noisy[item] = len(self._noisy[item])

    def _advise(self, event: ActionProposed, session: Session) -> Answer:
        advice_id = AdviceId(new_id("adv", event.at_ms, self._randomness))
        return advise(event, session, self.knowledge, advice_id, self._clock.monotonic_ns)

    def _brief(self, event: SessionStarted) -> Answer | None:
        """What to know when a session starts: the standing preferences of this project."""
        noisy, most = self.knowledge.noisy, self.knowledge.tuneables.advisory_gate.noisy_marks
        standing = [
            lesson
            for lesson in self.knowledge.shelf.standing(event.project)
            if noisy.get(f"cognitive:{lesson.id}", 0) < most
        ]
        if not standing or "cognitive" in self.knowledge.muted:
            return None
        considered = tuple(
            Considered(
                candidate=candidate_of(lesson, "cognitive", event.at_ms),
                score=0.5,
                authority="note",
                shown=True,
                reason="shown",
            )
            for lesson in standing
        )
        most = self.knowledge.tuneables.advisory_engine.emit_max_chars
        emission = emit(synthesize(considered, "concise"), most)
        return Answer(
            advice_id=AdviceId(new_id("adv", event.at_ms, self._randomness)),
            route="live",
            text=emission.text,
            authority="note" if emission.text else "silent",
            considered=withdraw(considered, emission.withheld),
        )

    def _record(self, event: Event, answer: Answer, action: ActionId, tool: str) -> AdviceGiven:
        return AdviceGiven(
            id=self._event_id(event.at_ms),
            at_ms=event.at_ms,
            agent=event.agent,
            session=event.session,
            project=event.project,
            trace=event.trace,
            action_id=action,
            tool=tool,
            answer=answer,
        )

    def _event_id(self, now_ms: int) -> EventId:
        return EventId(new_id("evt", now_ms, self._randomness))

    def _observe(self, session: Session, event: Event, *, touch: bool = False) -> list[Event]:
        """Fold an event into its session; the judgements that an outcome brings.

        The log holds these too: a state that is rebuilt from it leaves them alone. `touch`: the
        event is of now, so the disk may be looked at.
        """
        ended = observe(session, event, self._predict)
        self._dirty[(event.agent, event.session)] = None
        window_s = self.knowledge.tuneables.attribution.window_s
        if isinstance(event, AdviceGiven):
            told(session, event, self.knowledge.tuneables)
        if isinstance(event, SessionEnded | PromptGiven):
            return list(session.bench.closed(event, window_s, self._new_event(event)))
        if ended is None:
            return []
        if touch:
            self._touch(session, ended)
        given = session.given.pop(event.trace, None)
        return list(session.bench.ended(given, ended, event, window_s, self._new_event(event)))

    def _new_event(self, event: Event) -> Callable[[], EventId]:
        return lambda: self._event_id(event.at_ms)

    # Sessions

    def session(self, agent: str, session: SessionId) -> Session:
        """The state of a session, thawed from the store where it is not in memory."""
        key = (agent, session)
        found = self._sessions.pop(key, None)
        if found is None:
            found = self._thaw(agent, session)
        self._sessions[key] = found
        while len(self._sessions) > SESSIONS_KEPT:
            old, state = self._sessions.popitem(last=False)
            self._save([(old, state)])
        return found

    def _thaw(self, agent: str, session: SessionId) -> Session:
        snapshot = self._stores.sessions.load(agent, session)
        state, upto = Session(), 0
        if snapshot is not None:
            try:
                state, upto = thawed(snapshot.body), snapshot.upto
            except msgspec.DecodeError:
                state, upto = Session(), 0
        for row in self._stores.events.read_session(agent, session, upto):
            if not isinstance(row.event, UnknownEvent):
                self._observe(state, row.event)
        return state

    def forget(self, session: SessionId) -> None:
        """Let go of a session's state: a person had its events erased."""
        for key in [one for one in self._sessions if one[1] == session]:
            del self._sessions[key]
            self._dirty.pop(key, None)

    def save_sessions(self) -> int:
        """Write a snapshot of every session that changed; how many.

        The snapshot's mark is the log's last number that a state is sure to contain: everything
        handed to the log before, since this runs on the thread that hands it over. What is not
        durable yet is folded in again from the log should the service die now; a fold that meets
        an event twice changes nothing that advice depends on.
        """
        changed = [(key, self._sessions[key]) for key in self._dirty if key in self._sessions]
        self._dirty.clear()
        self._save(changed)
        return len(changed)

    def _save(self, changed: list[tuple[tuple[str, str], Session]]) -> None:
        if not changed:
            return
        upto = self._stores.events.last_seq()
        now = self._clock.now_ms()
        self._stores.sessions.save(
            [
                SessionSnapshot(
                    agent=agent, session=SessionId(name), upto=upto, at_ms=now, body=frozen(state)
                )
                for (agent, name), state in changed
            ]
        )
