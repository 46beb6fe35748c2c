"""What is held out."""

from hypothesis import given
from hypothesis import strategies as st

from counsel.advice.holdout import held_out
from counsel.model.ids import TraceId

KEY = b"key"


@given(st.binary(max_size=64), st.text(), st.text(), st.floats(0, 1), st.floats(0, 1))
def test_who_is_held_out_of_a_small_share_is_held_out_of_a_larger(
    key: bytes, trace: str, item: str, one: float, other: float
) -> None:
    small, large = sorted((one, other))
    assert held_out(key, TraceId(trace), item, small) <= held_out(key, TraceId(trace), item, large)


@given(st.text(), st.text())
def test_a_share_of_nothing_holds_nothing_out_and_of_all_everything(trace: str, item: str) -> None:
    assert not held_out(KEY, TraceId(trace), item, 0.0)
    assert held_out(KEY, TraceId(trace), item, 1.0)


def test_a_tenth_is_a_tenth() -> None:
    count = sum(held_out(KEY, TraceId(f"t{n}"), "chip:a", 0.10) for n in range(20_000))
    assert 1_850 <= count <= 2_150  # 2,000, standard deviation 42


def test_the_decision_is_the_same_everywhere_and_depends_on_key_trace_and_item() -> None:
    def drawn(key: bytes, trace: str, item: str) -> list[bool]:
        return [held_out(key, TraceId(f"{trace}{n}"), item, 0.5) for n in range(64)]

    first = drawn(KEY, "t", "chip:a")
    assert drawn(KEY, "t", "chip:a") == first
    others = [drawn(b"other", "t", "chip:a"), drawn(KEY, "u", "chip:a"), drawn(KEY, "t", "chip:b")]
    assert first not in others


def test_trace_and_item_cannot_be_mistaken_for_each_other() -> None:
    split = [held_out(KEY, TraceId("a" * n), "a" * (20 - n), 0.5) for n in range(21)]
    assert len(set(split)) == 2
