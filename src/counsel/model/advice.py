"""What Counsel says before an action, and everything it considered saying."""

from typing import Literal

from msgspec import Struct

from counsel.model.ids import AdviceId, LessonId

Authority = Literal["block", "warning", "note", "whisper", "silent"]
"""How loudly advice is said. `block` asks; only a policy rule makes it deny."""

SourceName = Literal[
    "preflight",
    "cognitive",
    "distillation",
    "mind",
    "chip",
    "trigger",
    "replay",
    "bank",
    "opportunity",
    "stuck",
]

Route = Literal["bypass", "early", "packet", "packet_relaxed", "live", "live_partial"]

FailureClass = Literal["mistake", "refusal", "signal", "other"]


class Candidate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a source would say about the action at hand.

    `signature` is the failure it foresees (see `counsel.memory.signature`), empty if it foresees
    none. `relevance`, `text_quality` and `trust` lie in [0, 1].
    """

    id: str
    """Stable for the same advice: `<source>:<lesson id or rule name>`."""
    source: SourceName
    text: str
    relevance: float
    trust: float
    text_quality: float = 1.0
    signature: str = ""
    basis: str = ""
    """The rule and its features (`rule|feature|feature`) whose record says how sure it is."""
    failure_class: FailureClass = "other"
    lesson: LessonId | None = None
    category: str = "general"
    evidence: str = ""
    """Short form: "seen 7 times in 3 sessions, last 2 days ago"."""
    caution: bool = False
    """Foresees harm, so it may become a warning."""
    backed_by_policy: bool = False
    """Only such advice may block."""


class Considered(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A candidate with what became of it: `shown`, or the `reason` why not."""

    candidate: Candidate
    score: float
    authority: Authority
    shown: bool
    reason: str
    """`shown`, or the name of the filter that stopped it."""


class StageTiming(Struct, frozen=True):
    """Nanoseconds one stage of the pipeline took."""

    stage: str
    ns: int


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the pipeline answers to one action.

    `text` is what the agent will see, empty for silence. `ask` wants a human's yes first.
    """

    advice_id: AdviceId
    route: Route
    text: str = ""
    authority: Authority = "silent"
    ask: bool = False
    reason: str = ""
    """Why nothing was said, when nothing was: the name of the check that ended the run."""
    considered: tuple[Considered, ...] = ()
    left_out: tuple[str, ...] = ()
    """Sources that had not answered in time."""
    packet: str | None = None
    context: str = ""
    """Fingerprint of the situation, for the check against repetition."""
    timings: tuple[StageTiming, ...] = ()
