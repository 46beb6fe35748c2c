"""Both days played, and counted. What the screen tells comes from here as it happens."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Protocol

from msgspec import Struct

from counsel.agents.transcripts.detect import discover
from counsel.demo.agent import Agent, Turn
from counsel.demo.hooks import Hooks
from counsel.demo.house import (
    House,
    bring,
    prepare,
    temporary_house,
    until_it_answers,
    until_learnt,
)
from counsel.demo.story import DAYS, Day
from counsel.demo.tools import Toolbox
from counsel.memory.lesson import Lesson

HEEDS = (False, True)
"""On the first day the agent works as if nobody advised it: then it stumbles, and that teaches."""


class Row(Struct, frozen=True, kw_only=True):
    """One proposed call. `error` of a dropped one is what it met on a copy of the folder."""

    intent: str
    call: str
    context: str
    """`hookSpecificOutput.additionalContext` before the call, verbatim."""
    remembered: bool
    """The context quotes memory (“...”); else it is a fact about the disk or the session."""
    learnt: bool
    """Only an earlier session can foretell the problem of this call."""
    named: bool
    dropped: bool
    failed: bool
    right: bool
    """The context named the problem, and the call met it, or would have."""
    error: str


class SessionFigures(Struct, frozen=True, kw_only=True):
    """`calls` are those that were executed; `warnings` are proposed calls with any context."""

    session: str
    heeds: bool
    calls: int
    failures: int
    warnings: int
    right_warnings: int
    from_memory: int
    silent_calls: int
    hook_runs: int
    hook_cpu_ms: float
    """Median CPU of one run of the hook's command, from the child's own rusage."""
    rows: tuple[Row, ...]


class Figures(Struct, frozen=True, kw_only=True):
    """What `counsel demo --json` prints."""

    sessions: tuple[SessionFigures, ...]
    different_warnings: int
    """Distinct right warnings of the second session."""
    lessons: tuple[str, ...]
    missed: tuple[str, ...]
    """Calls the first session had learnt about and the second one was not warned of."""
    hook_cpu_ms: float
    seconds: float
    transcripts: int
    kept: str

    @property
    def passed(self) -> bool:
        first, second = self.sessions
        foretold = any(row.learnt and row.right for row in second.rows)
        return foretold and not self.missed and second.failures < first.failures


class Teller(Protocol):
    """The screen."""

    def wired(self, house: House, output: str) -> None: ...

    def day(self, number: int, day: Day, *, heeds: bool) -> None: ...

    def turn(self, turn: Turn) -> None: ...

    def learnt(self, lessons: Sequence[Lesson]) -> None: ...


def play(teller: Teller, outer: Mapping[str, str], own_home: Path, *, keep: bool) -> Figures:
    """The whole demo. Raises `DemoFailed`; everything is cleaned up then, too."""
    start = time.monotonic()
    with temporary_house(keep=keep) as house:
        environ = house.environ(outer)
        teller.wired(house, prepare(house, environ, DAYS[0]))
        sessions: list[SessionFigures] = []
        runs: list[float] = []
        lessons: list[Lesson] = []
        for number, (day, heeds) in enumerate(zip(DAYS, HEEDS, strict=True)):
            if number:
                bring(house, environ, day)
            teller.day(number, day, heeds=heeds)
            hooks = Hooks(house.repository, environ)
            sessions.append(_session(house, environ, hooks, day, teller, heeds=heeds))
            runs += hooks.cpu_ms
            lessons = until_learnt(house.home)
            if not number:
                teller.learnt(lessons)
        second = sessions[1]
        return Figures(
            sessions=tuple(sessions),
            different_warnings=len({row.context for row in second.rows if row.right}),
            lessons=tuple(_named(one) for one in lessons),
            missed=_missed(sessions[0], second),
            hook_cpu_ms=median(runs),
            seconds=round(time.monotonic() - start, 2),
            transcripts=len(discover(own_home)),
            kept=str(house.root) if keep else "",
        )


def _session(
    house: House,
    environ: Mapping[str, str],
    hooks: Hooks,
    day: Day,
    teller: Teller,
    *,
    heeds: bool,
) -> SessionFigures:
    tools = Toolbox(house.repository, environ)
    agent = Agent(hooks, tools, house.scratch, heeds=heeds, told=teller.turn)
    agent.begin()
    until_it_answers(house.home)
    agent.work(day.prompt, day.plan)
    agent.end()
    return counted(hooks, agent.turns, heeds=heeds)


def counted(hooks: Hooks, turns: Sequence[Turn], *, heeds: bool) -> SessionFigures:
    """The figures of one session."""
    rows = tuple(_row(turn) for turn in turns)
    warned = [row for row in rows if row.context]
    return SessionFigures(
        session=hooks.session,
        heeds=heeds,
        calls=sum(not row.dropped for row in rows),
        failures=sum(row.failed for row in rows),
        warnings=len(warned),
        right_warnings=sum(row.right for row in warned),
        from_memory=sum(row.remembered for row in warned),
        silent_calls=len(rows) - len(warned),
        hook_runs=len(hooks.cpu_ms),
        hook_cpu_ms=round(median(hooks.cpu_ms), 2),
        rows=rows,
    )


def _row(turn: Turn) -> Row:
    return Row(
        intent=turn.step.intent,
        call=turn.step.call.title,
        context=turn.context,
        remembered="“" in turn.context,
        learnt=turn.step.learnt,
        named=turn.named,
        dropped=turn.dropped,
        failed=turn.failed,
        right=turn.named and bool(turn.error),
        error=turn.error,
    )


def _named(lesson: Lesson) -> str:
    return lesson.text or lesson.action


def _missed(first: SessionFigures, second: SessionFigures) -> tuple[str, ...]:
    stumbled = {row.intent for row in first.rows if row.learnt and row.failed}
    return tuple(
        row.call for row in second.rows if row.learnt and not row.named and row.intent in stumbled
    )
