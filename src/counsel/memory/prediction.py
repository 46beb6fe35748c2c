"""How likely a call is to succeed, from counts alone, said before it runs.

Counts of success and failure per level, each level smoothed towards the one above it:

    global -> kind -> pattern (kind, program, sub-command) -> pattern in its phase

    p(level) = (ok + K * p(level above)) / (n + K)

which is a Beta posterior mean whose prior is the level above; the level counts n / (n + K) of the
estimate. The confidence of a prediction is the part that comes from the pattern itself (in its
phase or out of it) and not from the levels above.
"""

from collections.abc import Iterable

from msgspec import Struct

from counsel.memory.steps import Pattern, Phase, Prediction, Step

K = 4.0
"""Trials a level must have seen to weigh as much as the level above."""
PRIOR = 0.9
"""Success of tool calls before anything is counted: 95 % in the development sessions, rounded
down because what is unknown deserves some doubt."""


class CountRow(Struct, frozen=True):
    """Outcomes of one pattern in one phase; the other levels are sums of these."""

    pattern: Pattern
    phase: Phase
    ok: int = 0
    failed: int = 0


class _Level(Struct):
    ok: int = 0
    n: int = 0


class Predictor:
    """Counts that grow by `observe`. `rows` gives them all back, for storing or merging."""

    def __init__(self, rows: Iterable[CountRow] = ()) -> None:
        self.load(rows)

    def load(self, rows: Iterable[CountRow]) -> None:
        """Put other counts in the place of these."""
        self._rows: dict[tuple[Pattern, Phase], CountRow] = {}
        self._levels: dict[object, _Level] = {}
        for row in rows:
            self._add(row)

    def predict(self, pattern: Pattern, phase: Phase) -> Prediction:
        """The probability of success in (0, 1), and how far counts of this pattern support it."""
        p = PRIOR
        above = 1.0
        for narrow, key in _keys(pattern, phase):
            level = self._levels.get(key)
            if level is None:
                break
            p = (level.ok + K * p) / (level.n + K)
            if narrow:
                above *= K / (level.n + K)
        return Prediction(p=p, confidence=1.0 - above)

    def observe(self, pattern: Pattern, phase: Phase, succeeded: bool) -> None:
        """One more outcome. Outcomes that are neither success nor failure are not observed."""
        self._add(
            CountRow(pattern=pattern, phase=phase, ok=int(succeeded), failed=int(not succeeded))
        )

    def learn(self, step: Step) -> None:
        """Observe a closed step, if it came to success or failure."""
        if step.result in ("ok", "failed"):
            self.observe(step.deed.pattern, step.phase, step.result == "ok")

    def row(self, pattern: Pattern, phase: Phase) -> CountRow | None:
        """The counts of one pattern in one phase."""
        return self._rows.get((pattern, phase))

    def rows(self) -> tuple[CountRow, ...]:
        """All counts, in a fixed order."""
        return tuple(
            sorted(
                self._rows.values(),
                key=lambda row: (
                    row.pattern.kind,
                    row.pattern.program,
                    row.pattern.subcommand,
                    row.phase,
                ),
            )
        )

    def _add(self, row: CountRow) -> None:
        had = self._rows.get((row.pattern, row.phase))
        self._rows[row.pattern, row.phase] = CountRow(
            pattern=row.pattern,
            phase=row.phase,
            ok=row.ok + (had.ok if had else 0),
            failed=row.failed + (had.failed if had else 0),
        )
        for _, key in _keys(row.pattern, row.phase):
            level = self._levels.setdefault(key, _Level())
            level.ok += row.ok
            level.n += row.ok + row.failed


def _keys(pattern: Pattern, phase: Phase) -> tuple[tuple[bool, object], ...]:
    """The levels from broad to narrow; True where a level speaks of this very pattern."""
    return ((False, ""), (False, pattern.kind), (True, pattern), (True, (pattern, phase)))
