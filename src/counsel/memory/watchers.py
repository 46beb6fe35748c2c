"""Signs of being stuck, computed from the steps of one episode and from nothing else.

| watcher | fires when the last step makes this true | level |
|---|---|---|
| repeat_failure | one pattern (and file) failed with one signature, none passed between | 2, 4 |
| no_new_evidence | that many steps in a row showed nothing new; waiting is not counted | 6, 12 |
| diff_thrash | that many edits of one file, failed checks between and none passed | 2, 4 checks |
| " | or an edit was done, undone and done again (A -> B -> A -> B) | 1 |
| confidence_stagnation | the share passed of the last 4 attempts stands still below a half | 1 |
| scope_creep | the later half edits 1.5 times the files, in new folders, no check passed | 1 |
| validation_gap | that many successful edits of code since the last check or commit | 20, 40 |

A check that fails again after an edit is work, not repetition: it counts from the third time. A
search without a match did its job, and a wait that timed out is only a wait: neither counts.

A sub-agent is watched apart from its parent: parallel work is not repetition. An alert has a key;
the same key is raised once per episode, the doubled level gives a new one.
"""

import posixpath
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from counsel.memory.steps import CHECKS, Step, digest
from counsel.model.ids import TraceId

WatcherName = Literal[
    "repeat_failure",
    "no_new_evidence",
    "diff_thrash",
    "confidence_stagnation",
    "scope_creep",
    "validation_gap",
]

REPEATS = 2
CHECK_RETRIES = 3
NO_EVIDENCE = 6
FILE_TOUCHES = 5
FAILED_CHECKS = 2
ATTEMPTS = 4
GAP_EDITS = 20
"""In 13,172 calls of the development sessions 10 fires 35 times, 15 twelve times, 20 twice."""
LONG_EPISODE = 30
CREEP = 1.5
CREEP_FILES = 6
CREEP_FOLDERS = 3

_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc")


STUCK: tuple[WatcherName, ...] = (
    "repeat_failure",
    "no_new_evidence",
    "diff_thrash",
    "confidence_stagnation",
)
"""Watchers that mean being stuck; the others are bad habits of a session that still moves."""


class Alert(Struct, frozen=True, kw_only=True):
    """A sign of being stuck. `steps` are the traces that prove it, oldest first."""

    name: WatcherName
    severity: Literal["notice", "warning"]
    key: str
    """Equal for the same sign at the same level."""
    steps: tuple[TraceId, ...]
    text: str


def watch(steps: Sequence[Step]) -> tuple[Alert, ...]:
    """All alerts that hold right after the last of `steps` (oldest first)."""
    if not steps:
        return ()
    lane = [step for step in steps if step.subagent == steps[-1].subagent]
    found = (watcher(lane) for watcher in WATCHERS)
    return tuple(alert for alert in found if alert is not None)


def repeat_failure(steps: Sequence[Step]) -> Alert | None:
    """The same thing failed the same way again."""
    last = steps[-1]
    is_check = last.deed.purpose in CHECKS
    quiet = last.deed.purpose == "wait" or (last.failure_class == "signal" and not is_check)
    if not last.failed or quiet:
        return None
    run = _failures_alike(steps)
    is_check = last.deed.purpose in ("test", "lint", "build")
    edited = any(
        step.deed.purpose == "edit" and step.started_ms >= run[0].started_ms for step in (steps)
    )
    needed = CHECK_RETRIES if is_check and edited else REPEATS
    if len(run) < needed:
        return None
    return Alert(
        name="repeat_failure",
        severity="warning",
        key=f"repeat_failure:{_name(last)}:{digest(last.signature)}:{_level(len(run), needed)}",
        steps=tuple(step.id for step in run),
        text=f"{_name(last)} failed {len(run)} times in the same way.",
    )


def _failures_alike(steps: Sequence[Step]) -> list[Step]:
    """The last step and earlier ones like it, oldest first; calls in parallel count once."""
    last = steps[-1]
    run = [last]
    for step in reversed(steps[:-1]):
        if step.deed.pattern != last.deed.pattern or step.deed.path != last.deed.path:
            continue
        if step.result == "ok":
            break
        if step.failed and step.signature == last.signature and step.ended_ms <= run[0].started_ms:
            run.insert(0, step)
    return run


def no_new_evidence(steps: Sequence[Step]) -> Alert | None:
    """Nothing new came out of the last calls."""
    run: list[Step] = []
    for step in reversed(steps):
        if step.evidence:
            break
        if step.deed.purpose != "wait" and step.result in ("ok", "failed"):
            run.insert(0, step)
    if len(run) < NO_EVIDENCE or run[-1] is not steps[-1]:
        return None
    return Alert(
        name="no_new_evidence",
        severity="warning",
        key=f"no_new_evidence:{run[0].id}:{_level(len(run), NO_EVIDENCE)}",
        steps=tuple(step.id for step in run),
        text=f"The last {len(run)} calls showed nothing new.",
    )


def diff_thrash(steps: Sequence[Step]) -> Alert | None:
    """One file is changed over and over, or back and forth."""
    last = steps[-1]
    if last.deed.purpose != "edit" or last.result != "ok" or not last.deed.path:
        return None
    edits, failures = _edits_since_pass(steps, last.deed.path)
    name = posixpath.basename(last.deed.path)
    if len(edits) >= FILE_TOUCHES and len(failures) >= FAILED_CHECKS:
        return Alert(
            name="diff_thrash",
            severity="warning",
            key=f"diff_thrash:{last.deed.path}:{_level(len(failures), FAILED_CHECKS)}",
            steps=tuple(step.id for step in (*edits, *failures)),
            text=f"{name} was edited {len(edits)} times, {len(failures)} checks failed meanwhile.",
        )
    swings = _swings(edits)
    if len(swings) < 3:
        return None
    return Alert(
        name="diff_thrash",
        severity="warning",
        key=f"diff_thrash:{last.deed.path}:swing:{last.deed.before}",
        steps=tuple(step.id for step in swings),
        text=f"An edit of {name} is being done and undone.",
    )


