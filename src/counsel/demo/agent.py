"""The scripted agent: a plan, and one explicit policy instead of a model.

- It carries out its plan step by step; where a step fails it takes the way round that the step's
  `instead` spells out (its own repertoire, the same in every session).
- In a session in which it heeds advice, it reads the context that the hook hands it before a call.
  If that names the step's problem (one of `named_by`), it drops the call and takes the way round
  at once. Any other context changes nothing.
- A model thinks for seconds before it acts, a script does not. Before a step marked `ponders` it
  waits until Counsel may speak about the shell again (`tool_cooldown_s.shell`).
- Its human refuses a commit as long as the linter has not passed since the last edit.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from counsel.control.tuneables import Tuneables
from counsel.demo.hooks import MODEL, Hooks
from counsel.demo.tools import Call, Result, Toolbox

LINTER = "tools/lint.py src"
_MARGIN = 0.2
"""Seconds between the hook's answer here and the moment that the service wrote down."""
REFUSED = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was "
    "a file edit, the new_string was NOT written to the file). To tell you how to proceed, the "
    "user said:\nno, always run the linter before committing"
)


class Step(Struct, frozen=True, kw_only=True):
    """One step of a plan. `named_by`: words by which the agent knows the problem in advice."""

    intent: str
    call: Call
    instead: "tuple[Step, ...]" = ()
    when_warned: "tuple[Step, ...]" = ()
    """The way round where the problem was named before; `instead` where this is empty."""
    named_by: tuple[str, ...] = ()
    saves: int = 1
    """Failed calls on the way round that a warning saves."""
    ponders: bool = False
    learnt: bool = False
    """Nothing but an earlier session can foretell this problem."""


class Turn(Struct, frozen=True, kw_only=True):
    """What became of one proposed call. `error` of a dropped one is what it would have met."""

    step: Step
    context: str
    """Verbatim from the hook's answer before the call."""
    named: bool
    """The context names the step's problem."""
    dropped: bool
    error: str

    @property
    def failed(self) -> bool:
        return bool(self.error) and not self.dropped


class Agent:
    """One session. `told` is called for each turn, as it happens."""

    def __init__(
        self,
        hooks: Hooks,
        tools: Toolbox,
        scratch: Path,
        *,
        heeds: bool,
        told: Callable[[Turn], None],
    ) -> None:
        self._hooks = hooks
        self._tools = tools
        self._scratch = scratch
        self._heeds = heeds
        self._told = told
        self._linted = False
        self._count = 0
        self._spoken = 0.0
        self.turns: list[Turn] = []

    def work(self, prompt: str, plan: Sequence[Step]) -> None:
        """From the prompt to the stop."""
        self._hooks.tell("UserPromptSubmit", prompt=prompt)
        for step in plan:
            self._take(step)
        self._hooks.tell("Stop", stop_hook_active=False)

    def begin(self) -> None:
        self._hooks.tell("SessionStart", source="startup", model=MODEL)

    def end(self) -> None:
        self._hooks.tell("SessionEnd", reason="prompt_input_exit")

    def _take(self, step: Step) -> None:
        if step.ponders and self._heeds:
            self._ponder()
        self._count += 1
        call, tool = step.call, step.call.tool
        given = {
            "tool_input": call.input(self._tools.root),
            "tool_use_id": f"toolu_{self._hooks.session[:8]}{self._count:04}",
        }
        context = self._hooks.tell("PreToolUse", tool, **given)
        if context and tool == "Bash":
            self._spoken = time.monotonic()
        named = any(word in context for word in step.named_by)
        dropped = named and self._heeds
        if dropped:
            error = self._foreseen(call)
        else:
            result = self._refused(call) or self._tools.run(call)
            error = result.error
            if error:
                self._hooks.tell("PostToolUseFailure", tool, **given, error=error)
            else:
                self._hooks.tell("PostToolUse", tool, **given, tool_response=result.response)
                self._note(call)
        self._told_of(Turn(step=step, context=context, named=named, dropped=dropped, error=error))
        around = (dropped and step.when_warned) or step.instead
        for other in around if dropped or error else ():
            self._take(other)

    def _ponder(self) -> None:
        over = self._spoken + Tuneables().tool_cooldown_s.shell + _MARGIN
        time.sleep(max(0.0, over - time.monotonic()))

    def _told_of(self, turn: Turn) -> None:
        self.turns.append(turn)
        self._told(turn)

    def _refused(self, call: Call) -> Result | None:
        """The human's no."""
        commits = call.command.startswith("git commit")
        return Result(error=REFUSED) if commits and not self._linted else None

    def _foreseen(self, call: Call) -> str:
        """What a dropped call would have met: asked of the human's rule, and of a copy."""
        refused = self._refused(call)
        return refused.error if refused else self._tools.would_fail(call, self._scratch)

    def _note(self, call: Call) -> None:
        if call.tool in ("Edit", "Write"):
            self._linted = False
        elif LINTER in call.command:
            self._linted = True
