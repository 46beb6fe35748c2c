"""Claude Code's hooks (2.1): every moment is heard, thirteen of them take context back.

An answer is only ever `hookSpecificOutput` with the event's own name and `additionalContext`;
before a tool it may also ask for a human's yes. Counsel never says `allow`: in Claude Code that
would suppress the permission prompt of the human.
"""

from msgspec import Raw, Struct

from counsel.agents import claude_results
from counsel.agents.adapter import NO_OPINION, Capabilities, Heard, Stamp
from counsel.agents.hook_dialect import (
    HookDialect,
    HookOutput,
    Said,
    SaidCall,
    Told,
    hook_answer,
)
from counsel.agents.payload import EMPTY_OBJECT, Name, milliseconds, text_of
from counsel.agents.texts import context_text
from counsel.agents.tools import CLAUDE_CODE
from counsel.model.advice import Answer

ANSWERABLE = frozenset(
    {
        "PreToolUse",
        "PostToolUse",
        "PostToolUseFailure",
        "PostToolBatch",
        "UserPromptSubmit",
        "UserPromptExpansion",
        "SessionStart",
        "Setup",
        "SubagentStart",
        "Notification",
        "PostModelSwitch",
        "Stop",
        "SubagentStop",
    }
)
"""Moments whose output has `additionalContext` (hook schemas of Claude Code 2.1.329)."""

CAPABILITIES = Capabilities(
    agent="claude-code",
    title="Claude Code",
    context_before_tool="yes",
    context_after_tool="yes",
    ask="yes",
    deny="yes",
    rewrite_input="yes",
    failure_event="yes",
    transports=("command", "http"),
    moments=(
        "SessionStart",
        "SessionEnd",
        "UserPromptSubmit",
        "PreToolUse",
        "PostToolUse",
        "PostToolUseFailure",
        "PostToolBatch",
        "PermissionRequest",
        "PermissionDenied",
        "PreCompact",
        "PostCompact",
        "Stop",
        "SubagentStop",
        "CwdChanged",
        "FileChanged",
        "SubagentStart",
        "UserPromptExpansion",
        "Setup",
        "StopFailure",
        "PreModelSwitch",
        "PostModelSwitch",
        "Notification",
        "TaskCreated",
        "TaskCompleted",
        "TeammateIdle",
        "Elicitation",
        "ElicitationResult",
        "ConfigChange",
        "InstructionsLoaded",
        "WorktreeCreate",
        "WorktreeRemove",
        "DirectoryAdded",
        "MessageDisplay",
    ),
    note="SessionStart and Setup cannot use http; a stop hook that already runs is not answered.",
)

DEFAULT_REASON = "Counsel wants a human's yes for this call."


class _PostTool(SaidCall, kw_only=True):
    tool_response: Raw = Raw(b"")
    duration_ms: object = None


class _PostToolFailure(SaidCall, kw_only=True):
    error: str
    is_interrupt: bool | None = None
    duration_ms: object = None


class _PermissionDenied(SaidCall, kw_only=True):
    reason: object = None


class _BatchCall(Struct):
    tool_name: Name
    tool_input: Raw = EMPTY_OBJECT
    tool_use_id: str | None = None
    tool_response: Raw = Raw(b"")


class _PostToolBatch(Said, kw_only=True):
    tool_calls: list[_BatchCall]


class ClaudeCode:
    """The adapter; stateless after construction."""

    capabilities = CAPABILITIES

    def __init__(self) -> None:
        dialect = HookDialect("claude-code", CLAUDE_CODE, ANSWERABLE)
        dialect.learn(
            {
                "PostToolUse": dialect.hearing(_PostTool, self._post_tool),
                "PostToolUseFailure": dialect.hearing(_PostToolFailure, self._post_failure),
                "PostToolBatch": dialect.hearing(_PostToolBatch, self._post_batch),
                "PermissionDenied": dialect.hearing(_PermissionDenied, self._denied),
            }
        )
        self._dialect = dialect

    def parse(self, payload: bytes, stamp: Stamp) -> Heard:
        """The events in `payload`. Raises `BadPayload`."""
        return self._dialect.hear(payload, stamp)

    def render(self, heard: Heard, answer: Answer | None) -> bytes:
        """Context for the moments that take it, an `ask` before a tool; else `{}`."""
        if answer is None or not heard.answerable:
            return NO_OPINION
        context = context_text(answer.text)
        if answer.ask and heard.moment == "PreToolUse":
            return hook_answer(
                HookOutput(
                    hook_event_name=heard.moment,
                    permission_decision="ask",
                    permission_decision_reason=context
                    or context_text(answer.reason)
                    or DEFAULT_REASON,
                    additional_context=context,
                )
            )
        if not context:
            return NO_OPINION
        return hook_answer(HookOutput(hook_event_name=heard.moment, additional_context=context))

    def _post_tool(self, said: _PostTool, stamp: Stamp) -> Told:
        outcome = claude_results.success(
            self._dialect.action_id(said),
            said.tool_name,
            said.tool_response,
            duration_ms=milliseconds(said.duration_ms),
        )
        return Told((self._dialect.observed(said, outcome, stamp),))

    def _post_failure(self, said: _PostToolFailure, stamp: Stamp) -> Told:
        outcome = claude_results.failure(
            self._dialect.action_id(said),
            said.tool_name,
            said.error,
            interrupted=said.is_interrupt is True,
            duration_ms=milliseconds(said.duration_ms),
        )
        return Told((self._dialect.observed(said, outcome, stamp),))

    def _post_batch(self, said: _PostToolBatch, stamp: Stamp) -> Told:
        outcomes = (
            claude_results.batch_outcome(
                self._dialect.action_id(_one_of(said, call)), call.tool_name, call.tool_response
            )
            for call in said.tool_calls
        )
        return Told(tuple(self._dialect.observed(said, each, stamp) for each in outcomes))

    def _denied(self, said: _PermissionDenied, stamp: Stamp) -> Told:
        outcome = claude_results.denial(
            self._dialect.action_id(said), said.tool_name, text_of(said.reason)
        )
        return Told((self._dialect.observed(said, outcome, stamp),))


def _one_of(batch: Said, call: _BatchCall) -> SaidCall:
    return SaidCall(
        session_id=batch.session_id,
        hook_event_name=batch.hook_event_name,
        tool_name=call.tool_name,
        tool_input=call.tool_input,
        tool_use_id=call.tool_use_id,
    )
