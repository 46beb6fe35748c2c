"""How often a rule that foresees a failure was right: counts, and what they are worth.

Every candidate carries a `basis`: the name of the rule and the few features that decide how sure
it is. Each time a candidate was considered, shown or not, the outcome of that very call is one
trial for its basis. The estimate is a Beta posterior mean whose prior is the rule's own claim:

    p = (prior * strength + hits) / (strength + trials)

A basis with several features backs off: its prior is the estimate of the shorter basis (`a|b|c`
-> `a|b` -> `a`), so that a rare combination borrows from the common one. Old trials fade: before
a trial is added, both counts are scaled so that no more than `memory` trials weigh.
"""

from collections.abc import Mapping

from msgspec import Struct

STRENGTH = 5.0
"""Weight of the prior, in trials."""
MEMORY = 200.0


class Trials(Struct, frozen=True):
    """What a basis has seen: `hits` of `trials`, both possibly faded."""

    hits: float = 0.0
    trials: float = 0.0


class Foresight:
    """The record of all bases. Pure state: load it, fold outcomes in, read estimates."""

    def __init__(self, record: Mapping[str, Trials] | None = None) -> None:
        self._record: dict[str, Trials] = dict(record or {})
        self._changed: set[str] = set()

    def estimate(self, basis: str, prior: float) -> float:
        """The probability, in (0, 1), that what this basis foresees happens."""
        estimate = prior
        end = basis.find("|")
        while True:
            key = basis if end < 0 else basis[:end]
            seen = self._record.get(key)
            if seen is not None:
                estimate = (estimate * STRENGTH + seen.hits) / (STRENGTH + seen.trials)
            if end < 0:
                return estimate
            end = basis.find("|", end + 1)

    def observe(self, basis: str, hit: bool) -> None:
        """One trial, for the basis and for every shorter one."""
        end = len(basis)
        while end > 0:
            key = basis[:end]
            seen = self._record.get(key, Trials())
            fade = min(1.0, (MEMORY - 1.0) / max(seen.trials, 1.0))
            self._record[key] = Trials(
                hits=seen.hits * fade + (1.0 if hit else 0.0), trials=seen.trials * fade + 1.0
            )
            self._changed.add(key)
            end = basis.rfind("|", 0, end)

    def retract(self, basis: str, hit: bool) -> None:
        """Take one trial back, as far as it still weighs."""
        end = len(basis)
        while end > 0:
            key = basis[:end]
            seen = self._record.get(key, Trials())
            trials = max(0.0, seen.trials - 1.0)
            hits = min(trials, max(0.0, seen.hits - (1.0 if hit else 0.0)))
            self._record[key] = Trials(hits=hits, trials=trials)
            self._changed.add(key)
            end = basis.rfind("|", 0, end)

    def load(self, record: Mapping[str, Trials]) -> None:
        """Put another record in the place of this one."""
        self._record, self._changed = dict(record), set()

    def changed(self) -> dict[str, Trials]:
        """What changed since the last call."""
        changed = {key: self._record[key] for key in self._changed}
        self._changed.clear()
        return changed

    def __len__(self) -> int:
        return len(self._record)
