"""Everything that can happen, as one closed union. The event log is a list of these.

Rules:
- an event never changes once written; a new meaning is a new kind;
- every field added later has a default, so old records stay readable;
- a kind this version does not know is kept whole (`UnknownEvent`), never dropped;
- `kind` is the tag on the wire, `v` the version of the wire format.
"""

from typing import Literal, TypeAlias

from msgspec import Raw, Struct

from counsel.model.actions import Action
from counsel.model.advice import Answer
from counsel.model.ids import ActionId, AdviceId, EventId, LessonId, ProjectKey, SessionId, TraceId
from counsel.model.outcomes import Outcome

WIRE_VERSION = 1
"""Written as `v` when it is not 1: on the wire an absent `v` means 1, for ever."""

AgentName = str
"""`claude-code`, `codex`, `generic`, or the name a dataset gives."""


class EventHead(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """What every event has.

    `at_ms` is UTC milliseconds; `session` the agent's own session id; `project` the key of the
    project the session works in; `trace` joins everything about one action.
    """

    id: EventId
    at_ms: int
    agent: AgentName
    session: SessionId
    project: ProjectKey = ProjectKey("")
    trace: TraceId = TraceId("")
    v: int = 1


class SessionStarted(EventHead, tag="session_started", frozen=True, kw_only=True):
    cwd: str = ""
    source: str = "startup"
    """startup, resume, clear, compact, fork or import."""
    model: str = ""
    agent_version: str = ""


class SessionEnded(EventHead, tag="session_ended", frozen=True, kw_only=True):
    reason: str = ""


class PromptGiven(EventHead, tag="prompt_given", frozen=True, kw_only=True):
    text: str
    interrupted: bool = False
    """The human stopped the agent; `text` is then the agent's marker."""


class ActionProposed(EventHead, tag="action_proposed", frozen=True, kw_only=True):
    action: Action
    cwd: str = ""
    permission_mode: str = ""


class OutcomeObserved(EventHead, tag="outcome_observed", frozen=True, kw_only=True):
    outcome: Outcome


class PermissionAsked(EventHead, tag="permission_asked", frozen=True, kw_only=True):
    """The agent asks its human; it carries no call id, so it joins nothing strictly."""

    tool: str
    arguments: str = "{}"


class ContextCompacted(EventHead, tag="context_compacted", frozen=True, kw_only=True):
    """The agent's context was, or is about to be, summarised: what it had read is gone."""

    stage: Literal["before", "after"]
    trigger: str = ""


class TurnStopped(EventHead, tag="turn_stopped", frozen=True, kw_only=True):
    last_message: str = ""
    subagent: str | None = None


class CwdChanged(EventHead, tag="cwd_changed", frozen=True, kw_only=True):
    old: str
    new: str


class FileChanged(EventHead, tag="file_changed", frozen=True, kw_only=True):
    """A file changed by another hand than the agent's."""

    path: str
    change: str = "change"


class Noted(EventHead, tag="noted", frozen=True, kw_only=True):
    """An agent's event that is kept as a record but moves nothing: a notification, a task, ..."""

    name: str
    detail: str = ""


class AdviceGiven(EventHead, tag="advice_given", frozen=True, kw_only=True):
    """The one record of an answer: what was considered, what was shown, why, how long it took."""

    action_id: ActionId
    tool: str
    answer: Answer


class AdviceJudged(EventHead, tag="advice_judged", frozen=True, kw_only=True):
    """What became of one advice item: the implicit outcome, strictly attributed or not."""

    advice: AdviceId
    item: str
    """The candidate's id."""
    lesson: LessonId | None = None
    source: str
    shown: bool
    """False: held out (the contrast group)."""
    strict: bool
    """Trace matches, really shown (or held out), outcome inside the window."""
    heeded: Literal["followed", "not_followed", "not_applicable"]
    succeeded: bool | None
    verdict: Literal["helped", "unheeded", "noise", "harmful", "followed", "unclear"]
    latency_ms: int = 0


class FeedbackGiven(EventHead, tag="feedback_given", frozen=True, kw_only=True):
    """A human or an agent says what an advice was worth. The last mark for an advice counts."""

    advice: AdviceId
    mark: Literal["helpful", "unhelpful", "noisy", "withdrawn"]
    item: str = ""
    """One item of the advice, or empty for all of it."""
    by: str = ""
    note: str = ""


class LessonChanged(EventHead, tag="lesson_changed", frozen=True, kw_only=True):
    """A lesson was learnt, revised, suspended, forgotten: the audit trail of memory."""

    lesson: LessonId
    change: Literal["learnt", "revised", "suspended", "restored", "retired", "forgotten", "added"]
    version: int = 1
    reason: str = ""


class UnknownEvent(Struct, frozen=True):
    """A record of a kind that a newer Counsel wrote: kept whole, byte for byte."""

    kind: str
    raw: Raw


Event: TypeAlias = (
    SessionStarted
    | SessionEnded
    | PromptGiven
    | ActionProposed
    | OutcomeObserved
    | PermissionAsked
    | ContextCompacted
    | TurnStopped
    | CwdChanged
    | FileChanged
    | Noted
    | AdviceGiven
    | AdviceJudged
    | FeedbackGiven
    | LessonChanged
)
