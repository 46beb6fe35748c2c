"""What baselines learn from: calls joined with their ends, as they come in."""

from collections.abc import Collection
from typing import NamedTuple

from counsel.evidence.player import ShownAdvice
from counsel.memory.failure_class import class_of
from counsel.memory.signature import signature
from counsel.model.actions import Action
from counsel.model.advice import FailureClass
from counsel.model.events import ActionProposed, Event, OutcomeObserved
from counsel.model.ids import ActionId, SessionId
from counsel.model.outcomes import OutcomeStatus

LEARNT: tuple[OutcomeStatus, ...] = ("failed", "denied")
"""Refusals are failures to be foreseen like others. The floor of the datasets leaves them out."""


class End(NamedTuple):
    """A call that ended. `failure_class` is None, and `signature` empty, where it went fine."""

    session: SessionId
    action: Action
    failure_class: FailureClass | None
    signature: str


class Calls:
    """Joins outcomes to calls; says nothing of ends that teach nothing."""

    def __init__(self, learnt: Collection[OutcomeStatus] = LEARNT) -> None:
        self._learnt = learnt
        self._open: dict[tuple[SessionId, ActionId], Action] = {}

    def end(self, event: Event) -> End | None:
        """The call that this event ends, if it ended fine or with a failure worth learning."""
        if isinstance(event, ActionProposed):
            self._open[event.session, event.action.id] = event.action
        if not isinstance(event, OutcomeObserved) or event.outcome.status == "running":
            return None
        outcome = event.outcome
        action = self._open.pop((event.session, outcome.action_id), None)
        if action is None or outcome.status not in ("ok", *self._learnt):
            return None
        failure = class_of(action, outcome)
        named = signature(action.tool, outcome.error or "") if failure else ""
        return End(event.session, action, failure, named)


class Named:
    """The class each failure signature had when it was last met."""

    def __init__(self) -> None:
        self._classes: dict[str, FailureClass] = {}

    def learn(self, end: End) -> None:
        if end.failure_class is not None:
            self._classes[end.signature] = end.failure_class

    def advice(self, source: str, named: str) -> tuple[ShownAdvice, ...]:
        """The one thing a baseline says: that this failure is near."""
        return (
            ShownAdvice(
                id=f"{source}:{named}",
                source=source,
                authority="note",
                signature=named,
                text=f"This may fail: {named.partition('|')[2]}",
                failure_class=self._classes.get(named, "other"),
            ),
        )

    def __len__(self) -> int:
        return len(self._classes)
