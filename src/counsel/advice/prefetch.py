"""Which tool comes next, from what was observed; and whether preparing for it pays.

The estimate of P(next | intent, last) is smoothed towards P(next | intent), and that one towards
a fixed prior (hierarchical Dirichlet smoothing; MacKay and Peto 1995, "A hierarchical Dirichlet
language model"): with no observations the prior speaks, with many the project's own habits.

Rules:
- one `Transitions` per project;
- old habits fade: a row that is full is halved;
- the meter judges every prediction, also those that nothing was prepared for, so that a planner
  that turned itself down comes back when its predictions are good again.
"""

from collections import deque
from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct

from counsel.advice.attribution import Tally, wilson_interval
from counsel.advice.intent import Family
from counsel.control.tuneables import Prefetch
from counsel.model.actions import ToolKind

_ROW_LIMIT = 1_000
"""Observations of one row before it is halved: some weeks of one project's work."""
_METER_WINDOW = 200
"""Predictions that the meter remembers."""

_PRIOR: Final[Mapping[ToolKind, float]] = {
    "shell": 0.34,
    "read": 0.22,
    "edit": 0.18,
    "search": 0.12,
    "write": 0.04,
    "plan": 0.03,
    "fetch": 0.02,
    "mcp": 0.02,
    "subagent": 0.01,
    "ask": 0.01,
    "other": 0.01,
}
"""What agents call when nothing is known of project and intent; a seed, soon outweighed."""

_PRIOR_OF: Final[Mapping[Family, Mapping[ToolKind, float]]] = {
    "testing_validation": {"shell": 2.0},
    "deployment_ops": {"shell": 2.0},
    "performance_latency": {"shell": 1.5},
    "tool_reliability": {"shell": 1.5},
    "schema_contracts": {"edit": 1.5, "read": 1.5},
    "auth_security": {"read": 1.5, "search": 1.5},
    "knowledge_alignment": {"read": 1.5, "write": 2.0},
    "research_decision_support": {"fetch": 5.0, "search": 2.0},
    "orchestration_execution": {"subagent": 10.0, "plan": 3.0},
}
"""How an intent shifts the seed: factors before it is normalised."""


class TransitionRow(Struct, frozen=True):
    """One (intent, last tool) with the tools that followed; `last` is empty for the first call."""

    intent: str
    last: str
    next: Mapping[str, int]


class Expected(Struct, frozen=True):
    tool: ToolKind
    probability: float


class Transitions:
    """What followed what in one project."""

    def __init__(self, rows: Collection[TransitionRow] = ()) -> None:
        self._rows: dict[tuple[str, str], dict[str, int]] = {}
        self._by_intent: dict[str, dict[str, int]] = {}
        for row in rows:
            for tool, count in row.next.items():
                self._add(row.intent, row.last, tool, count)

    def observe(self, intent: Family, last: ToolKind | None, next: ToolKind) -> None:
        self._add(intent, last or "", next, 1)

    def rows(self) -> tuple[TransitionRow, ...]:
        """All of it, to be stored; `Transitions(rows)` is the way back."""
        return tuple(
            TransitionRow(intent, last, dict(sorted(row.items())))
            for (intent, last), row in sorted(self._rows.items())
        )

    def probabilities(
        self, intent: Family, last: ToolKind | None, smoothing: float
    ) -> dict[ToolKind, float]:
        """P(next) over all kinds of tools, which sums to 1."""
        wide = _smoothed(self._by_intent.get(intent, {}), _seed(intent), smoothing)
        return _smoothed(self._rows.get((intent, last or ""), {}), wide, smoothing)

    def expected_tools(
        self, intent: Family, last: ToolKind | None, settings: Prefetch
    ) -> tuple[Expected, ...]:
        """The likeliest next tools worth preparing for, likeliest first."""
        estimate = self.probabilities(intent, last, settings.smoothing)
        likely = sorted(estimate.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(
            Expected(tool, probability)
            for tool, probability in likely[: settings.max_tools]
            if probability >= settings.min_probability
        )

    def _add(self, intent: str, last: str, tool: str, count: int) -> None:
        for row in (
            self._rows.setdefault((intent, last), {}),
            self._by_intent.setdefault(intent, {}),
        ):
            row[tool] = row.get(tool, 0) + count
            if sum(row.values()) > _ROW_LIMIT:
                for name in list(row):
                    row[name] = row[name] // 2 or 1


class HitMeter:
    """How often what was predicted came, over the last 200 predictions, and what it saved."""

    def __init__(self, settings: Prefetch) -> None:
        self._settings = settings
        self._hits: deque[bool] = deque(maxlen=_METER_WINDOW)
        self.spent_ns = 0
        self.saved_ns = 0

    def record(self, predicted: Collection[ToolKind], came: ToolKind) -> None:
        self._hits.append(came in predicted)

    def spent(self, ns: int) -> None:
        """Time in which packets were prepared."""
        self.spent_ns += ns

    def saved(self, ns: int) -> None:
        """Time that a call was answered faster because its packet was there."""
        self.saved_ns += ns

    def tally(self) -> Tally:
        return Tally(successes=sum(self._hits), n=len(self._hits))

    def pays(self) -> bool:
        """False once the hit rate is below what is wanted even at the top of its interval."""
        tally = self.tally()
        if tally.n < self._settings.min_samples:
            return True
        return wilson_interval(tally).high >= self._settings.min_hit_rate


def plan(
    transitions: Transitions,
    meter: HitMeter,
    intent: Family,
    last: ToolKind | None,
    settings: Prefetch,
) -> tuple[Expected, ...]:
    """The tools to prepare packets for: none while prefetch does not pay here."""
    return transitions.expected_tools(intent, last, settings) if meter.pays() else ()


def _seed(intent: Family) -> dict[ToolKind, float]:
    shift = _PRIOR_OF.get(intent, {})
    shifted = {tool: share * shift.get(tool, 1.0) for tool, share in _PRIOR.items()}
    whole = sum(shifted.values())
    return {tool: share / whole for tool, share in shifted.items()}


def _smoothed(
    row: Mapping[str, int], towards: Mapping[ToolKind, float], smoothing: float
) -> dict[ToolKind, float]:
    whole = sum(row.values()) + smoothing
    return {tool: (row.get(tool, 0) + smoothing * share) / whole for tool, share in towards.items()}
