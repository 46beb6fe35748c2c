"""The lessons in reach of the hot path: looked up by structure, never scanned.

A lesson stands under its project and the most specific part of its condition (program, tool, kind,
or words), so a look-up costs what it finds, not what there is. Rows are replaced whole: a reader in
another thread sees the old or the new, never half.
"""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from msgspec import Struct

from counsel.memory.lesson import Condition, Lesson, is_counted
from counsel.model.actions import Action
from counsel.model.commands import Command
from counsel.model.ids import LessonId, ProjectKey


class Asked(Struct, frozen=True):
    """A call, as conditions look at it."""

    action: Action
    commands: tuple[Command, ...]
    phase: str
    text: str
    """What the words of a condition are looked for in, in lower case."""


def asked_of(action: Action, commands: tuple[Command, ...], phase: str = "") -> Asked:
    """`text` is lowered here, once for all conditions."""
    text = action.command or action.path or action.target or action.arguments
    return Asked(action, commands, phase, text.lower())


class LessonShelf:
    """All lessons by id, and an index over those that may be advised."""

    def __init__(self, lessons: Iterable[Lesson] = ()) -> None:
        self.changes = 0
        """Grows with each change of a lesson that is said as it stands (see `is_counted`)."""
        self.load(lessons)

    def load(self, lessons: Iterable[Lesson]) -> None:
        """Put other lessons in the place of these."""
        self._lessons: dict[LessonId, Lesson] = {}
        self._index: dict[tuple[str, ProjectKey], tuple[Lesson, ...]] = {}
        self._silenced: frozenset[LessonId] = frozenset()
        self.changes += 1
        for lesson in lessons:
            self.put(lesson)

    def __len__(self) -> int:
        return len(self._lessons)

    def get(self, lesson: LessonId) -> Lesson | None:
        return self._lessons.get(lesson)

    def all(self) -> list[Lesson]:
        return list(self._lessons.values())

    def put(self, lesson: Lesson) -> None:
        """Insert or replace."""
        self.drop(lesson.id)
        self._lessons[lesson.id] = lesson
        self.changes += not is_counted(lesson)
        if lesson.status == "active":
            place = _place(lesson)
            self._index[place] = (*self._index.get(place, ()), lesson)
        elif lesson.status in ("suspended", "retired"):
            self._silenced |= {lesson.id}

    def drop(self, lesson: LessonId) -> None:
        old = self._lessons.pop(lesson, None)
        if old is None:
            return
        self._silenced -= {lesson}
        self.changes += not is_counted(old)
        place = _place(old)
        rest = tuple(one for one in self._index.get(place, ()) if one.id != lesson)
        if rest:
            self._index[place] = rest
        else:
            self._index.pop(place, None)

    def silenced(self, lesson: LessonId) -> bool:
        """Suspended or retired: its advice is not to be given, from whatever source."""
        return lesson in self._silenced

    def matching(
        self,
        asked: Asked,
        project: ProjectKey,
        wanted: Callable[[Lesson], bool] = lambda lesson: True,
    ) -> list[Lesson]:
        """Active lessons that are wanted and whose whole condition holds for the call.

        Those that hold everywhere before the project's own, each in the order they came.
        """
        return [
            lesson
            for where in _scopes(project)
            for key in _sought(asked)
            for lesson in self._index.get((key, where), ())
            if wanted(lesson) and holds(lesson.condition, asked)
        ]

    def standing(self, project: ProjectKey, most: int = 3) -> list[Lesson]:
        """Preferences that hold for everything here: what to say when a session starts."""
        general = [
            lesson for where in _scopes(project) for lesson in self._index.get(("any", where), ())
        ]
        general.sort(key=lambda lesson: (-lesson.updated_ms, lesson.id))
        return general[:most]


def holds(condition: Condition, asked: Asked) -> bool:
    """Every given field of the condition holds for the call. Run hundreds of times a call."""
    action = asked.action
    if condition.kind and condition.kind != action.kind:
        return False
    if condition.tool and condition.tool != action.tool:
        return False
    if condition.phase and asked.phase and condition.phase != asked.phase:
        return False
    if condition.path and not (action.path and fnmatchcase(action.path, condition.path)):
        return False
    if not _command_holds(condition, asked.commands):
        return False
    return not condition.words or all(word.lower() in asked.text for word in condition.words)


def _command_holds(condition: Condition, commands: tuple[Command, ...]) -> bool:
    if not (condition.program or condition.subcommand or condition.flags):
        return True
    # A loop: `any` over a generator takes twice as long.
    for command in commands:
        if condition.program and command.program != condition.program:
            continue
        if condition.subcommand and command.subcommand != condition.subcommand:
            continue
        if not condition.flags or set(condition.flags) <= set(command.words):
            return True
    return False


def _scopes(project: ProjectKey) -> tuple[ProjectKey, ...]:
    """Everywhere, and the project: what a lesson may hold in."""
    return (ProjectKey(""), project) if project else (ProjectKey(""),)


def _place(lesson: Lesson) -> tuple[str, ProjectKey]:
    return _key(lesson.condition), lesson.project


def _key(condition: Condition) -> str:
    if condition.program:
        return _program_key(condition.program, condition.subcommand, _flag_of(condition))
    if condition.tool:
        return f"tool {condition.tool}"
    if condition.kind:
        return f"kind {condition.kind}"
    if condition.words:
        return f"word {condition.words[0].lower()}"
    return "path" if condition.path else "any"


def _program_key(program: str, subcommand: str, flag: str) -> str:
    return f"program {program} {subcommand} {flag}"


def _flag_of(condition: Condition) -> str:
    """One flag that must stand in the command, as part of the key."""
    return next((flag for flag in condition.flags if flag[:1] == "-"), "")


def _sought(asked: Asked) -> tuple[str, ...]:
    """The keys under which something may stand for the call, each once."""
    action = asked.action
    keys = [
        _program_key(command.program, subcommand, flag)
        for command in asked.commands
        for subcommand in ("", command.subcommand)
        for flag in ("", *(word for word in command.words if word[:1] == "-"))
    ]
    keys += [f"tool {action.tool}", f"kind {action.kind}", "path"]
    text = action.command or action.path or action.target or ""
    keys += [f"word {word}" for word in text.lower().split()[:60]]
    return tuple(dict.fromkeys(keys))
