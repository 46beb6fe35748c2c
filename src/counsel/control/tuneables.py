"""Every number of the advice path that an operator may turn, declared once.

A section is a frozen struct, a tuneable one of its fields: default, bounds, unit and meaning
stand in the declaration, and from it come the validation, the table in the documentation and
the typed value that the code reads (`tuneables.advisory_gate.warning_threshold`).

Rules:
- no tuneable exists that nothing reads;
- an override that is unknown, of the wrong type or out of its bounds is an error, never ignored;
- thresholds stand in order, and a larger budget is never below the smaller one.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from counsel.model.errors import BadSetting

Number: TypeAlias = float | int


class Tuneable(Struct, frozen=True):
    """One declared number. `name` is `section.field`; `low` and `high` belong to the range."""

    name: str
    default: Number
    low: Number
    high: Number
    unit: str
    meaning: str


def _meta(low: Number, high: Number, unit: str, meaning: str) -> Meta:
    return Meta(ge=low, le=high, description=meaning, extra={"unit": unit})


def _score(meaning: str) -> Meta:
    return _meta(0.0, 1.0, "score", meaning)


def _weight(meaning: str) -> Meta:
    return _meta(0.0, 10.0, "weight", meaning)


def _share(meaning: str) -> Meta:
    return _meta(0.0, 1.0, "share", meaning)


def _factor(meaning: str) -> Meta:
    return _meta(0.0, 2.0, "factor", meaning)


def _seconds(high: Number, meaning: str) -> Meta:
    return _meta(0, high, "s", meaning)


class AdvisoryEngine(Struct, frozen=True, forbid_unknown_fields=True):
    emit_max_chars: Annotated[
        int, _meta(80, 4_000, "characters", "All that is said before one call, markers included.")
    ] = 500


class Advisor(Struct, frozen=True, forbid_unknown_fields=True):
    max_items: Annotated[int, _meta(1, 32, "items", "Candidates that go from rank to gate.")] = 8
    relevance_weight: Annotated[float, _share("Weight of relevance in a score.")] = 0.50
    quality_weight: Annotated[float, _share("Weight of source and text quality in a score.")] = 0.25
    trust_weight: Annotated[float, _share("Weight of measured trust in a score.")] = 0.25


class AdvisoryGate(Struct, frozen=True, forbid_unknown_fields=True):
    block_threshold: Annotated[float, _score("From here advice that policy backs asks.")] = 0.95
    warning_threshold: Annotated[float, _score("From here a caution is a warning.")] = 0.80
    note_threshold: Annotated[float, _score("From here advice is a note.")] = 0.48
    whisper_threshold: Annotated[float, _score("From here it is a whisper, below silent.")] = 0.27
    max_emit_per_call: Annotated[int, _meta(0, 8, "items", "Items said before one call.")] = 2
    max_emit_extended: Annotated[
        int, _meta(0, 8, "items", "Items when a warning is among them or the top two are strong.")
    ] = 4
    strong_first: Annotated[float, _score("The best item counts as strong from here.")] = 0.75
    strong_second: Annotated[float, _score("The second best counts as strong from here.")] = 0.60
    agreement_bonus: Annotated[
        float, _share("Added to a score for each further independent origin that agrees.")
    ] = 0.05
    noisy_marks: Annotated[
        int, _meta(1, 100, "marks", "Marks `too noisy` from which an item is suppressed.")
    ] = 1
    advice_repeat_cooldown_s: Annotated[
        int, _seconds(7_200, "The same context says nothing again for this long.")
    ] = 300


_TTL = _seconds(7_200, "An item of this source is not said again for this long.")


class ShownTtl(Struct, frozen=True, forbid_unknown_fields=True):
    preflight: Annotated[int, _TTL] = 210
    stuck: Annotated[int, _TTL] = 210
    bank: Annotated[int, _TTL] = 252
    trigger: Annotated[int, _TTL] = 294
    mind: Annotated[int, _TTL] = 315
    cognitive: Annotated[int, _TTL] = 420
    distillation: Annotated[int, _TTL] = 420
    chip: Annotated[int, _TTL] = 420
    replay: Annotated[int, _TTL] = 420
    opportunity: Annotated[int, _TTL] = 420


_COOLDOWN = _seconds(600, "After advice before a call of this kind, silence before the next.")


class ToolCooldown(Struct, frozen=True, forbid_unknown_fields=True):
    read: Annotated[int, _COOLDOWN] = 7
    search: Annotated[int, _COOLDOWN] = 7
    plan: Annotated[int, _COOLDOWN] = 7
    ask: Annotated[int, _COOLDOWN] = 7
    subagent: Annotated[int, _COOLDOWN] = 9
    shell: Annotated[int, _COOLDOWN] = 10
    fetch: Annotated[int, _COOLDOWN] = 12
    mcp: Annotated[int, _COOLDOWN] = 12
    other: Annotated[int, _COOLDOWN] = 15
    edit: Annotated[int, _COOLDOWN] = 18
    write: Annotated[int, _COOLDOWN] = 18


_PHASE = _factor("Multiplies the score in this phase (1 until a tuning window measured better).")


class PhaseFactor(Struct, frozen=True, forbid_unknown_fields=True):
    explore: Annotated[float, _PHASE] = 1.0
    plan: Annotated[float, _PHASE] = 1.0
    execute: Annotated[float, _PHASE] = 1.0
    validate: Annotated[float, _PHASE] = 1.0
    diagnose: Annotated[float, _PHASE] = 1.0
    consolidate: Annotated[float, _PHASE] = 1.0
    escalate: Annotated[float, _PHASE] = 1.0
    halt: Annotated[float, _PHASE] = 1.0


_CATEGORY = _factor("Multiplies the score of this category (1 until measured better).")


class CategoryFactor(Struct, frozen=True, forbid_unknown_fields=True):
    general: Annotated[float, _CATEGORY] = 1.0
    recovery: Annotated[float, _CATEGORY] = 1.0
    preference: Annotated[float, _CATEGORY] = 1.0
    guardrail: Annotated[float, _CATEGORY] = 1.0
    heuristic: Annotated[float, _CATEGORY] = 1.0
    sharp_edge: Annotated[float, _CATEGORY] = 1.0
    anti_pattern: Annotated[float, _CATEGORY] = 1.0
    playbook: Annotated[float, _CATEGORY] = 1.0
    policy: Annotated[float, _CATEGORY] = 1.0
    context: Annotated[float, _CATEGORY] = 1.0


class AdvisoryPacketStore(Struct, frozen=True, forbid_unknown_fields=True):
    relaxed_tool_weight: Annotated[float, _weight("Match of the tool in relaxed lookup.")] = 4.0
    relaxed_intent_weight: Annotated[float, _weight("Match of the intent.")] = 3.0
    relaxed_plane_weight: Annotated[float, _weight("Match of the plane.")] = 2.0
    relaxed_recency_weight: Annotated[
        float, _weight("A packet built just now; falls in a line to 0 at the end of its life.")
    ] = 1.0
    relaxed_effectiveness_weight: Annotated[float, _weight("Times the effectiveness score.")] = 2.0
    relaxed_min_match: Annotated[
        float, _weight("What tool, intent and plane must give together.")
    ] = 3.0
    packet_ttl_s: Annotated[int, _meta(1, 86_400, "s", "Life of a packet.")] = 900
    max_index_packets: Annotated[int, _meta(1, 100_000, "packets", "Packets kept at most.")] = 2_000


class Prefetch(Struct, frozen=True, forbid_unknown_fields=True):
    max_tools: Annotated[int, _meta(1, 11, "tools", "Next tools a packet is prepared for.")] = 3
    min_probability: Annotated[float, _share("Less likely tools are not prepared for.")] = 0.15
    smoothing: Annotated[
        float,
        _meta(0.1, 1_000.0, "observations", "How many observations the wider estimate is worth."),
    ] = 8.0
    min_samples: Annotated[
        int, _meta(1, 10_000, "predictions", "Before that many the hit rate judges nothing.")
    ] = 40
    min_hit_rate: Annotated[
        float, _share("The planner stops when the hit rate is below this for sure.")
    ] = 0.40


class Holdout(Struct, frozen=True, forbid_unknown_fields=True):
    share: Annotated[
        float, _share("Notes and whispers that passed the gate and are deliberately not shown.")
    ] = 0.10


class Attribution(Struct, frozen=True, forbid_unknown_fields=True):
    window_s: Annotated[
        int, _meta(1, 86_400, "s", "An outcome later than this is no strict evidence.")
    ] = 1_200


class Tuneables(Struct, frozen=True, forbid_unknown_fields=True):
    """All sections with their values in force."""

    advisory_engine: AdvisoryEngine = AdvisoryEngine()
    advisor: Advisor = Advisor()
    advisory_gate: AdvisoryGate = AdvisoryGate()
    shown_ttl_s: ShownTtl = ShownTtl()
    tool_cooldown_s: ToolCooldown = ToolCooldown()
    phase_factor: PhaseFactor = PhaseFactor()
    category_factor: CategoryFactor = CategoryFactor()
    advisory_packet_store: AdvisoryPacketStore = AdvisoryPacketStore()
    prefetch: Prefetch = Prefetch()
    holdout: Holdout = Holdout()
    attribution: Attribution = Attribution()


def _declared() -> tuple[Tuneable, ...]:
    found = []
    for section in msgspec.structs.fields(Tuneables):
        shape = msgspec.inspect.type_info(section.type)
        assert isinstance(shape, msgspec.inspect.StructType)
        for field in shape.fields:
            meta = field.type
            assert isinstance(meta, msgspec.inspect.Metadata)
            bounds = meta.type
            assert isinstance(bounds, msgspec.inspect.IntType | msgspec.inspect.FloatType)
            assert bounds.ge is not None and bounds.le is not None
            found.append(
                Tuneable(
                    name=f"{section.name}.{field.name}",
                    default=field.default,
                    low=bounds.ge,
                    high=bounds.le,
                    unit=str((meta.extra or {})["unit"]),
                    meaning=str((meta.extra_json_schema or {})["description"]),
                )
            )
    return tuple(found)


TUNEABLES = _declared()
"""Every tuneable, in the order of declaration."""

_BY_NAME = {tuneable.name: tuneable for tuneable in TUNEABLES}


def tuneables(overrides: Mapping[str, object]) -> Tuneables:
    """The defaults with `overrides` (`section.field` to value); raises `BadSetting`."""
    sections: dict[str, dict[str, object]] = {}
    for name, value in overrides.items():
        declared = _BY_NAME.get(name)
        if declared is None:
            raise BadSetting(
                f"{name!r} is no tuneable.", advice="The documentation lists all of them."
            )
        section, field = name.split(".")
        sections.setdefault(section, {})[field] = _checked(declared, value)
    made = msgspec.convert(sections, Tuneables)
    _check_order(made)
    return made


def _checked(declared: Tuneable, value: object) -> Number:
    whole = isinstance(declared.default, int)
    wanted = "a whole number" if whole else "a number"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise BadSetting(f"{declared.name!r} is {value!r}.", advice=f"Give {wanted}.")
    if not isfinite(value) or not declared.low <= value <= declared.high:
        raise BadSetting(
            f"{declared.name!r} is {value!r}.",
            advice=f"Give {wanted} from {declared.low} to {declared.high}.",
        )
    return value


def _check_order(made: Tuneables) -> None:
    gate = made.advisory_gate
    steps = (
        gate.whisper_threshold,
        gate.note_threshold,
        gate.warning_threshold,
        gate.block_threshold,
    )
    if list(steps) != sorted(steps):
        raise BadSetting(
            f"The thresholds of 'advisory_gate' are {steps}.",
            advice="Keep whisper <= note <= warning <= block.",
        )
    if gate.max_emit_extended < gate.max_emit_per_call:
        raise BadSetting(
            "'advisory_gate.max_emit_extended' is below 'advisory_gate.max_emit_per_call'.",
            advice="Raise the first or lower the second.",
        )


def as_markdown() -> str:
    """The table of all tuneables for the documentation."""
    rows = ["| tuneable | default | range | unit | meaning |", "|---|---|---|---|---|"]
    rows += [
        f"| `{row.name}` | {row.default} | {row.low} to {row.high} | {row.unit} | {row.meaning} |"
        for row in TUNEABLES
    ]
    return "\n".join(rows) + "\n"
