"""Codex CLI's hooks (0.169): Claude Code's dialect, with strict answers and silent failures.

- Every output schema forbids other keys, and `ask` or a bare `allow` make the hook fail, so an
  answer is bare `additionalContext` or nothing. What wants a human's yes is said as context.
- PostToolUse also follows failures, but its payload has no exit code: unless the text carries
  one the status is `unknown`, and the service completes it from the rollout at
  `Heard.transcript` (`transcripts.codex.rollout_outcome`).
- A failed `apply_patch` fires no PostToolUse at all: it, too, is only in the rollout.
"""

from msgspec import Raw

from counsel.agents.adapter import NO_OPINION, Capabilities, Heard, Stamp
from counsel.agents.codex_results import outcome_of
from counsel.agents.hook_dialect import HookDialect, HookOutput, SaidCall, Told, hook_answer
from counsel.agents.texts import context_text
from counsel.agents.tools import CODEX
from counsel.model.advice import Answer

ANSWERABLE = frozenset(
    {"PreToolUse", "PostToolUse", "UserPromptSubmit", "SessionStart", "SubagentStart"}
)
"""Moments whose output has `additionalContext` (hook schemas of Codex 0.169.0)."""

CAPABILITIES = Capabilities(
    agent="codex",
    title="Codex CLI",
    context_before_tool="yes",
    context_after_tool="yes",
    ask="degraded",
    deny="yes",
    rewrite_input="yes",
    failure_event="degraded",
    transports=("command",),
    moments=(
        "SessionStart",
        "SessionEnd",
        "UserPromptSubmit",
        "PreToolUse",
        "PermissionRequest",
        "PostToolUse",
        "PreCompact",
        "PostCompact",
        "SubagentStart",
        "SubagentStop",
        "Stop",
        "Interrupt",
    ),
    note="An ask becomes context; exit codes come from the rollout; hooks want trust in /hooks.",
)


class _PostTool(SaidCall, kw_only=True):
    tool_response: Raw = Raw(b"")


class Codex:
    """The adapter; stateless after construction."""

    capabilities = CAPABILITIES

    def __init__(self) -> None:
        dialect = HookDialect("codex", CODEX, ANSWERABLE)
        dialect.learn({"PostToolUse": dialect.hearing(_PostTool, self._post_tool)})
        self._dialect = dialect

    def parse(self, payload: bytes, stamp: Stamp) -> Heard:
        """The events in `payload`. Raises `BadPayload`."""
        return self._dialect.hear(payload, stamp)

    def render(self, heard: Heard, answer: Answer | None) -> bytes:
        """Context for the moments that take it, else `{}`."""
        context = context_text(answer.text) if answer is not None and heard.answerable else ""
        if not context:
            return NO_OPINION
        return hook_answer(HookOutput(hook_event_name=heard.moment, additional_context=context))

    def _post_tool(self, said: _PostTool, stamp: Stamp) -> Told:
        outcome = outcome_of(
            self._dialect.action_id(said), said.tool_name, said.tool_response, silence="unknown"
        )
        return Told((self._dialect.observed(said, outcome, stamp),))
