"""The lesson: everything an agent can be told is one.

A lesson is structured: a condition under which it applies, what goes wrong, what to do instead,
why, and the evidence for it. Its wording is made from these fields (`counsel.memory.wording`)
unless a human wrote it.
"""

from hashlib import sha1
from typing import Literal

from msgspec import Struct

from counsel.model.advice import FailureClass
from counsel.model.ids import LessonId, ProjectKey

LessonKind = Literal[
    "recovery",
    "preference",
    "guardrail",
    "heuristic",
    "sharp_edge",
    "anti_pattern",
    "playbook",
    "policy",
    "context",
]

LessonStatus = Literal["active", "pending", "suspended", "retired"]
"""`pending` needs more evidence or a better text and is never advised; `suspended` did harm."""

Origin = Literal["learnt", "user", "imported", "chip", "bank", "opportunity"]


class Condition(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a lesson applies. An empty field puts no condition; all given ones must hold."""

    kind: str = ""
    """Canonical tool kind (`shell`, `edit`, ...)."""
    tool: str = ""
    """The agent's own tool name."""
    program: str = ""
    subcommand: str = ""
    flags: tuple[str, ...] = ()
    """All of these appear in the command."""
    path: str = ""
    """Glob over the path as written."""
    words: tuple[str, ...] = ()
    """Lexical: words that the action or the prompt shares with the lesson."""
    phase: str = ""


class Evidence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What supports a lesson, as counts that only grow."""

    seen: int = 0
    """How often the failing pattern was met (and failed)."""
    passed: int = 0
    """How often a call under the same condition went fine."""
    recovered: int = 0
    """How often the recovery worked."""
    sessions: int = 0
    projects: int = 0
    steps: tuple[str, ...] = ()
    """Traces of the first few and the last few actions that support it."""
    first_ms: int = 0
    last_ms: int = 0


class Reliability(Struct, frozen=True, omit_defaults=True):
    """Beta posterior of "following it helps", fed by strict outcomes and holdouts only."""

    alpha: float = 1.0
    beta: float = 1.0
    harmful: int = 0
    """Times it was followed and then failed in a new way."""
    noisy: int = 0
    judged_ms: int = 0


class Lesson(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One lesson. `project` is empty for global scope. `version` starts at 1."""

    id: LessonId
    kind: LessonKind
    project: ProjectKey = ProjectKey("")
    condition: Condition = Condition()
    signature: str = ""
    """The failure it foresees (`counsel.memory.signature`), empty if none."""
    failure_class: FailureClass = "other"
    failing: str = ""
    """The failing pattern, short, as shown to a reader."""
    action: str = ""
    """What to do instead."""
    reason: str = ""
    text: str = ""
    """Wording given by a human or an import; empty: made from the fields."""
    evidence: Evidence = Evidence()
    reliability: Reliability = Reliability()
    status: LessonStatus = "active"
    origin: Origin = "learnt"
    author: str = ""
    version: int = 1
    predecessor: LessonId | None = None
    created_ms: int = 0
    updated_ms: int = 0


def lesson_id(pattern: str, key: str) -> LessonId:
    """The same failure of the same pattern is the same lesson."""
    digest = sha1(f"{pattern}\0{key}".encode("utf-8", "replace"), usedforsecurity=False)
    return LessonId(f"les_{digest.hexdigest()[:16]}")


COUNTED: frozenset[LessonKind] = frozenset(("recovery", "sharp_edge", "anti_pattern"))
"""Kinds that stand on counted failures."""


def is_counted(lesson: Lesson) -> bool:
    """Learnt from counted failures: the experience speaks for it, with figures of its own."""
    return lesson.kind in COUNTED and lesson.origin == "learnt"
