"""Which of the ranked candidates are said, how loudly, and why the others are not.

Pure: what was said before comes in as `Shown`, and `remember` gives the next one.

Rules:
- authority comes from the score; only a caution can be a warning, and only a caution that policy
  backs a block, which asks and does not deny;
- filters run in the order of `Reason`, and each candidate keeps the first reason that stopped it;
- a block passes every filter and the budget; advice about this very call (preflight, replay)
  passes the cooldown of its tool: its id names its object, so a new id is a new situation;
- agreement raises a score only when it comes from independent origins: lessons, distillations and
  replays are all learnt from the same sessions, so they cannot confirm each other;
- held out is decided last, so that what is compared passed everything else.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from counsel.advice.holdout import held_out
from counsel.advice.rank import Ranked
from counsel.control.tuneables import CategoryFactor, PhaseFactor, Tuneables
from counsel.model.actions import ToolKind
from counsel.model.advice import Authority, Candidate, Considered, SourceName
from counsel.model.ids import TraceId

Reason: TypeAlias = Literal[
    "shown",
    "muted_source",
    "noisy",
    "low_score",
    "already_shown",
    "tool_cooldown",
    "obvious",
    "duplicate",
    "budget",
    "held_out",
]
"""`shown`, then the filters in their order. `emission` adds `unsafe` and `no_room`."""

_ORIGINS: Final[Mapping[SourceName, str]] = {
    "preflight": "facts",
    "cognitive": "sessions",
    "distillation": "sessions",
    "replay": "sessions",
    "stuck": "sessions",
    "opportunity": "sessions",
    "chip": "packs",
    "trigger": "packs",
    "mind": "outside",
    "bank": "notes",
}
"""Where a source knows from. Two sources of one origin are one witness."""

_OF_THE_CALL: Final = frozenset(("preflight", "replay"))
"""Sources whose advice is about this very call: their ids name its object."""

_LOUD: Final = ("block", "warning")
_LOUDNESS: Final[Mapping[Authority, int]] = {
    "block": 0,
    "warning": 1,
    "note": 2,
    "whisper": 3,
    "silent": 4,
}


class Shown(Struct, frozen=True):
    """What was said before in this session: when, by item and by kind of tool (UTC ms)."""

    items: Mapping[str, int] = {}
    kinds: Mapping[ToolKind, int] = {}


class Situation(Struct, frozen=True, kw_only=True):
    """What the gate must know of the moment.

    `already_done` are the ids of advice that is obvious here: the agent just did what it asks,
    or the input does it already. `noisy` counts marks "too noisy" by item id. Without a
    `holdout_key` nothing is held out.
    """

    kind: ToolKind
    now_ms: int
    trace: TraceId
    phase: str = ""
    already_done: frozenset[str] = frozenset()
    noisy: Mapping[str, int] = {}
    muted: frozenset[SourceName] = frozenset()
    holdout_key: bytes | None = None


def authority_of(candidate: Candidate, score: float, tuneables: Tuneables) -> Authority:
    """How loudly a candidate of that score may be said."""
    gate = tuneables.advisory_gate
    if candidate.caution:
        if candidate.backed_by_policy and score >= gate.block_threshold:
            return "block"
        if score >= gate.warning_threshold:
            return "warning"
    if score >= gate.note_threshold:
        return "note"
    return "whisper" if score >= gate.whisper_threshold else "silent"


def evaluate(
    ranked: Sequence[Ranked], situation: Situation, shown: Shown, tuneables: Tuneables
) -> tuple[Considered, ...]:
    """All of `ranked` with score, authority and what became of them.

    What is shown comes first, and among equals the loudest and best.
    The score is the rank's with phase, category and agreement in it: what authority was made of.
    """
    weighed = _weighed(ranked, situation.phase, tuneables)
    considered = []
    said: set[str] = set()
    for candidate, score in weighed:
        authority = authority_of(candidate, score, tuneables)
        reason = _stopped(candidate, authority, situation, shown, tuneables)
        wording = _wording(candidate)
        if reason is None and wording in said:
            reason = "duplicate"
        if reason is None:
            said.add(wording)
        considered.append(_considered(candidate, score, authority, reason or "shown"))
    return _within_budget(considered, situation, tuneables)


def asks(considered: Iterable[Considered]) -> bool:
    """Whether a human's yes is wanted first: something shown is a block."""
    return any(item.shown and item.authority == "block" for item in considered)


def loudest(considered: Iterable[Considered]) -> Authority:
    """The authority of what is shown, `silent` when nothing is."""
    said = (item.authority for item in considered if item.shown)
    return min(said, key=_LOUDNESS.__getitem__, default="silent")


def remember(
    shown: Shown,
    considered: Iterable[Considered],
    kind: ToolKind | None,
    now_ms: int,
    tuneables: Tuneables,
) -> Shown:
    """What was said, with this call's items; forgets what no filter can ask for any more.

    `kind` is None where no call was advised on: then no tool cools down.

    A held-out item counts as said, so that shown and held out stay comparable until its time to
    live is over; only what was really said starts a cooldown.
    """
    considered = tuple(considered)
    said = {
        item.candidate.id: now_ms for item in considered if item.shown or item.reason == "held_out"
    }
    if not said:
        return shown
    longest = 1_000 * max(_ttl_s(source, tuneables) for source in _ORIGINS)
    items = {item: at for item, at in shown.items.items() if now_ms - at < longest}
    spoke: dict[ToolKind, int] = {}
    if kind is not None and any(item.shown for item in considered):
        spoke[kind] = now_ms
    return Shown(items={**items, **said}, kinds={**shown.kinds, **spoke})


