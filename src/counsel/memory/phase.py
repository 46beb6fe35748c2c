"""Where an episode stands, inferred from the last actions alone.

The first rule that holds gives the phase. "Recent" is the last WINDOW steps; waiting calls are
passed over.

| # | holds | phase |
|---|---|---|
| 1 | the session has ended | halt |
| 2 | after the escape protocol something failed recently and nothing passed since | escalate |
| 3 | the last telling step recorded work (commit, push, pull request) and succeeded | consolidate |
| 4 | the last recent check failed, and only looks or plans followed, at least one | diagnose |
| 5 | the last telling step was a check | validate |
| 6 | the last telling step was an edit, at most LOOKS_BETWEEN looks ago | execute |
| 7 | the last telling step was a plan, at most LOOKS_BETWEEN looks ago | plan |
| 8 | anything else: reads, searches, nothing yet | explore |

A telling step is a recent one that is neither a look nor of unknown purpose. No rule looks further
back than WINDOW steps: no phase can be stuck, whatever the history.
"""

from collections.abc import Sequence

from counsel.memory.steps import CHECKS, Phase, Purpose, Step

WINDOW = 8
LOOKS_BETWEEN = 3

_QUIET: tuple[Purpose, ...] = ("look", "other")


def infer_phase(
    steps: Sequence[Step], *, since_escape: Sequence[Step] | None = None, ended: bool = False
) -> Phase:
    """The phase after `steps` (oldest first).

    `since_escape` are the steps since the escape protocol was issued, None if it was not.
    """
    if ended:
        return "halt"
    if since_escape is not None and _still_failing(since_escape):
        return "escalate"
    recent = [step for step in steps[-WINDOW:] if step.deed.purpose != "wait"]
    last = _last_telling(recent)
    if last is None:
        return "explore"
    step, after = recent[last], recent[last + 1 :]
    if step.deed.purpose == "record" and step.result == "ok":
        return "consolidate"
    if _diagnosing(recent):
        return "diagnose"
    if step.deed.purpose in CHECKS:
        return "validate"
    if len(after) <= LOOKS_BETWEEN:
        return _ONGOING.get(step.deed.purpose, "explore")
    return "explore"


_ONGOING: dict[Purpose, Phase] = {"edit": "execute", "plan": "plan"}


def _last_telling(recent: Sequence[Step]) -> int | None:
    found = [i for i, step in enumerate(recent) if step.deed.purpose not in _QUIET]
    return found[-1] if found else None


def _diagnosing(recent: Sequence[Step]) -> bool:
    checks = [i for i, step in enumerate(recent) if step.deed.purpose in CHECKS]
    if not checks or not recent[checks[-1]].failed:
        return False
    after = [step.deed.purpose for step in recent[checks[-1] + 1 :]]
    return "look" in after and all(purpose in ("look", "plan", "other") for purpose in after)


def _still_failing(steps: Sequence[Step]) -> bool:
    """The last failure was not followed by anything that passed; looking is no passing."""
    for step in reversed(steps[-WINDOW:]):
        if step.failed:
            return True
        if step.result == "ok" and step.deed.purpose not in ("look", "plan", "edit", "wait"):
            return False
    return False
