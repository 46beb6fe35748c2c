"""Tiny sessions made by hand, and players that say what they are told."""

from counsel.evidence.player import ShownAdvice
from counsel.model.actions import Action
from counsel.model.advice import FailureClass
from counsel.model.events import ActionProposed, Event, OutcomeObserved, SessionStarted
from counsel.model.ids import ActionId, EventId, ProjectKey, SessionId
from counsel.model.outcomes import Outcome, OutcomeStatus

MISSING = "File does not exist."
UNREAD = "File has not been read yet. Read it first before writing to it."
REFUSED = "The user doesn't want to proceed with this tool use."


class Script:
    """Writes one session; every line of it is `step_ms` later than the one before."""

    def __init__(self, session: str = "s1", *, at_ms: int = 0, step_ms: int = 10) -> None:
        self.session = SessionId(session)
        self.at_ms = at_ms
        self.step_ms = step_ms
        self.events: list[Event] = []
        self.start()

    def start(self) -> None:
        self.events.append(
            SessionStarted(
                id=self._id(), at_ms=self.at_ms, agent="claude-code", session=self.session
            )
        )

    def call(self, action: Action) -> None:
        """Proposed, without an end so far."""
        self.at_ms += self.step_ms
        self.events.append(
            ActionProposed(
                id=self._id(),
                at_ms=self.at_ms,
                agent="claude-code",
                session=self.session,
                project=ProjectKey("p"),
                action=action,
            )
        )

    def end(self, action: Action, status: OutcomeStatus = "ok", error: str | None = None) -> None:
        self.at_ms += self.step_ms
        self.events.append(
            OutcomeObserved(
                id=self._id(),
                at_ms=self.at_ms,
                agent="claude-code",
                session=self.session,
                outcome=Outcome(action_id=action.id, tool=action.tool, status=status, error=error),
            )
        )

    def done(self, action: Action, status: OutcomeStatus = "ok", error: str | None = None) -> None:
        self.call(action)
        self.end(action, status, error)

    def _id(self) -> EventId:
        return EventId(f"{self.session}-{len(self.events)}")


def read(id: str, path: str = "/p/a.py") -> Action:
    arguments = f'{{"file_path":"{path}"}}'
    return Action(id=ActionId(id), tool="Read", kind="read", path=path, arguments=arguments)


def edit(id: str, path: str = "/p/a.py", old: str = "one", new: str = "two") -> Action:
    return Action(id=ActionId(id), tool="Edit", kind="edit", path=path, old_text=old, new_text=new)


def shell(id: str, command: str) -> Action:
    arguments = f'{{"command":"{command}"}}'
    return Action(id=ActionId(id), tool="Bash", kind="shell", command=command, arguments=arguments)


def advice(
    signature: str, *, id: str = "a", source: str = "rule", failure_class: FailureClass = "mistake"
) -> ShownAdvice:
    return ShownAdvice(id, source, "note", signature, f"beware of {signature}", failure_class)


class Told:
    """Says what it was told to say before each call, by call id; notes what it lived through."""

    def __init__(self, says: dict[str, tuple[ShownAdvice, ...]], name: str = "told") -> None:
        self.name = name
        self.says = says
        self.lived: list[str] = []

    def before(self, event: ActionProposed) -> tuple[ShownAdvice, ...]:
        self.lived.append(f"before {event.action.id}")
        return self.says.get(event.action.id, ())

    def observe(self, event: Event) -> None:
        self.lived.append(event.id)

    def lessons(self) -> int:
        return len(self.lived)


class Follower(Told):
    """Reports every piece it gave as followed."""

    def followed(self, session: SessionId, action: ActionId) -> frozenset[str]:
        return frozenset(each.id for each in self.says.get(action, ()))


class Ticks:
    """A stopwatch on which every look takes a microsecond of wall time and of CPU time."""

    def __init__(self) -> None:
        self.looks = 0

    def wall_ns(self) -> int:
        self.looks += 1
        return self.looks * 1_000

    def cpu_ns(self) -> int:
        self.looks += 1
        return self.looks * 1_000
