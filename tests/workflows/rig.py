"""Desk, learner and memory store wired like the service, driven by hand in a test's own time."""

from collections.abc import Mapping
from random import Random

from counsel.advice.pipeline import Knowledge
from counsel.advice.sources import Source
from counsel.control.tuneables import Tuneables, tuneables
from counsel.memory.world import RememberedWorld, World
from counsel.model.actions import Action
from counsel.model.advice import Answer, Considered
from counsel.model.clock import SetClock
from counsel.model.events import (
    ActionProposed,
    AdviceJudged,
    FeedbackGiven,
    OutcomeObserved,
    PromptGiven,
    SessionStarted,
)
from counsel.model.ids import (
    ActionId,
    AdviceId,
    EventId,
    ProjectKey,
    SessionId,
    TraceId,
    new_id,
)
from counsel.model.outcomes import Outcome, OutcomeStatus
from counsel.model.trace import trace_of
from counsel.storage.in_memory.store import InMemoryStore
from counsel.workflows.desk import Desk
from counsel.workflows.learning import Learning
from counsel.workflows.prefetch import PrefetchWorker, PreparedPackets
from counsel.workflows.sources import lesson_sources

AGENT = "claude-code"
PROJECT = ProjectKey("p")
START_MS = 1_700_000_000_000
TTL_MS = 500_000
"""Longer than any item stays unsaid after it was said."""


def shell(id: str, command: str) -> Action:
    return Action(id=ActionId(id), tool="Bash", kind="shell", command=command)


def read(id: str, path: str) -> Action:
    return Action(id=ActionId(id), tool="Read", kind="read", path=path)


def edit(id: str, path: str, old: str = "one", new: str = "two") -> Action:
    return Action(id=ActionId(id), tool="Edit", kind="edit", path=path, old_text=old, new_text=new)


class Rig:
    """One service's life; `Rig(store=...)` is its restart."""

    def __init__(
        self,
        store: InMemoryStore | None = None,
        *,
        world: World | None = None,
        sources: tuple[Source, ...] = (),
        overrides: Mapping[str, object] | None = None,
        holdout_key: bytes | None = None,
        prefetch: bool = False,
        at_ms: int = START_MS,
    ) -> None:
        self.store = store or InMemoryStore()
        self.clock = SetClock(at_ms)
        self.learning = Learning(self.store)
        self.learner = self.learning.learner
        settings: Tuneables = tuneables(overrides or {})
        self.packets = PreparedPackets(self.learner.shelf, self.store.packets, settings)
        self.prefetch = PrefetchWorker(self.packets, self.clock, Random(1))
        self._ids = Random(at_ms + 1)
        self.desk = Desk(
            self.store,
            Knowledge(
                shelf=self.learner.shelf,
                book=self.learner.book,
                foresight=self.learner.foresight,
                world=world or RememberedWorld(),
                remembered=lesson_sources(self.learner.shelf),
                sources=sources,
                packets=self.packets if prefetch else None,
                tuneables=settings,
                holdout_key=holdout_key,
            ),
            self.learner.predictor.predict,
            self.clock,
            Random(at_ms),
            listeners=(self.prefetch,) if prefetch else (),
            noisy=self.learner.marks.noisy(),
        )

    def wait(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds)

    def start(self, session: str = "s", *, cwd: str = "/w/p") -> Answer | None:
        event = SessionStarted(
            id=self._id(),
            at_ms=self.clock.now_ms(),
            agent=AGENT,
            session=SessionId(session),
            project=PROJECT,
            cwd=cwd,
        )
        return self.desk.handle([event], answerable=True).answer

    def prompt(self, text: str, session: str = "s") -> None:
        self.wait(10)
        event = PromptGiven(
            id=self._id(),
            at_ms=self.clock.now_ms(),
            agent=AGENT,
            session=SessionId(session),
            project=PROJECT,
            text=text,
        )
        self.desk.handle([event], answerable=True)

    def propose(self, action: Action, session: str = "s", *, cwd: str = "/w/p") -> Answer:
        self.wait(10)
        event = ActionProposed(
            id=self._id(),
            at_ms=self.clock.now_ms(),
            agent=AGENT,
            session=SessionId(session),
            project=PROJECT,
            trace=trace_of(AGENT, SessionId(session), action.id),
            action=action,
            cwd=cwd,
        )
        answer = self.desk.handle([event], answerable=True).answer
        assert answer is not None
        return answer

    def end(
        self,
        action: Action,
        status: OutcomeStatus = "ok",
        error: str | None = None,
        *,
        session: str = "s",
        words: str | None = None,
        trace: str | None = None,
    ) -> None:
        self.wait(10)
        event = OutcomeObserved(
            id=self._id(),
            at_ms=self.clock.now_ms(),
            agent=AGENT,
            session=SessionId(session),
            project=PROJECT,
            trace=TraceId(trace)
            if trace is not None
            else trace_of(AGENT, SessionId(session), action.id),
            outcome=Outcome(
                action_id=action.id,
                tool=action.tool,
                status=status,
                error=error,
                human_words=words,
            ),
        )
        self.desk.handle([event], answerable=False)

    def run(
        self,
        action: Action,
        status: OutcomeStatus = "ok",
        error: str | None = None,
        *,
        session: str = "s",
        words: str | None = None,
    ) -> Answer:
        """A whole call, then the learner's turn."""
        answer = self.propose(action, session)
        self.end(action, status, error, session=session, words=words)
        self.learn()
        return answer

    def mark(self, advice: AdviceId, mark: str, item: str = "") -> None:
        self.wait(10)
        event = FeedbackGiven(
            id=self._id(),
            at_ms=self.clock.now_ms(),
            agent="counsel",
            session=SessionId("s"),
            advice=advice,
            mark=mark,  # type: ignore[arg-type]
            item=item,
        )
        self.desk.feedback(event)
        self.learn()

    def learn(self) -> None:
        while self.learning.run():
            pass

    def judged(self) -> list[AdviceJudged]:
        rows = self.store.events.read(0, 100_000)
        return [row.event for row in rows if isinstance(row.event, AdviceJudged)]

    def _id(self) -> EventId:
        return EventId(new_id("evt", self.clock.now_ms(), self._ids))


def item(answer: Answer, beginning: str) -> Considered:
    """The one considered item whose id begins so."""
    (found,) = [one for one in answer.considered if one.candidate.id.startswith(beginning)]
    return found


def shown(answer: Answer) -> list[str]:
    return [one.candidate.id for one in answer.considered if one.shown]
