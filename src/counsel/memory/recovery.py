"""How a failure was overcome: the first later success of the same intent, and what was different.

Looked for in the same session within `HORIZON` calls. The same intent means: the same kind of
tool, and the same program, the same file, or a file of the same name.
"""

import posixpath

from msgspec import Struct

from counsel.memory.facts import Ended, fingerprint
from counsel.memory.redaction import redact
from counsel.model.actions import Action
from counsel.model.commands import Command, parse_command

HORIZON = 12
_SHOWN = 100


class Recovery(Struct, frozen=True):
    """What worked. `calls` is how many calls lay between the failure and the success."""

    text: str
    calls: int


class Pending(Struct):
    """A failure that waits for its recovery; `between` are the successes since."""

    failed: Ended
    calls: int
    between: list[Action]


def same_intent(failed: Action, later: Action) -> bool:
    """Whether the later call tries what the failed one tried."""
    if failed.kind != later.kind and {failed.kind, later.kind} != {"search", "shell"}:
        return False
    if failed.command is not None and later.command is not None:
        mine, other = _lead(failed), _lead(later)
        if mine is None or other is None or mine.program != other.program:
            return False
        return mine.subcommand == other.subcommand or not mine.subcommand
    if failed.path and later.path:
        if failed.path == later.path:
            return True
        return (
            posixpath.basename(failed.path).split(".")[0]
            == (posixpath.basename(later.path).split(".")[0])
        )
    return failed.tool == later.tool and not failed.path and not failed.command


def recovery_of(pending: Pending, later: Ended, calls: int) -> Recovery | None:
    """The recovery that `later` is for the pending failure, or None."""
    failed, action = pending.failed.call.action, later.call.action
    if later.outcome.status != "ok" or not same_intent(failed, action):
        return None
    step = _step_between(failed, pending.between)
    if fingerprint(failed) == fingerprint(action):
        if not step:
            return None
        text = f"first {step}"
    elif failed.command is not None and action.command is not None:
        text = f"`{_short(action.command)}` worked"
    elif failed.path and action.path and failed.path != action.path:
        text = f"the right path was {_short(action.path)}"
    elif step:
        text = f"first {step}"
    else:
        text = "the same call with other input worked"
    return Recovery(text=text, calls=max(0, calls - pending.calls - 1))


def _step_between(failed: Action, between: list[Action]) -> str:
    """The extra step before: a read of the file, or a command that made it possible."""
    for action in reversed(between):
        if action.kind == "read" and action.path and action.path == failed.path:
            return "read the file again"
        if action.kind == "write" and action.path:
            return f"write {_short(posixpath.basename(action.path))}"
        if action.command is not None and action.kind == "shell":
            return f"run `{_short(action.command)}`"
    return ""


def _lead(action: Action) -> Command | None:
    commands = parse_command(action.command or "")
    return next((one for one in commands if one.program not in ("cd", "export")), None)


def _short(text: str) -> str:
    line = " ".join(redact(text[:2_000]).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
