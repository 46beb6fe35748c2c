"""Plays recorded events through players in time order and notes, call by call, what they said.

Rules:
- one timeline over all datasets, so what was learnt in one project is there in the next, as it
  would be for a user; a dataset alone is measured by replaying it alone;
- the order is by time; inside a session by position, with the running maximum of its times, so
  that a clock that jumps back does not put an outcome before its call; ties go by session id;
- an event that is in two files (by its id) counts once, in the file whose name sorts first;
- warm events are lived through first, `before` included, but nothing of it is scored;
- clocks are arguments. Only `before` is timed for latency; CPU counts `before` and `observe`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct, structs

from counsel.evidence.player import Player, ReportsFollowed, ShownAdvice
from counsel.memory.facts import pattern_of
from counsel.memory.failure_class import class_of
from counsel.memory.signature import same_failure, signature
from counsel.model.actions import Action
from counsel.model.advice import FailureClass
from counsel.model.errors import BadInput
from counsel.model.events import ActionProposed, Event, OutcomeObserved
from counsel.model.ids import ActionId, EventId, SessionId
from counsel.model.outcomes import OutcomeStatus


class Stopwatch(Protocol):
    """Time that passes: wall time and CPU time of this process, in nanoseconds."""

    def wall_ns(self) -> int: ...

    def cpu_ns(self) -> int: ...


class Moment(NamedTuple):
    """One event on the timeline. `dataset` is None for what is only learnt from."""

    at_ms: int
    session: SessionId
    position: int
    dataset: str | None
    event: Event


class CallRow(Struct, frozen=True, kw_only=True):
    """One call as one player met it. `right` has one mark for each piece of advice shown."""

    player: str
    dataset: str
    session: SessionId
    action_id: ActionId
    tool: str
    at_ms: int
    status: OutcomeStatus | None
    """None: the call has no outcome."""
    failure_class: FailureClass | None
    """None where nothing failed, and where the human interrupted: those are counted apart."""
    signature: str
    """Of the failure that happened, empty if none did."""
    recovery: int | None
    """Calls of the session between this failure and the next success of the same intent."""
    shown: tuple[ShownAdvice, ...]
    right: tuple[bool, ...]
    wall_ns: int
    """What `before` took."""

    @property
    def ok(self) -> bool | None:
        """True, False (failed, denied, stopped), or None where the end is not known."""
        if self.status in (None, "running", "unknown"):
            return None
        return self.status == "ok"


class Played(Struct, frozen=True, kw_only=True):
    """One player on one dataset. `lessons` is what it held after the dataset's last event."""

    player: str
    dataset: str
    sessions: int
    """Of the dataset, those without a call included."""
    rows: tuple[CallRow, ...]
    cpu_ns: int
    lessons: int


class _Call:
    """A call on its way: what is known of it so far, shared by all players."""

    def __init__(self, moment: Moment, event: ActionProposed, number: int) -> None:
        self.moment = moment
        self.event = event
        self.number = number
        self.status: OutcomeStatus | None = None
        self.failure_class: FailureClass | None = None
        self.signature = ""
        self.recovery: int | None = None
        self.answers: list[tuple[tuple[ShownAdvice, ...], int]] = []


class _Ledger:
    """All calls of the timeline: joins outcomes to calls and finds recoveries."""

    def __init__(self) -> None:
        self.calls: list[_Call] = []
        self._numbers: dict[SessionId, int] = {}
        self._open: dict[tuple[SessionId, ActionId], _Call] = {}
        self._unrecovered: dict[tuple[SessionId, str], list[_Call]] = {}

    def propose(self, moment: Moment, event: ActionProposed) -> _Call:
        number = self._numbers.get(event.session, 0)
        self._numbers[event.session] = number + 1
        call = _Call(moment, event, number)
        self.calls.append(call)
        self._open[event.session, event.action.id] = call
        return call

    def end(self, event: OutcomeObserved) -> None:
        outcome = event.outcome
        key = (event.session, outcome.action_id)
        call = self._open.get(key)
        if call is None:
            return
        call.status = outcome.status
        if outcome.status == "running":
            return
        del self._open[key]
        action = call.event.action
        intent = (event.session, intent_of(action))
        if outcome.status == "ok":
            for failed in self._unrecovered.pop(intent, ()):
                # A sibling proposed before the failing call cannot be its recovery, nor fewer
                # than no calls away.
                failed.recovery = max(call.number - failed.number - 1, 0)
            return
        failure = class_of(action, outcome)
        if failure is None:
            return
        call.signature = signature(action.tool, outcome.error or "")
        call.failure_class = failure if outcome.status != "interrupted" else None
        self._unrecovered.setdefault(intent, []).append(call)