def withdraw(
    considered: Iterable[Considered], reasons: Mapping[str, str]
) -> tuple[Considered, ...]:
    """`considered` with the shown items of `reasons` (id to reason) taken back.

    For what could not be said after all, so that the record tells what the agent really saw.
    """
    return tuple(
        _considered(item.candidate, item.score, item.authority, reasons[item.candidate.id])
        if item.shown and item.candidate.id in reasons
        else item
        for item in considered
    )


def _considered(
    candidate: Candidate, score: float, authority: Authority, reason: str
) -> Considered:
    return Considered(
        candidate=candidate,
        score=score,
        authority=authority,
        shown=reason == "shown",
        reason=reason,
    )


def _weighed(
    ranked: Sequence[Ranked], phase: str, tuneables: Tuneables
) -> list[tuple[Candidate, float]]:
    """Candidates with phase, category and agreement in their score, best first."""
    in_phase = _factor(tuneables.phase_factor, phase)
    bonus = tuneables.advisory_gate.agreement_bonus
    audible = [one for one in ranked if one.score >= tuneables.advisory_gate.whisper_threshold]
    witnesses = _witnesses(audible)
    found = []
    for one in ranked:
        candidate = one.candidate
        factor = in_phase * _factor(tuneables.category_factor, candidate.category)
        further = len(witnesses.get(_claim(candidate), ())) - 1
        raised = one.score * factor + (bonus * further if further > 0 else 0.0)
        found.append((candidate, min(1.0, raised)))
    found.sort(key=lambda pair: (-pair[1], pair[0].id))
    return found


def _witnesses(ranked: Sequence[Ranked]) -> dict[str, set[str]]:
    """Claim to the origins that make it. One lesson is one witness, whoever brings it."""
    found: dict[str, set[str]] = {}
    lessons: set[tuple[str, str]] = set()
    for one in ranked:
        candidate = one.candidate
        claim = _claim(candidate)
        if candidate.lesson is not None:
            if (claim, candidate.lesson) in lessons:
                continue
            lessons.add((claim, candidate.lesson))
        if claim:
            found.setdefault(claim, set()).add(_ORIGINS[candidate.source])
    return found


def _factor(section: PhaseFactor | CategoryFactor, name: str) -> float:
    """The factor declared under that name; 1 for a name that has none."""
    if name not in section.__struct_fields__:
        return 1.0
    factor: float = getattr(section, name)
    return factor


def _claim(candidate: Candidate) -> str:
    """What a candidate says will happen; without a foreseen failure, what it says to do."""
    return candidate.signature or _wording(candidate)


def _wording(candidate: Candidate) -> str:
    return " ".join(candidate.text.lower().split())


def _stopped(
    candidate: Candidate,
    authority: Authority,
    situation: Situation,
    shown: Shown,
    tuneables: Tuneables,
) -> Reason | None:
    """The first filter that stops a candidate on its own, without regard to the others."""
    if authority == "block":
        return None
    if candidate.source in situation.muted:
        return "muted_source"
    if situation.noisy.get(candidate.id, 0) >= tuneables.advisory_gate.noisy_marks:
        return "noisy"
    if authority == "silent":
        return "low_score"
    said_ms = shown.items.get(candidate.id)
    if said_ms is not None:
        ttl_ms = 1_000 * _ttl_s(candidate.source, tuneables)
        if situation.now_ms - said_ms < ttl_ms:
            return "already_shown"
    if candidate.source not in _OF_THE_CALL and _cooling(situation, shown, tuneables):
        return "tool_cooldown"
    return "obvious" if candidate.id in situation.already_done else None


def _ttl_s(source: SourceName, tuneables: Tuneables) -> int:
    ttl: int = getattr(tuneables.shown_ttl_s, source)
    return ttl


def _cooling(situation: Situation, shown: Shown, tuneables: Tuneables) -> bool:
    spoke_ms = shown.kinds.get(situation.kind)
    if spoke_ms is None:
        return False
    cooldown_s: int = getattr(tuneables.tool_cooldown_s, situation.kind)
    return situation.now_ms - spoke_ms < 1_000 * cooldown_s


def _within_budget(
    considered: list[Considered], situation: Situation, tuneables: Tuneables
) -> tuple[Considered, ...]:
    """The budget, then the holdout, over what passed all other filters."""
    gate = tuneables.advisory_gate
    considered.sort(key=lambda item: _LOUDNESS[item.authority])
    passed = [item for item in considered if item.shown]
    best = sorted((item.score for item in passed), reverse=True)
    loud = any(item.authority in _LOUD for item in passed)
    strong = len(best) >= 2 and best[0] >= gate.strong_first and best[1] >= gate.strong_second
    budget = gate.max_emit_extended if loud or strong else gate.max_emit_per_call
    reasons = {item.candidate.id: "budget" for item in passed[budget:] if item.authority != "block"}
    reasons |= {
        item.candidate.id: "held_out"
        for item in passed[:budget]
        if item.authority not in _LOUD and _held_out(item, situation, tuneables)
    }
    return tuple(sorted(withdraw(considered, reasons), key=lambda item: not item.shown))


def _held_out(item: Considered, situation: Situation, tuneables: Tuneables) -> bool:
    key = situation.holdout_key
    share = tuneables.holdout.share
    return key is not None and held_out(key, situation.trace, item.candidate.id, share)
