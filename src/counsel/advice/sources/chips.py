"""Domain chips: packs of knowledge about tools and fields, shipped or the user's own.

A pack is one YAML file: its name, and chips with a trigger (see `triggers`), a lesson and
perhaps questions to ask oneself.

    pack: git
    chips:
      - id: interactive-add
        when: {program: [git], subcommand: [add], any_flag: [-p, -i]}
        lesson: "`git add -p` waits for keys: stage whole files, or apply a patch with --cached."
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec
import yaml
from msgspec import Struct

from counsel.advice.rank import SOURCE_TIER
from counsel.advice.sources import Query
from counsel.advice.sources.triggers import Trigger, TriggerIndex
from counsel.model.advice import Candidate, FailureClass, SourceName
from counsel.model.errors import BadInput

UNMEASURED_TRUST = 0.5
"""Trust of a rule that nobody has measured: written by a person, proven by nothing yet."""


class Chip(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One piece of knowledge. `relevance` overrides what the trigger's precision gives."""

    id: str
    when: Trigger
    lesson: str
    questions: tuple[str, ...] = ()
    relevance: float | None = None
    signature: str = ""
    failure_class: FailureClass = "other"
    caution: bool = False


class Pack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pack after reading: the ids of its chips carry its name (`git/interactive-add`)."""

    pack: str
    about: str = ""
    chips: tuple[Chip, ...]


PackT = TypeVar("PackT")


def load_pack(text: str) -> Pack:
    """The pack in a YAML text; raises `BadInput` for what is no pack."""
    pack = read_yaml(text, Pack)
    check_ids(pack.pack, [chip.id for chip in pack.chips])
    chips = tuple(msgspec.structs.replace(chip, id=f"{pack.pack}/{chip.id}") for chip in pack.chips)
    TriggerIndex(chips)
    return msgspec.structs.replace(pack, chips=chips)


class Chips:
    """The source over all packs. `trust_of` tells the measured trust in a candidate's id."""

    name: SourceName = "chip"
    quality = SOURCE_TIER["chip"]

    def __init__(
        self, packs: Iterable[Pack], trust_of: Callable[[str], float | None] = lambda _: None
    ) -> None:
        held = tuple(packs)
        check_ids("all packs", [pack.pack for pack in held])
        self._index = TriggerIndex(chip for pack in held for chip in pack.chips)
        self._trust_of = trust_of

    def candidates(self, query: Query) -> list[Candidate]:
        return [
            self._candidate(chip, specificity) for chip, specificity in self._index.matching(query)
        ]

    def _candidate(self, chip: Chip, specificity: float) -> Candidate:
        item = f"{self.name}:{chip.id}"
        trust = self._trust_of(item)
        return Candidate(
            id=item,
            source=self.name,
            text=" ".join((chip.lesson, *chip.questions)),
            relevance=specificity if chip.relevance is None else chip.relevance,
            trust=UNMEASURED_TRUST if trust is None else trust,
            signature=chip.signature,
            failure_class=chip.failure_class,
            evidence=f"pack {chip.id.partition('/')[0]}",
            caution=chip.caution,
        )


def read_yaml(text: str, shape: type[PackT]) -> PackT:
    """A YAML text as a value of `shape`; raises `BadInput`."""
    try:
        return msgspec.convert(yaml.safe_load(text), shape)
    except (yaml.YAMLError, msgspec.ValidationError, RecursionError) as error:
        raise BadInput(
            f"not a pack: {error}.", advice="Compare it with a pack that is shipped."
        ) from error


def check_ids(where: str, ids: list[str]) -> None:
    """Raises `BadInput` when an id is empty or there twice."""
    twice = sorted({one for one in ids if not one.strip() or ids.count(one) > 1})
    if twice:
        raise BadInput(f"{where!r} has ids twice or empty: {twice}.", advice="Rename them.")
