"""The story on the screen: what the agent was about to do, what Counsel said, what happened.

At most `WIDTH` columns. Colours are `click`'s, which leaves them out of a pipe.
"""

import textwrap
from collections.abc import Sequence

import click

from counsel.agents.claude_results import failure
from counsel.demo.agent import Turn
from counsel.demo.house import House
from counsel.demo.play import Figures, SessionFigures
from counsel.demo.story import Day
from counsel.memory.experience import first_line
from counsel.memory.lesson import Lesson
from counsel.memory.wording import lesson_text
from counsel.model.ids import ActionId

WIDTH = 96
_TELLING = ("FAILED (", "lint.py: error:")
"""How the line begins that says most, where it is not the first one."""


class Screen:
    """Tells as it happens. Calls about which there is nothing to tell are only counted."""

    def __init__(self) -> None:
        self._quiet = 0
        self._heeds = False
        self._number = 0

    def wired(self, house: House, output: str) -> None:
        click.secho("Counsel demo: one agent, one small job, twice", bold=True)
        _say("A temporary home and repository; your own files are not touched.")
        _say(
            "`counsel init claude-code --scope project` wrote "
            f"{house.repository}/.claude/settings.json"
        )

    def day(self, number: int, day: Day, *, heeds: bool) -> None:
        self._heeds = heeds
        self._number = 0
        click.echo()
        title = "SESSION 2: the same kind of job, next day" if number else "SESSION 1"
        click.secho(title, bold=True)
        _say(f"Human: {day.prompt}")
        _say(
            "The agent reads Counsel's words before each call now. Where they name a problem that "
            "it knows a way around, it takes that way. It thinks before it commits."
            if heeds
            else "The agent works as if nobody advised it. Counsel looks on, and learns."
        )

    def turn(self, turn: Turn) -> None:
        if not turn.context and not turn.error:
            self._quiet += 1
            return
        self._count_quiet()
        self._number += 1
        click.echo()
        click.secho(f"{self._number:>2}. {turn.step.intent}", fg="cyan")
        _marked("about to", turn.step.call.title, "white")
        for line in turn.context.splitlines():
            _marked("Counsel", line, "yellow")
        if turn.dropped:
            ways = turn.step.when_warned or turn.step.instead
            saves = turn.step.saves
            _marked("avoided", _error(turn), "green")
            _marked("instead", "; ".join(way.call.title for way in ways), "green")
            _marked("saved", "1 failed call" if saves == 1 else f"{saves} failed calls", "green")
        elif turn.error:
            _marked("failed", _error(turn), "red")
            if not turn.context and self._heeds:
                _marked("Counsel", "(silent)", "white")
        else:
            _marked("went", "fine all the same", "white")

    def learnt(self, lessons: Sequence[Lesson]) -> None:
        self._count_quiet()
        click.echo()
        active = [one for one in lessons if one.status == "active"]
        click.secho(f"WHAT COUNSEL LEARNT: {len(lessons)} lessons", bold=True)
        _say(
            f"{len(active)} of them are active; the others wait until they are seen in another "
            "session. Some of the active ones:"
        )
        for lesson in sorted(active, key=lambda one: (one.created_ms, one.id))[:4]:
            _marked("lesson", lesson_text(lesson), "magenta")

    def end(self, figures: Figures) -> None:
        """The figures, and where to look next."""
        self._count_quiet()
        click.echo()
        click.secho("FIGURES", bold=True)
        for name, first, second in _table(figures):
            click.echo(f"  {name:<44}{first:>12}{second:>12}".rstrip())
        click.echo("  * found out by running each dropped call on a copy of the folder")
        click.echo()
        click.secho("NEXT", bold=True)
        _next(figures)

    def _count_quiet(self) -> None:
        if self._quiet:
            calls = "1 call" if self._quiet == 1 else f"{self._quiet} calls"
            click.secho(f"    … {calls} went fine, and Counsel said nothing", dim=True)
        self._quiet = 0


class Silence:
    """The screen of `--json`: tells nothing."""

    def wired(self, house: House, output: str) -> None: ...

    def day(self, number: int, day: Day, *, heeds: bool) -> None: ...

    def turn(self, turn: Turn) -> None: ...

    def learnt(self, lessons: Sequence[Lesson]) -> None: ...


def _table(figures: Figures) -> list[tuple[str, str, str]]:
    first, second = figures.sessions

    def row(name: str, of: str) -> tuple[str, str, str]:
        return name, str(getattr(first, of)), str(getattr(second, of))

    return [
        ("", "session 1", "session 2"),
        row("calls executed", "calls"),
        row("  of them failed or refused", "failures"),
        row("calls that Counsel warned of", "warnings"),
        row("  rightly: it failed, or would have *", "right_warnings"),
        row("  from memory (the others: facts on the disk)", "from_memory"),
        row("calls before which it was silent", "silent_calls"),
        row("runs of the hook", "hook_runs"),
        ("  CPU of one, median", _ms(first), _ms(second)),
        ("lessons learnt", "", str(len(figures.lessons))),
        ("seconds in all", "", f"{figures.seconds:.1f}"),
    ]


def _ms(session: SessionFigures) -> str:
    return f"{session.hook_cpu_ms:.1f} ms"


def _next(figures: Figures) -> None:
    rows = [
        ("counsel init", "wire Counsel into your agent"),
        ("counsel import", "learn from the transcripts that are already on this machine"),
        ("counsel memory list", "what it has learnt"),
        ("counsel replay FILE", "what its advice would have been worth in recorded sessions"),
    ]
    for command, text in rows:
        click.echo(f"  {click.style(f'{command:<21}', fg='cyan')}{text}")
    if figures.transcripts:
        many = f"are {figures.transcripts} agent transcripts"
        there = "is 1 agent transcript" if figures.transcripts == 1 else many
        _say(f"There {there} under your home folder: `counsel import` learns from it all.")
    if figures.kept:
        _say(f"Kept: {figures.kept}")
    if not figures.passed:
        missed = ", ".join(figures.missed) or "nothing that it learnt was said"
        click.secho(f"  FAILED: session 2 was not warned of: {missed}", fg="red")


def _error(turn: Turn) -> str:
    """The first line of it; a refusal by the human's words."""
    words = failure(ActionId(""), turn.step.call.tool, turn.error).human_words
    if words:
        return f"the human: “{words}”"
    lines = turn.error.splitlines()
    told = next((line for line in lines if line.startswith(_TELLING)), "") or first_line(turn.error)
    return " ".join(told.split()) or "a problem that did not come up on the copy"


def _marked(mark: str, text: str, colour: str) -> None:
    lines = textwrap.wrap(text, WIDTH - 14, break_long_words=False, break_on_hyphens=False) or [""]
    click.echo(f"    {click.style(f'{mark:<8}', fg=colour)}  {lines[0]}")
    for line in lines[1:]:
        click.echo(f"              {line}")


def _say(text: str) -> None:
    lines = textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    click.echo("\n".join(f"  {line}" for line in lines))
