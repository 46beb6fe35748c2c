"""Lessons from counted failures: made anew from the counts each time these change.

A refused word is worth telling at once; a recurring end once it was met in distinct sessions, for
one loop must not inflate itself, and never where failing was the call's job.
"""

from msgspec.structs import replace

from counsel.memory.experience import Experience, Recalled
from counsel.memory.facts import Ended
from counsel.memory.lesson import Condition, Evidence, Lesson, lesson_id
from counsel.model.actions import Action
from counsel.model.commands import parse_command
from counsel.model.ids import ProjectKey

STEPS_KEPT = 8


def recalled_of(experience: Experience, key: str | None) -> Recalled | None:
    """What is remembered under a refused word or a signature."""
    if not key:
        return None
    return experience.words.get(key) or experience.ends.get(key)


def lesson_of(
    pattern: str,
    key: str,
    recalled: Recalled,
    experience: Experience,
    ended: Ended,
    project: ProjectKey,
) -> Lesson:
    """The lesson of a key (a refused word, or a signature) of a pattern, from its counts."""
    is_word = key in experience.words
    scopes = len(recalled.sessions)
    worth = is_word or (scopes > 1 and recalled.failure_class != "signal")
    return Lesson(
        id=lesson_id(pattern, key),
        kind="recovery" if recalled.recovery else "sharp_edge" if is_word else "anti_pattern",
        project=project,
        condition=_condition(ended.call.action, key if is_word else ""),
        signature=recalled.signature,
        failure_class=recalled.failure_class,
        failing=recalled.error,
        action=_action_text(recalled),
        evidence=Evidence(
            seen=recalled.times,
            passed=recalled.fine if is_word else experience.fine,
            recovered=recalled.recovered,
            sessions=scopes,
            projects=1,
            last_ms=recalled.last_ms,
        ),
        status="active" if worth else "pending",
    )


def _action_text(recalled: Recalled) -> str:
    failed = f"it failed with: {recalled.error}" if recalled.error else "it failed"
    return f"{failed}; then {recalled.recovery}" if recalled.recovery else failed


def _condition(action: Action, word: str) -> Condition:
    lead = None
    if action.command is not None:
        commands = parse_command(action.command)
        lead = next((one for one in commands if one.program not in ("cd", "export")), None)
    if lead is None:
        words = (word,) if word else ()
        return Condition(kind=action.kind, tool=action.tool, words=words)
    return Condition(
        kind=action.kind,
        tool=action.tool,
        program=lead.program,
        subcommand=lead.subcommand,
        flags=(word,) if word.startswith("-") else (),
        words=(word,) if word and not word.startswith("-") else (),
    )


def revised(known: Lesson | None, lesson: Lesson, step: str, now_ms: int) -> Lesson:
    """The lesson with what its last version has and no count can give. `step`: the trace."""
    if known is None:
        steps: tuple[str, ...] = (step,) if step else ()
        evidence = replace(lesson.evidence, steps=steps, first_ms=now_ms, last_ms=now_ms)
        return replace(lesson, evidence=evidence, created_ms=now_ms, updated_ms=now_ms)
    steps = known.evidence.steps
    if step and step not in steps:
        steps = (*steps[: STEPS_KEPT // 2], *steps[STEPS_KEPT // 2 :][-3:], step)
    changed = (lesson.action, lesson.condition) != (known.action, known.condition)
    return replace(
        lesson,
        project=known.project if known.project == lesson.project else ProjectKey(""),
        evidence=replace(
            lesson.evidence,
            steps=steps,
            first_ms=known.evidence.first_ms,
            last_ms=now_ms if step else known.evidence.last_ms,
        ),
        reliability=known.reliability,
        status=known.status if known.status in ("suspended", "retired") else lesson.status,
        version=known.version + (1 if changed else 0),
        created_ms=known.created_ms,
        updated_ms=now_ms,
    )
