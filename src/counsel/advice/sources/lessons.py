"""Lessons by their condition: preferences and insights, and what was distilled from them."""

import re
from functools import lru_cache

from msgspec import Struct

from counsel.advice.sources import Query
from counsel.memory.lesson import COUNTED, Lesson, is_counted
from counsel.memory.reliability import trust
from counsel.memory.shelf import LessonShelf, asked_of
from counsel.memory.wording import PROGRAMS, evidence_line, lesson_text, text_quality
from counsel.model.advice import Candidate, SourceName
from counsel.model.commands import parse_command

_NAMED = re.compile(r"`([^`]+)`")
DISTILLED = frozenset(("heuristic", "playbook", "policy", "guardrail"))


class Insights(Struct, frozen=True):
    """Lessons and preferences from the write gate."""

    shelf: LessonShelf
    name: SourceName = "cognitive"
    quality: float = 0.50

    def candidates(self, query: Query) -> list[Candidate]:
        asked = asked_of(query.action, query.commands, query.phase)
        return [
            candidate_of(lesson, self.name, query.now_ms)
            for lesson in self.shelf.matching(asked, query.project, _is_insight)
            if not done_or_beside(lesson, query.action.command)
        ]


class Distillations(Struct, frozen=True):
    """Heuristics, playbooks, policies and guardrails, made by hand or distilled."""

    shelf: LessonShelf
    name: SourceName = "distillation"
    quality: float = 0.90

    def candidates(self, query: Query) -> list[Candidate]:
        asked = asked_of(query.action, query.commands, query.phase)
        return [
            candidate_of(lesson, self.name, query.now_ms)
            for lesson in self.shelf.matching(asked, query.project, _is_distilled)
        ]


def _is_insight(lesson: Lesson) -> bool:
    return not is_counted(lesson) and lesson.kind not in DISTILLED


def _is_distilled(lesson: Lesson) -> bool:
    return lesson.kind in DISTILLED


def done_or_beside(lesson: Lesson, command: str | None) -> bool:
    """Whether a lesson that names commands has nothing to say to this command line.

    `fmt` together with `lint`: beside the point where neither is run, done where both are. Without
    back-ticks the programs it names beside its condition's own count: "run ruff before committing"
    is done by `ruff check && git commit`.
    """
    if command is None:
        return False
    line = " ".join(command.split())
    named = _NAMED.findall(lesson.action)
    if not named:
        wanted = PROGRAMS.intersection(lesson.action.split()) - {lesson.condition.program}
        run_here = {one.program for one in parse_command(command)}
        return bool(wanted and lesson.condition.program) and wanted <= run_here
    run = sum(1 for one in named if one in line)
    return run == len(named) or (len(named) > 1 and run == 0)


def candidate_of(lesson: Lesson, source: SourceName, now_ms: int) -> Candidate:
    """A lesson as something to say. Relevance is what its condition really pins down."""
    text = lesson_text(lesson)
    return Candidate(
        id=f"{source}:{lesson.id}",
        source=source,
        text=text,
        relevance=relevance_of(lesson),
        trust=trust(lesson, now_ms),
        text_quality=_quality(text),
        signature=lesson.signature,
        failure_class=lesson.failure_class,
        lesson=lesson.id,
        category=lesson.kind,
        evidence=evidence_line(lesson.evidence, now_ms),
        caution=lesson.kind in COUNTED or lesson.kind in ("guardrail", "policy"),
    )


_quality = lru_cache(maxsize=4_096)(text_quality)


def relevance_of(lesson: Lesson) -> float:
    """In [0, 1]: 0.3 for a whole kind of tool, more for each further slot that had to hold."""
    condition = lesson.condition
    pinned = 0.0
    if condition.kind or condition.tool:
        pinned += 0.3
    if condition.program:
        pinned += 0.3
    if condition.subcommand:
        pinned += 0.2
    if condition.flags or condition.path:
        pinned += 0.3
    pinned += min(0.5, 0.3 * len(condition.words))
    return min(1.0, pinned)