def intent_of(action: Action) -> str:
    """What a call is for, so that a later one can be its recovery.

    edit, write: changing that file, with whatever tool; everything else: the call's pattern (tool,
    program, sub-command or file extension), each apart for every sub-agent.
    """
    who = action.subagent or ""
    if action.kind in ("edit", "write") and action.path:
        return f"{who}\0change {action.path}"
    return f"{who}\0{pattern_of(action)}"


def timeline(
    datasets: Mapping[str, Iterable[Event]], *, warm: Mapping[str, Iterable[Event]] | None = None
) -> tuple[Moment, ...]:
    """Everything in the order it is to be lived through: the warm events, then the datasets'.

    Raises `BadInput` when a session is in both, which would let the past know the future.
    """
    before = _ordered([(None, events) for _, events in sorted((warm or {}).items())])
    scored = _ordered(sorted(datasets.items()))
    known = {moment.session for moment in before}
    leak = next((moment.session for moment in scored if moment.session in known), None)
    if leak is not None:
        raise BadInput(
            f"session {str(leak)!r} is in a --warm file and in a file to score.",
            advice="Warm with other sessions than those that are scored.",
        )
    return (*before, *scored)


def _ordered(sources: Sequence[tuple[str | None, Iterable[Event]]]) -> list[Moment]:
    seen: set[EventId] = set()
    latest: dict[tuple[int, SessionId], int] = {}
    moments: list[Moment] = []
    for number, (name, events) in enumerate(sources):
        for event in events:
            if event.id in seen:
                continue
            seen.add(event.id)
            key = (number, event.session)
            latest[key] = at_ms = max(event.at_ms, latest.get(key, 0))
            moments.append(Moment(at_ms, event.session, len(moments), name, event))
    moments.sort(key=lambda moment: moment[:3])
    return moments


def replay(
    moments: Sequence[Moment],
    players: Sequence[Player],
    watch: Stopwatch,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[Played, ...]:
    """Every player on every dataset, datasets by name, players in the order given."""
    ledger = _Ledger()
    names = sorted({moment.dataset for moment in moments if moment.dataset is not None})
    last = {moment.dataset: number for number, moment in enumerate(moments)}
    sessions = Counter(name for name, _ in {(each.dataset, each.session) for each in moments})
    cpu: dict[tuple[str, str | None], int] = {}
    held: dict[tuple[str, str | None], int] = {}
    for number, moment in enumerate(moments):
        event = moment.event
        call = ledger.propose(moment, event) if isinstance(event, ActionProposed) else None
        if isinstance(event, OutcomeObserved):
            ledger.end(event)
        for player in players:
            key = (player.name, moment.dataset)
            spent = _lived(player, event, call, watch)
            cpu[key] = cpu.get(key, 0) + spent
            if last[moment.dataset] == number:
                held[key] = player.lessons()
        progress(number + 1)
    return tuple(
        Played(
            player=player.name,
            dataset=name,
            sessions=sessions[name],
            rows=_rows(ledger, name, place, player),
            cpu_ns=cpu[player.name, name],
            lessons=held[player.name, name],
        )
        for name in names
        for place, player in enumerate(players)
    )


def _lived(player: Player, event: Event, call: _Call | None, watch: Stopwatch) -> int:
    """Let the player live through one event; its CPU time in nanoseconds."""
    began = watch.cpu_ns()
    if call is not None:
        wall = watch.wall_ns()
        shown = player.before(call.event)
        call.answers.append((shown, watch.wall_ns() - wall))
    player.observe(event)
    return watch.cpu_ns() - began


def _rows(ledger: _Ledger, dataset: str, place: int, player: Player) -> tuple[CallRow, ...]:
    return tuple(
        _row(call, place, player) for call in ledger.calls if call.moment.dataset == dataset
    )


def _row(call: _Call, place: int, player: Player) -> CallRow:
    shown, wall_ns = call.answers[place]
    session, action = call.event.session, call.event.action
    row = CallRow(
        player=player.name,
        dataset=call.moment.dataset or "",
        session=session,
        action_id=action.id,
        tool=action.tool,
        at_ms=call.moment.at_ms,
        status=call.status,
        failure_class=call.failure_class,
        signature=call.signature,
        recovery=call.recovery,
        shown=shown,
        right=(),
        wall_ns=wall_ns,
    )
    if not shown:
        return row
    followed: frozenset[str] = frozenset()
    if isinstance(player, ReportsFollowed):
        followed = player.followed(session, action.id)
    failed = call.status in ("failed", "denied")
    marks = tuple(
        each.id in followed or (failed and same_failure(each.signature, call.signature))
        for each in shown
    )
    return structs.replace(row, right=marks)
