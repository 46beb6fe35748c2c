"""The hook payloads that Claude Code invented and Codex speaks too: one JSON object per moment.

`HookDialect` turns a payload into events; an adapter gives it the agent's name, its tools, and
how the agent reports results. A moment that is not known but has a well-formed name is `Noted`,
so a newer agent never breaks an older Counsel. Fields that decide something are typed strictly,
fields that are only kept are taken when they are strings.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from counsel.agents.adapter import Heard, Stamp
from counsel.agents.payload import (
    DECODE_ERRORS,
    EMPTY_OBJECT,
    EventName,
    Name,
    bad_payload,
    call_id,
    text_of,
)
from counsel.agents.stamping import Head, stamped
from counsel.agents.texts import ARGUMENT_LIMIT, NAME_LIMIT, RESULT_LIMIT, cut
from counsel.agents.tools import Shapes, action_of, arguments_of
from counsel.model.events import (
    ActionProposed,
    ContextCompacted,
    CwdChanged,
    Event,
    FileChanged,
    Noted,
    OutcomeObserved,
    PermissionAsked,
    PromptGiven,
    SessionEnded,
    SessionStarted,
    TurnStopped,
)
from counsel.model.ids import ActionId, SessionId, TraceId
from counsel.model.outcomes import Outcome
from counsel.model.trace import trace_of


class Said(Struct, kw_only=True):
    """What every payload carries."""

    session_id: Name
    hook_event_name: EventName
    cwd: str = ""
    transcript_path: str | None = None
    agent_id: str | None = None
    permission_mode: object = None


class SaidCall(Said, kw_only=True):
    """A moment about one tool call; `tool_use_id` is absent in some."""

    tool_name: Name
    tool_input: Raw = EMPTY_OBJECT
    tool_use_id: str | None = None


class _SessionStart(Said, kw_only=True):
    source: object = None
    model: object = None


class _SessionEnd(Said, kw_only=True):
    reason: object = None


class _Prompt(Said, kw_only=True):
    prompt: str


class _Compact(Said, kw_only=True):
    trigger: object = None


class _Stop(Said, kw_only=True):
    stop_hook_active: bool = False
    last_assistant_message: object = None


class _Cwd(Said, kw_only=True):
    old_cwd: str
    new_cwd: str


class _File(Said, kw_only=True):
    file_path: str
    event: object = None


class _Detail(Said, kw_only=True):
    """The fields of which the first one present says what a `Noted` moment was about."""

    notification_type: object = None
    message: object = None
    error: object = None
    command_name: object = None
    task_subject: object = None
    agent_type: object = None
    to_model: object = None
    file_path: object = None
    directory: object = None
    worktree_path: object = None
    name: object = None
    teammate_name: object = None
    trigger: object = None
    source: object = None


class Told(Struct, frozen=True):
    """The events of one payload, and whether the agent must not be answered for once."""

    events: tuple[Event, ...]
    mute: bool = False


Hearing: TypeAlias = Callable[[bytes, Stamp], Told]
S = TypeVar("S", bound=Said)


_heads = msgspec.json.Decoder(Said)


class HookDialect:
    """One agent's way of speaking: `hear` its payloads.

    `results` are the hearings that this agent alone has (how a call ended), by moment.
    `answerable` are the moments whose answer may carry context.
    """

    def __init__(self, agent: str, shapes: Shapes, answerable: frozenset[str]) -> None:
        self.agent = agent
        self._shapes = shapes
        self._answerable = answerable
        self._hearings: dict[str, Hearing] = {
            "SessionStart": self.hearing(_SessionStart, self._session_start),
            "SessionEnd": self.hearing(_SessionEnd, self._session_end),
            "UserPromptSubmit": self.hearing(_Prompt, self._prompt),
            "PreToolUse": self.hearing(SaidCall, self._pre_tool),
            "PermissionRequest": self.hearing(SaidCall, self._permission),
            "PreCompact": self.hearing(_Compact, self._compact),
            "PostCompact": self.hearing(_Compact, self._compact),
            "Stop": self.hearing(_Stop, self._stop),
            "SubagentStop": self.hearing(_Stop, self._stop),
            "CwdChanged": self.hearing(_Cwd, self._cwd),
            "FileChanged": self.hearing(_File, self._file),
        }
        self._other = self.hearing(_Detail, self._noted)

    def hearing(self, shape: type[S], tell: Callable[[S, Stamp], Told]) -> Hearing:
        """A decoder for one moment, with what it tells."""
        decoder = msgspec.json.Decoder(shape)
        return lambda payload, stamp: tell(decoder.decode(payload), stamp)

    def learn(self, hearings: Mapping[str, Hearing]) -> None:
        """Add the moments that only this agent has. Called once, while it is being built."""
        self._hearings.update(hearings)

    def hear(self, payload: bytes, stamp: Stamp) -> Heard:
        """The events in `payload`. Raises `BadPayload`, whatever the bytes are."""
        try:
            said = _heads.decode(payload)
            told = self._hearings.get(said.hook_event_name, self._other)(payload, stamp)
        except DECODE_ERRORS as error:
            raise bad_payload(self.agent, error) from error
        return Heard(
            moment=said.hook_event_name,
            events=told.events,
            answerable=said.hook_event_name in self._answerable and not told.mute,
            transcript=said.transcript_path or None,
        )

    def head(self, said: Said, stamp: Stamp) -> Head:
        """The head of an event made now."""
        return stamped(self.agent, said.session_id, said.cwd, stamp)

    def trace(self, said: Said, action: ActionId) -> TraceId:
        return trace_of(self.agent, SessionId(said.session_id), action)

    def action_id(self, said: SaidCall) -> ActionId:
        """The call's own id, or one made from its content: the same before and after."""
        if said.tool_use_id:
            return ActionId(said.tool_use_id)
        arguments = arguments_of(said.tool_input)
        return call_id(None, SessionId(said.session_id), said.tool_name, arguments)

    def observed(self, said: Said, outcome: Outcome, stamp: Stamp) -> OutcomeObserved:
        """The event of an outcome."""
        return OutcomeObserved(
            **self.head(said, stamp), trace=self.trace(said, outcome.action_id), outcome=outcome
        )

    def _session_start(self, said: _SessionStart, stamp: Stamp) -> Told:
        started = SessionStarted(
            **self.head(said, stamp),
            cwd=said.cwd,
            source=cut(text_of(said.source) or "startup", NAME_LIMIT),
            model=cut(text_of(said.model), NAME_LIMIT),
        )
        return Told((started,))

    def _session_end(self, said: _SessionEnd, stamp: Stamp) -> Told:
        reason = cut(text_of(said.reason), NAME_LIMIT)
        return Told((SessionEnded(**self.head(said, stamp), reason=reason),))

    def _prompt(self, said: _Prompt, stamp: Stamp) -> Told:
        text = cut(said.prompt, ARGUMENT_LIMIT)
        return Told((PromptGiven(**self.head(said, stamp), text=text),))

    def _pre_tool(self, said: SaidCall, stamp: Stamp) -> Told:
        action = action_of(
            self._shapes,
            id=self.action_id(said),
            tool=said.tool_name,
            native_input=said.tool_input,
            subagent=said.agent_id or None,
        )
        proposed = ActionProposed(
            **self.head(said, stamp),
            trace=self.trace(said, action.id),
            action=action,
            cwd=said.cwd,
            permission_mode=cut(text_of(said.permission_mode), NAME_LIMIT),
        )
        return Told((proposed,))

    def _permission(self, said: SaidCall, stamp: Stamp) -> Told:
        asked = PermissionAsked(
            **self.head(said, stamp),
            tool=said.tool_name,
            arguments=arguments_of(said.tool_input),
        )
        return Told((asked,))

    def _compact(self, said: _Compact, stamp: Stamp) -> Told:
        compacted = ContextCompacted(
            **self.head(said, stamp),
            stage="before" if said.hook_event_name == "PreCompact" else "after",
            trigger=cut(text_of(said.trigger), NAME_LIMIT),
        )
        return Told((compacted,))

    def _stop(self, said: _Stop, stamp: Stamp) -> Told:
        stopped = TurnStopped(
            **self.head(said, stamp),
            last_message=cut(text_of(said.last_assistant_message), RESULT_LIMIT),
            subagent=said.agent_id or None,
        )
        # The agent is already going on because of a stop hook: another answer could loop.
        return Told((stopped,), mute=said.stop_hook_active)

    def _cwd(self, said: _Cwd, stamp: Stamp) -> Told:
        changed = CwdChanged(**self.head(said, stamp), old=said.old_cwd, new=said.new_cwd)
        return Told((changed,))

    def _file(self, said: _File, stamp: Stamp) -> Told:
        changed = FileChanged(
            **self.head(said, stamp),
            path=said.file_path,
            change=cut(text_of(said.event) or "change", NAME_LIMIT),
        )
        return Told((changed,))

    def _noted(self, said: _Detail, stamp: Stamp) -> Told:
        own = (getattr(said, name) for name in _DETAILS)
        detail = next((text for text in map(text_of, own) if text), "")
        noted = Noted(
            **self.head(said, stamp), name=said.hook_event_name, detail=cut(detail, NAME_LIMIT)
        )
        return Told((noted,))


_DETAILS = tuple(name for name in _Detail.__struct_fields__ if name not in Said.__struct_fields__)


class HookOutput(Struct, omit_defaults=True, rename="camel"):
    """`hookSpecificOutput`: the event it answers, and what is to be said."""

    hook_event_name: str
    permission_decision: str = ""
    permission_decision_reason: str = ""
    additional_context: str = ""


class _Answer(Struct, rename="camel"):
    hook_specific_output: HookOutput


_encoder = msgspec.json.Encoder()


def hook_answer(output: HookOutput) -> bytes:
    """The whole answer as JSON."""
    return _encoder.encode(_Answer(output))
