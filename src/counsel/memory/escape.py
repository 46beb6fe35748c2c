"""The escape protocol: what a stuck session is told, with its own facts in it.

Triggered, at most once per QUIET_STEPS steps, by any of
- two different watchers, or one watcher twice, since the episode began or the last escape (only
  watchers that mean being stuck: a long run of unchecked edits is no failing unit to isolate);
- over 80 % of the budget spent, and none of the last PROGRESS_STEPS steps learnt or proved anything
  (waiting is no step here).

The protocol: freeze, summarise, isolate the smallest failing unit, flip the question, at most three
hypotheses, one test that tells them apart, an artifact. It is advice, never a block.
"""

import posixpath
import re

from msgspec import Struct

from counsel.memory.episodes import BUDGET, Budget, EpisodeState, spent
from counsel.memory.steps import CHECKS, Step
from counsel.memory.watchers import STUCK, Alert
from counsel.model.ids import EpisodeId, TraceId

QUIET_STEPS = 20
NEARLY_SPENT = 0.8
PROGRESS_STEPS = 10
LENGTH = 480

_PROTOCOL = (
    "Freeze: no edits. Summarise what is known, in three lines. Isolate the smallest unit that"
    " fails. Flip it: what if the failing part is right and the assumption wrong? At most three"
    " hypotheses; run the one test that tells them apart. Write down what it showed."
)
_ODD = re.compile(r"[\x00-\x1f\x7f\u0080-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


class EscapeAdvice(Struct, frozen=True, kw_only=True):
    """The text for the agent, why it was triggered, and the steps that prove it."""

    episode: EpisodeId
    text: str
    trigger: str
    """`two_watchers`, `same_watcher_twice` or `budget`."""
    steps: tuple[TraceId, ...]


def escape_advice(state: EpisodeState, budget: Budget = BUDGET) -> EscapeAdvice | None:
    """The advice due right now, None if the session is not stuck or was told lately.

    Whoever shows it says so with `EpisodeTracker.escaped`.
    """
    told = state.escaped_at
    if not state.id or (told is not None and state.step_count - told < QUIET_STEPS):
        return None
    alerts = tuple(
        alert
        for alert, at in zip(state.alerts, state.alert_steps, strict=True)
        if alert.name in STUCK and (told is None or at > told)
    )
    trigger = _trigger(state, alerts, budget)
    if not trigger:
        return None
    return EscapeAdvice(
        episode=state.id,
        text=_text(state, alerts),
        trigger=trigger,
        steps=tuple(dict.fromkeys(step for alert in alerts for step in alert.steps)),
    )


def _trigger(state: EpisodeState, alerts: tuple[Alert, ...], budget: Budget) -> str:
    names = [alert.name for alert in alerts]
    if len(set(names)) > 1:
        return "two_watchers"
    if len(names) > 1:
        return "same_watcher_twice"
    tried = [step for step in state.steps if step.deed.purpose != "wait"][-PROGRESS_STEPS:]
    stale = len(tried) == PROGRESS_STEPS and not any(_progress(step) for step in tried)
    return "budget" if stale and spent(state, budget) > NEARLY_SPENT else ""


def _progress(step: Step) -> bool:
    passed = step.result == "ok" and (step.deed.purpose in CHECKS or step.deed.commits)
    return step.evidence or passed


def _text(state: EpisodeState, alerts: tuple[Alert, ...]) -> str:
    """The facts, as many as fit in front of the protocol."""
    text = "You seem stuck."
    facts = (_failure(state.steps), _thrashed(state.steps), _stalled(state, alerts))
    for fact in filter(None, facts):
        longer = f"{text} {fact}"
        if len(longer) + 1 + len(_PROTOCOL) <= LENGTH:
            text = longer
    return f"{text} {_PROTOCOL}"


def _stalled(state: EpisodeState, alerts: tuple[Alert, ...]) -> str:
    """What does not move: the last such alert, else what was spent."""
    still = [a.text for a in alerts if a.name in ("no_new_evidence", "confidence_stagnation")]
    minutes = state.active_ms // 60_000
    return still[-1] if still else f"{state.step_count} steps, {minutes} min on this goal."


def _failure(steps: tuple[Step, ...]) -> str:
    """What failed last, how often in this way, and how it failed."""
    last = next((step for step in reversed(steps) if step.failed), None)
    if last is None:
        return ""
    times = sum(step.signature == last.signature for step in steps)
    pattern = last.deed.pattern
    name = f"{pattern.program} {pattern.subcommand}".strip() or pattern.kind
    said = last.signature.partition("|")[2]
    shown = f': "{_quoted(said, 60)}"' if said else ""
    return f"`{_quoted(name, 40)}` failed {times}x{shown}."


def _thrashed(steps: tuple[Step, ...]) -> str:
    """The file edited most, if it was edited more than once."""
    counts: dict[str, int] = {}
    for step in steps:
        if step.deed.purpose == "edit" and step.deed.path:
            counts[step.deed.path] = counts.get(step.deed.path, 0) + 1
    path = max(counts, key=lambda path: counts[path], default="")
    if counts.get(path, 0) < 2:
        return ""
    return f"{_quoted(posixpath.basename(path), 40)} edited {counts[path]}x."


def _quoted(text: str, length: int) -> str:
    """Remembered text as data: one line, no control characters, no quotes of its own."""
    plain = " ".join(_ODD.sub(" ", text).replace('"', "'").replace("`", "'").split())
    return plain if len(plain) <= length else plain[: length - 1] + "…"
