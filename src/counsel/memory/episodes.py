"""An episode: one goal in one session, folded from the session's events.

Rules:
- a goal prompt begins an episode and ends the one before; calls before any prompt begin one
  without a goal;
- a confirmation ("continue", "yes please", "2", `/compact`) or an interruption continues it;
- it ends at the next goal prompt, at `/clear`, or with the session;
- time spent waiting for the human is not time spent;
- everything a watcher or a phase needs is in the state, and the state is what is persisted;
- the outcome is `unknown` unless the human said what it was, or tests passed after the last edit
  and the work was committed after that. Single tool errors say nothing about it.
"""

import re
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from counsel.memory.phase import infer_phase
from counsel.memory.steps import (
    OpenStep,
    Pattern,
    Phase,
    Prediction,
    Step,
    close_step,
    deed_of,
    digest,
    open_step,
)
from counsel.memory.watchers import FILE_TOUCHES, NO_EVIDENCE, Alert, watch
from counsel.model.events import (
    ActionProposed,
    Event,
    OutcomeObserved,
    PromptGiven,
    SessionEnded,
    SessionStarted,
)
from counsel.model.ids import EpisodeId, ProjectKey, SessionId

STEPS_KEPT = 64
"""Steps that watchers may look back on: more than any budget."""
OPEN_KEPT = 64
SEEN_KEPT = 400
ALERTS_KEPT = 32
GOAL_LENGTH = 200

EpisodeOutcome = Literal["succeeded", "failed", "unknown"]
Predict = Callable[[Pattern, Phase], Prediction]