def _edits_since_pass(steps: Sequence[Step], path: str) -> tuple[list[Step], list[Step]]:
    """Successful edits of `path`, and failed checks between the first and the last of them."""
    edits: list[Step] = []
    failures: list[Step] = []
    waiting: list[Step] = []
    for step in steps:
        if step.checked and step.result == "ok":
            edits, failures, waiting = [], [], []
        elif step.checked and step.failed and edits:
            waiting.append(step)
        elif step.deed.purpose == "edit" and step.deed.path == path and step.result == "ok":
            edits.append(step)
            failures += waiting
            waiting = []
    return edits, failures


def _swings(edits: Sequence[Step]) -> list[Step]:
    """The edits at the end that each undo the one before."""
    run = list(edits[-1:])
    for earlier, later in reversed(list(pairwise(edits))):
        undone = earlier.deed.before == later.deed.after and earlier.deed.after == later.deed.before
        if not undone or not earlier.deed.before:
            break
        run.insert(0, earlier)
    return run


def confidence_stagnation(steps: Sequence[Step]) -> Alert | None:
    """The attempts keep failing as often as before."""
    attempts = [step for step in steps if _is_attempt(step)]
    if not attempts or attempts[-1] is not steps[-1]:
        return None
    last = attempts[-(ATTEMPTS + 2) :]
    shares = [_passed(last[i : i + ATTEMPTS]) for i in range(3)]
    if len(last) < ATTEMPTS + 2 or max(shares) >= 0.5 or max(shares) - min(shares) >= 0.05:
        return None
    passed = sum(step.result == "ok" for step in last)
    return Alert(
        name="confidence_stagnation",
        severity="notice",
        key=f"confidence_stagnation:{_stretch(attempts)}",
        steps=tuple(step.id for step in last),
        text=f"{passed} of the last {len(last)} attempts passed, no more than before.",
    )


def _is_attempt(step: Step) -> bool:
    """Something that can tell success from failure of the goal: not a look, plan, edit or wait."""
    if step.result not in ("ok", "failed"):
        return False
    return step.deed.purpose in (*CHECKS, "record", "other")


def _passed(steps: Sequence[Step]) -> float:
    return sum(step.result == "ok" for step in steps) / max(len(steps), 1)


def _stretch(attempts: Sequence[Step]) -> str:
    """The id of the last attempt that began a stretch: the one before it passed twice running."""
    start = 0
    for i in range(2, len(attempts)):
        if attempts[i - 2].result == "ok" and attempts[i - 1].result == "ok":
            start = i
    return attempts[start].id


def scope_creep(steps: Sequence[Step]) -> Alert | None:
    """A long episode spreads to more and more places without anything being proved."""
    if len(steps) < LONG_EPISODE or steps[-1].deed.purpose != "edit":
        return None
    half = len(steps) // 2
    early, late = _edited(steps[:half]), _edited(steps[half:])
    known = {posixpath.dirname(step.deed.path) for step in steps[:half] if step.deed.path}
    fresh = {posixpath.dirname(path) for path in late} - known
    passed = any(step.checked and step.result == "ok" for step in steps[half:])
    few = len(late) < CREEP_FILES or len(late) <= CREEP * len(early)
    if passed or few or not early or len(fresh) < CREEP_FOLDERS:
        return None
    return Alert(
        name="scope_creep",
        severity="notice",
        key="scope_creep",
        steps=tuple(step.id for step in steps[half:] if step.deed.path in late),
        text=f"{len(late)} files edited lately against {len(early)} before, none of it checked.",
    )


def _edited(steps: Sequence[Step]) -> frozenset[str]:
    return frozenset(
        step.deed.path
        for step in steps
        if step.deed.purpose == "edit" and step.deed.path and step.result == "ok"
    )


def validation_gap(steps: Sequence[Step]) -> Alert | None:
    """Many edits of code, and nothing was run to see whether they hold."""
    edits: list[Step] = []
    for step in reversed(steps):
        if step.deed.purpose in (*CHECKS, "record"):
            break
        if step.deed.purpose == "edit" and step.result == "ok" and _is_code(step.deed.path):
            edits.insert(0, step)
    if len(edits) < GAP_EDITS or edits[-1] is not steps[-1]:
        return None
    return Alert(
        name="validation_gap",
        severity="notice",
        key=f"validation_gap:{edits[0].id}:{_level(len(edits), GAP_EDITS)}",
        steps=tuple(step.id for step in edits),
        text=f"{len(edits)} edits since anything was tested, linted or built.",
    )


def _is_code(path: str) -> bool:
    return bool(path) and not path.lower().endswith(_PROSE)


def _level(count: int, first: int) -> int:
    """How often `first` can be doubled without passing `count`: 0, 1, 2, ..."""
    return (count // first).bit_length() - 1


def _name(step: Step) -> str:
    pattern = step.deed.pattern
    if pattern.program:
        return f"{pattern.program} {pattern.subcommand}".strip()
    return f"{pattern.kind} {posixpath.basename(step.deed.path)}".strip()


WATCHERS: tuple[Callable[[Sequence[Step]], Alert | None], ...] = (
    repeat_failure,
    no_new_evidence,
    diff_thrash,
    confidence_stagnation,
    scope_creep,
    validation_gap,
)
