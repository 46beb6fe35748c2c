"""Trigger rules: if this call, then say that. The engine of the chips, one sentence per rule.

rules:
  - id: npm-arguments
    if: {program: [npm], subcommand: [test], any_flag: [--watch], unless: " -- "}
    then: "npm keeps that flag for itself: put `--` before flags of the script."
"""

from collections.abc import Callable, Iterable

from msgspec import Struct, field

from counsel.advice.rank import SOURCE_TIER
from counsel.advice.sources import Query
from counsel.advice.sources.chips import UNMEASURED_TRUST, check_ids, read_yaml
from counsel.advice.sources.triggers import Trigger, TriggerIndex
from counsel.model.advice import Candidate, FailureClass, SourceName


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. `because` is the reason, said after it."""

    id: str
    when: Trigger = field(name="if")
    then: str
    because: str = ""
    relevance: float | None = None
    signature: str = ""
    failure_class: FailureClass = "other"
    caution: bool = False


class _Rules(Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[Rule, ...]


def load_rules(text: str) -> tuple[Rule, ...]:
    """The rules in a YAML text; raises `BadInput` for what are none."""
    rules = read_yaml(text, _Rules).rules
    check_ids("rules", [rule.id for rule in rules])
    TriggerIndex(rules)
    return rules


class TriggerRules:
    """The source over all rules. `trust_of` tells the measured trust in a candidate's id."""

    name: SourceName = "trigger"
    quality = SOURCE_TIER["trigger"]

    def __init__(
        self, rules: Iterable[Rule], trust_of: Callable[[str], float | None] = lambda _: None
    ) -> None:
        held = tuple(rules)
        check_ids("rules", [rule.id for rule in held])
        self._index = TriggerIndex(held)
        self._trust_of = trust_of

    def candidates(self, query: Query) -> list[Candidate]:
        return [
            self._candidate(rule, specificity) for rule, specificity in self._index.matching(query)
        ]

    def _candidate(self, rule: Rule, specificity: float) -> Candidate:
        item = f"{self.name}:{rule.id}"
        trust = self._trust_of(item)
        return Candidate(
            id=item,
            source=self.name,
            text=f"{rule.then} because {rule.because}" if rule.because else rule.then,
            relevance=specificity if rule.relevance is None else rule.relevance,
            trust=UNMEASURED_TRUST if trust is None else trust,
            signature=rule.signature,
            failure_class=rule.failure_class,
            caution=rule.caution,
        )
