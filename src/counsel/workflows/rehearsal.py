"""Counsel as a player of recorded sessions: the real desk, learner and pipeline, on memory stores.

The world is what the sessions have shown (`RememberedWorld`), the learner runs after every event,
nothing is held out, and the clock stands at the event. What comes out is what the agent would have
been told.
"""

from collections.abc import Sequence
from random import Random
from time import perf_counter_ns

from counsel.advice.pipeline import Knowledge
from counsel.evidence.player import ShownAdvice
from counsel.memory.facts import Ended, Facts, ending_of
from counsel.memory.learner import Learner
from counsel.memory.prediction import Predictor
from counsel.memory.remembering import remember
from counsel.memory.world import RememberedWorld
from counsel.model.clock import SetClock
from counsel.model.events import ActionProposed, Event, OutcomeObserved
from counsel.workflows.desk import Desk
from counsel.workflows.ports import Stores
from counsel.workflows.sources import lesson_sources, pack_sources


class RehearsalClock(SetClock):
    """Wall time is the event's, stage timings are real."""

    def monotonic_ns(self) -> int:
        return perf_counter_ns()


class Rehearsal:
    """`counsel.evidence.player.Player` over the real parts."""

    def __init__(self, stores: Stores, name: str = "counsel", seed: int = 0) -> None:
        self.name = name
        self.learner = Learner()
        self._clock = RehearsalClock()
        self._world = RememberedWorld()
        self._predictor = Predictor()
        self._told: list[Event] = []
        self._desk = Desk(
            stores,
            Knowledge(
                shelf=self.learner.shelf,
                book=self.learner.book,
                foresight=self.learner.foresight,
                world=self._world,
                remembered=lesson_sources(self.learner.shelf),
                sources=pack_sources(),
            ),
            self._predictor.predict,
            self._clock,
            Random(seed),
            listeners=(self,),
        )

    def heard(self, events: Sequence[Event]) -> None:
        self._told.extend(events)

    def before(self, event: ActionProposed) -> tuple[ShownAdvice, ...]:
        self._clock.set(event.at_ms)
        reply = self._desk.handle([event], answerable=True)
        if reply.answer is None or not reply.answer.text:
            return ()
        return tuple(
            ShownAdvice(
                id=one.candidate.id,
                source=one.candidate.source,
                authority=one.authority,
                signature=one.candidate.signature,
                text=one.candidate.text,
                failure_class=one.candidate.failure_class,
            )
            for one in reply.answer.considered
            if one.shown
        )

    def observe(self, event: Event) -> None:
        self._clock.set(event.at_ms)
        if not isinstance(event, ActionProposed):
            facts = self._desk.session(event.agent, event.session).facts
            ended = self._ending(facts, event)
            self._desk.handle([event], answerable=False)
            remember(self._world.places, facts, event, ended)
        for told in self._told:
            self.learner.learn(told)
        self._told.clear()

    def _ending(self, facts: Facts, event: Event) -> Ended | None:
        if not isinstance(event, OutcomeObserved):
            return None
        call = facts.open.get(event.outcome.action_id)
        return ending_of(call, event.outcome) if call is not None else None

    def lessons(self) -> int:
        return len(self.learner.shelf)
