"""Tuneables: one declaration, from which values, validation and documentation come."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.control.tuneables import TUNEABLES, Tuneables, as_markdown, tuneables
from counsel.model.actions import ToolKind
from counsel.model.advice import SourceName
from counsel.model.errors import BadSetting

# The numbers in bold of the specification (02-advice.md).
SPECIFIED = {
    "advisory_gate.advice_repeat_cooldown_s": 300,
    "advisory_packet_store.relaxed_tool_weight": 4.0,
    "advisory_packet_store.relaxed_intent_weight": 3.0,
    "advisory_packet_store.relaxed_plane_weight": 2.0,
    "advisory_packet_store.relaxed_min_match": 3.0,
    "advisory_packet_store.packet_ttl_s": 900,
    "advisor.max_items": 8,
    "advisory_gate.block_threshold": 0.95,
    "advisory_gate.warning_threshold": 0.80,
    "advisory_gate.note_threshold": 0.48,
    "advisory_gate.whisper_threshold": 0.27,
    "advisory_gate.max_emit_per_call": 2,
    "advisory_gate.max_emit_extended": 4,
    "advisory_engine.emit_max_chars": 500,
    "attribution.window_s": 1200,
    "holdout.share": 0.10,
}
DECLARED = {row.name: row for row in TUNEABLES}


def test_the_defaults_are_those_of_the_specification() -> None:
    assert {name: DECLARED[name].default for name in SPECIFIED} == SPECIFIED


def test_times_to_live_and_cooldowns_span_the_specified_ranges() -> None:
    ttls = [row.default for row in TUNEABLES if row.name.startswith("shown_ttl_s.")]
    cooldowns = [row.default for row in TUNEABLES if row.name.startswith("tool_cooldown_s.")]
    assert (min(ttls), max(ttls)) == (210, 420)
    assert (min(cooldowns), max(cooldowns)) == (7, 18)


def test_every_source_has_a_time_to_live_and_every_kind_of_tool_a_cooldown() -> None:
    assert {f"shown_ttl_s.{source}" for source in get_args(SourceName)} <= DECLARED.keys()
    assert {f"tool_cooldown_s.{kind}" for kind in get_args(ToolKind)} <= DECLARED.keys()


def test_without_overrides_the_defaults_are_in_force() -> None:
    assert tuneables({}) == Tuneables()


@given(st.sampled_from(TUNEABLES), st.data())
def test_any_value_inside_its_bounds_comes_into_force(row: object, data: st.DataObject) -> None:
    assert isinstance(row, type(TUNEABLES[0]))
    if "threshold" in row.name or "max_emit" in row.name:
        value = row.default
    elif isinstance(row.default, int):
        value = data.draw(st.integers(int(row.low), int(row.high)))
    else:
        value = data.draw(st.floats(row.low, row.high))
    section, field = row.name.split(".")
    assert getattr(getattr(tuneables({row.name: value}), section), field) == value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("advisor.max_item", 3, "'advisor.max_item' is no tuneable."),
        ("advisor", 3, "'advisor' is no tuneable."),
        ("advisor.max_items", 2.5, "'advisor.max_items' is 2.5."),
        ("advisor.max_items", True, "'advisor.max_items' is True."),
        ("advisor.max_items", "8", "'advisor.max_items' is '8'."),
        ("advisor.max_items", 0, "'advisor.max_items' is 0."),
        ("holdout.share", 1.01, "'holdout.share' is 1.01."),
        ("holdout.share", float("nan"), "'holdout.share' is nan."),
        ("holdout.share", -0.01, "'holdout.share' is -0.01."),
    ],
)
def test_what_cannot_be_used_is_refused(name: str, value: object, message: str) -> None:
    with pytest.raises(BadSetting) as refused:
        tuneables({name: value})
    assert refused.value.message == message


def test_thresholds_out_of_order_are_refused() -> None:
    with pytest.raises(BadSetting, match="thresholds"):
        tuneables({"advisory_gate.note_threshold": 0.9})


def test_an_extended_budget_below_the_budget_is_refused() -> None:
    with pytest.raises(BadSetting, match="max_emit_extended"):
        tuneables({"advisory_gate.max_emit_per_call": 5})


def test_the_documentation_has_one_row_for_each() -> None:
    lines = as_markdown().splitlines()
    assert lines[0] == "| tuneable | default | range | unit | meaning |"
    assert len(lines) == 2 + len(TUNEABLES)
    assert (
        "| `holdout.share` | 0.1 | 0.0 to 1.0 | share | "
        "Notes and whispers that passed the gate and are deliberately not shown. |"
    ) in lines


def test_every_row_says_what_it_means() -> None:
    assert [row.name for row in TUNEABLES if not row.meaning.endswith((".", ")."))] == []
    assert [row.name for row in TUNEABLES if not row.low <= row.default <= row.high] == []