_CONFIRMING = frozenset(
    """yes yeah yep yup y ok okay sure please go ahead continue proceed do it that this so next
    lgtm thanks thank you good great perfect nice cool fine right correct sounds looks all both
    option keep going carry on again try retry now and then lets let's i agree approved
    a b c d e 1 2 3 4 5 6 7 8 9""".split()
)
_CONFIRMING_LENGTH = 6
_CONTINUING_COMMANDS = frozenset(
    """/ide /mcp /login /logout /compact /exit /quit /model /config /status /cost /context /help
    /resume /permissions /usage /memory /hooks /agents /plugin /doctor /fast /rename""".split()
)
_WORD = re.compile(r"[\w'/-]+")
_PRAISE = re.compile(
    r"(?:(?:great|perfect|nice|cool|excellent|awesome|yes|thanks|thank you)[,!. ]*)*"
    r"(?:it works(?: now)?|that works(?: now)?|works(?: now| great| perfectly)?|that fixed it"
    r"|perfect|excellent|awesome|great job|well done|lgtm|thank you|thanks)[!. ]*",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(
    r"(?:no[,. ]+)?(?:it|that|this)?['s ]*(?:still )?(?:doesn'?t work|does not work|not working"
    r"|didn'?t work|is broken|still broken|still fails?|still failing|is wrong"
    r"|revert (?:it|that))\b.{0,60}",
    re.IGNORECASE,
)


class Budget(Struct, frozen=True, kw_only=True):
    """What one episode may spend before it is asked whether it gets anywhere."""

    steps: int = 50
    seconds: int = 1_800
    retries: int = 3
    touches: int = FILE_TOUCHES
    no_evidence: int = NO_EVIDENCE


BUDGET = Budget()


class Episode(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An episode that ended. `basis` names the rule behind `outcome`."""

    id: EpisodeId
    session: SessionId
    project: ProjectKey
    goal: str
    steps: int
    failures: int
    started_ms: int
    ended_ms: int
    outcome: EpisodeOutcome = "unknown"
    basis: str = ""


class EpisodeState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The open episode of a session; round-trips as JSON. Empty `id`: none is open."""

    id: EpisodeId = EpisodeId("")
    session: SessionId = SessionId("")
    project: ProjectKey = ProjectKey("")
    goal: str = ""
    steps: tuple[Step, ...] = ()
    """The last STEPS_KEPT."""
    open: tuple[OpenStep, ...] = ()
    seen: tuple[str, ...] = ()
    step_count: int = 0
    failures: int = 0
    active_ms: int = 0
    started_ms: int = 0
    last_ms: int = 0
    alerts: tuple[Alert, ...] = ()
    alert_steps: tuple[int, ...] = ()
    """For each alert, `step_count` when it was raised."""
    escaped_at: int | None = None
    """`step_count` when the escape protocol was last issued."""
    proved: Literal["no", "tested", "committed"] = "no"
    human: EpisodeOutcome = "unknown"
    ended: bool = False

    @property
    def phase(self) -> Phase:
        """Where the episode stands now."""
        since = None if self.escaped_at is None else self.since(self.escaped_at)
        return infer_phase(self.steps, since_escape=since, ended=self.ended)

    def since(self, count: int) -> tuple[Step, ...]:
        """The steps after the first `count`, as far as they are kept."""
        fresh = self.step_count - count
        return self.steps[-fresh:] if fresh > 0 else ()


class EpisodeUpdate(Struct, frozen=True, kw_only=True):
    """What one event brought: steps that closed, alerts raised, an episode that ended or began."""

    closed: tuple[Step, ...] = ()
    alerts: tuple[Alert, ...] = ()
    ended: Episode | None = None
    began: EpisodeId | None = None


NOTHING = EpisodeUpdate()


class EpisodeTracker:
    """Folds the events of one session. Give it one session's events only, in their order."""

    def __init__(self, predict: Predict, state: EpisodeState | None = None) -> None:
        self.state = state or EpisodeState()
        self._predict = predict

    def observe(self, event: Event) -> EpisodeUpdate:
        """Fold one event in."""
        self.state, update = advance(self.state, event, self._predict)
        return update

    def escaped(self) -> None:
        """The escape protocol was shown to the agent just now."""
        self.state = replace(self.state, escaped_at=self.state.step_count)


def advance(
    state: EpisodeState, event: Event, predict: Predict
) -> tuple[EpisodeState, EpisodeUpdate]:
    """The state after `event`, and what it brought."""
    if isinstance(event, PromptGiven):
        return _prompted(state, event)
    if isinstance(event, SessionEnded) or (
        isinstance(event, SessionStarted) and event.source == "clear"
    ):
        over = replace(_empty(event), ended=isinstance(event, SessionEnded))
        return over, EpisodeUpdate(ended=_closed(state, event.at_ms))
    if isinstance(event, ActionProposed):
        return _proposed(state, event, predict)
    if isinstance(event, OutcomeObserved):
        return _observed(_passing(state, event.at_ms), event)
    return _passing(state, event.at_ms), NOTHING


def continues(text: str) -> bool:
    """Whether a prompt goes on with the goal at hand: a short confirmation, a local command."""
    words = _WORD.findall(text.lower())
    if not words:
        return True
    if words[0].startswith("/"):
        return words[0] in _CONTINUING_COMMANDS
    return len(words) <= _CONFIRMING_LENGTH and all(word in _CONFIRMING for word in words)


def verdict(text: str) -> EpisodeOutcome:
    """What a prompt says about the work before it; only where it says little else."""
    text = text.strip()
    if _PRAISE.fullmatch(text):
        return "succeeded"
    return "failed" if _COMPLAINT.fullmatch(text) else "unknown"


def spent(state: EpisodeState, budget: Budget = BUDGET) -> float:
    """The larger share of steps and seconds used, 1.0 at the budget's end."""
    return max(state.step_count / budget.steps, state.active_ms / (1000 * budget.seconds))


def overdrawn(state: EpisodeState, budget: Budget = BUDGET) -> tuple[str, ...]:
    """Names of the budgets that are used up, in the order of `Budget`."""
    used = (
        ("steps", state.step_count >= budget.steps),
        ("seconds", state.active_ms >= 1000 * budget.seconds),
        ("retries", _most_repeated_failures(state.steps) >= budget.retries),
        ("touches", _most_touches(state.steps) >= budget.touches),
        ("no_evidence", _without_evidence(state.steps) >= budget.no_evidence),
    )
    return tuple(name for name, over in used if over)


def _prompted(state: EpisodeState, event: PromptGiven) -> tuple[EpisodeState, EpisodeUpdate]:
    said = "unknown" if event.interrupted else verdict(event.text)
    if state.id and said != "unknown":
        state = replace(state, human=said)
    if state.id and (event.interrupted or continues(event.text) or said == "succeeded"):
        return replace(state, last_ms=event.at_ms), NOTHING
    if event.interrupted:
        return state, NOTHING
    begun = _begin(event, event.text)
    return begun, EpisodeUpdate(ended=_closed(state, event.at_ms), began=begun.id)


def _proposed(
    state: EpisodeState, event: ActionProposed, predict: Predict
) -> tuple[EpisodeState, EpisodeUpdate]:
    began = None
    if not state.id:
        state = _begin(event, "")
        began = state.id
    state = _passing(state, event.at_ms)
    deed = deed_of(event.action)
    phase = state.phase
    opened = open_step(event, deed, phase, predict(deed.pattern, phase))
    others = tuple(step for step in state.open if step.id != event.trace)
    state = replace(state, open=(*others, opened)[-OPEN_KEPT:])
    return state, EpisodeUpdate(began=began)


def _observed(state: EpisodeState, event: OutcomeObserved) -> tuple[EpisodeState, EpisodeUpdate]:
    opened = next((step for step in state.open if step.id == event.trace), None)
    if opened is None:
        return state, NOTHING
    step = close_step(opened, event.outcome, event.at_ms, state.seen)
    fresh = tuple(found for found in step.findings if found not in state.seen)
    steps = (*state.steps, step)[-STEPS_KEPT:]
    raised = {alert.key for alert in state.alerts}
    alerts = tuple(alert for alert in watch(steps) if alert.key not in raised)
    count = state.step_count + 1
    state = replace(
        state,
        steps=steps,
        open=tuple(other for other in state.open if other is not opened),
        seen=(*state.seen, *fresh)[-SEEN_KEPT:],
        step_count=count,
        failures=state.failures + step.failed,
        alerts=(*state.alerts, *alerts)[-ALERTS_KEPT:],
        alert_steps=(*state.alert_steps, *(count for _ in alerts))[-ALERTS_KEPT:],
        proved=_proof(state.proved, step),
    )
    return state, EpisodeUpdate(closed=(step,), alerts=alerts)


def _proof(
    proved: Literal["no", "tested", "committed"], step: Step
) -> Literal["no", "tested", "committed"]:
    """How far the work is proved after `step`."""
    deed = step.deed
    if deed.purpose == "edit" and step.result == "ok":
        return "no"
    if deed.purpose == "test":
        if step.result != "ok" or deed.masked:
            return "no"
        return "committed" if deed.commits else "tested"
    committed = deed.commits and step.result == "ok" and proved == "tested"
    return "committed" if committed else proved


def _passing(state: EpisodeState, at_ms: int) -> EpisodeState:
    """Time went by while the agent worked."""
    if not state.id:
        return state
    passed = max(0, at_ms - state.last_ms)
    return replace(state, active_ms=state.active_ms + passed, last_ms=max(at_ms, state.last_ms))


def _empty(event: Event) -> EpisodeState:
    return EpisodeState(session=event.session, project=event.project)


def _begin(event: Event, goal: str) -> EpisodeState:
    return replace(
        _empty(event),
        id=EpisodeId(f"ep_{digest(event.agent, event.session, event.id)}"),
        goal=" ".join(goal.split())[:GOAL_LENGTH],
        started_ms=event.at_ms,
        last_ms=event.at_ms,
    )


def _closed(state: EpisodeState, at_ms: int) -> Episode | None:
    if not state.id:
        return None
    outcome: EpisodeOutcome = state.human
    basis = "human" if outcome != "unknown" else ""
    if outcome == "unknown" and state.proved == "committed":
        outcome, basis = "succeeded", "tested_and_committed"
    return Episode(
        id=state.id,
        session=state.session,
        project=state.project,
        goal=state.goal,
        steps=state.step_count,
        failures=state.failures,
        started_ms=state.started_ms,
        ended_ms=max(at_ms, state.started_ms),
        outcome=outcome,
        basis=basis,
    )


def _most_repeated_failures(steps: Sequence[Step]) -> int:
    counts: dict[tuple[Pattern, str], int] = {}
    for step in steps:
        if step.failed:
            key = (step.deed.pattern, step.signature)
            counts[key] = counts.get(key, 0) + 1
    return max(counts.values(), default=0)


def _most_touches(steps: Sequence[Step]) -> int:
    counts: dict[str, int] = {}
    for step in steps:
        if step.deed.purpose == "edit" and step.deed.path:
            counts[step.deed.path] = counts.get(step.deed.path, 0) + 1
    return max(counts.values(), default=0)


def _without_evidence(steps: Sequence[Step]) -> int:
    run = 0
    for step in reversed(steps):
        if step.evidence:
            break
        run += step.deed.purpose != "wait"
    return run
