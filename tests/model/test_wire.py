"""Events to bytes and back: nothing is lost, not even what a newer Counsel wrote."""

import json
from random import Random
from typing import TypedDict, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.model.actions import Action
from counsel.model.advice import Answer, Candidate, Considered, StageTiming
from counsel.model.errors import BadInput
from counsel.model.events import (
    ActionProposed,
    AdviceGiven,
    AdviceJudged,
    ContextCompacted,
    CwdChanged,
    Event,
    FeedbackGiven,
    FileChanged,
    LessonChanged,
    Noted,
    OutcomeObserved,
    PermissionAsked,
    PromptGiven,
    SessionEnded,
    SessionStarted,
    TurnStopped,
    UnknownEvent,
)
from counsel.model.ids import ActionId, AdviceId, EventId, LessonId, SessionId, new_id
from counsel.model.outcomes import Outcome
from counsel.model.trace import trace_of
from counsel.model.wire import decode_event, encode_event, kind_of


class Head(TypedDict):
    id: EventId
    at_ms: int
    agent: str
    session: SessionId


HEAD = Head(id=EventId("e1"), at_ms=7, agent="claude-code", session=SessionId("s"))
CANDIDATE = Candidate(id="chip:x", source="chip", text="Look", relevance=0.5, trust=0.25)
ANSWER = Answer(
    advice_id=AdviceId("adv_1"),
    route="live",
    text="[COUNSEL] “Look”",
    authority="note",
    considered=(
        Considered(candidate=CANDIDATE, score=0.5, authority="note", shown=True, reason="shown"),
    ),
    timings=(StageTiming("rank", 12),),
)
CALL = Action(id=ActionId("c"), tool="Bash", kind="shell", command="ls", arguments='{"a":1}')
END = Outcome(action_id=ActionId("c"), tool="Bash", status="failed", error="no", exit_code=2)
EVENTS: tuple[Event, ...] = (
    SessionStarted(**HEAD, cwd="/p", source="resume", model="m"),
    SessionEnded(**HEAD, reason="clear"),
    PromptGiven(**HEAD, text="do\u2028it \U0001f600", interrupted=True),
    ActionProposed(**HEAD, action=CALL, cwd="/p"),
    OutcomeObserved(**HEAD, outcome=END),
    PermissionAsked(**HEAD, tool="Bash"),
    ContextCompacted(**HEAD, stage="after", trigger="auto"),
    TurnStopped(**HEAD, last_message="done", subagent="a"),
    CwdChanged(**HEAD, old="/a", new="/b"),
    FileChanged(**HEAD, path="/a"),
    Noted(**HEAD, name="Notification"),
    AdviceGiven(**HEAD, action_id=ActionId("c"), tool="Bash", answer=ANSWER),
    AdviceJudged(
        **HEAD,
        advice=AdviceId("adv_1"),
        item="chip:x",
        source="chip",
        shown=True,
        strict=True,
        heeded="followed",
        succeeded=None,
        verdict="followed",
    ),
    FeedbackGiven(**HEAD, advice=AdviceId("adv_1"), mark="noisy"),
    LessonChanged(**HEAD, lesson=LessonId("les_1"), change="learnt"),
)


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS, ids=kind_of)
def test_every_kind_comes_back_as_it_was(event: Event) -> None:
    data = encode_event(event)
    assert decode_event(data) == event
    assert b"\n" not in data
    assert msgspec.json.decode(data)["kind"] == kind_of(event)


@pytest.mark.parametrize("event", EVENTS, ids=kind_of)
def test_an_absent_v_means_one(event: Event) -> None:
    raw = msgspec.json.decode(encode_event(event))
    assert "v" not in raw
    assert decode_event(msgspec.json.encode(raw)).v == 1  # type: ignore[union-attr]
    assert decode_event(msgspec.json.encode({**raw, "v": 3})).v == 3  # type: ignore[union-attr]


@pytest.mark.parametrize("event", EVENTS, ids=kind_of)
def test_a_field_that_a_newer_counsel_added_is_no_hindrance(event: Event) -> None:
    raw = msgspec.json.decode(encode_event(event))
    assert decode_event(msgspec.json.encode({**raw, "added_later": [1]})) == event


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)
)


@given(
    kind=st.text(min_size=1).filter(lambda name: name not in {kind_of(one) for one in EVENTS}),
    fields=st.dictionaries(st.text(), JSON).filter(lambda fields: "kind" not in fields),
    indent=st.sampled_from([None, 1]),
)
def test_an_unknown_kind_is_kept_byte_for_byte(
    kind: str, fields: dict[str, object], indent: int | None
) -> None:
    data = json.dumps({**fields, "kind": kind}, indent=indent).encode()
    event = decode_event(data)
    assert isinstance(event, UnknownEvent)
    assert (kind_of(event), encode_event(event)) == (kind, data)


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"null", b'{"kind": 3}', b'{"kind": "session_ended"}', b'{"kind": "x"'],
)
def test_what_is_no_event_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        decode_event(data)


@given(st.binary())
def test_bytes_give_an_event_or_bad_input(data: bytes) -> None:
    try:
        event = decode_event(data)
    except BadInput:
        return
    assert decode_event(encode_event(event)) == event


@given(
    st.lists(st.integers(min_value=0, max_value=2**55 - 1), min_size=2, max_size=20, unique=True),
    st.integers(),
)
def test_ids_sort_by_time(times: list[int], seed: int) -> None:
    randomness = Random(seed)
    ids = {at: new_id("evt", at, randomness) for at in times}
    assert [ids[at] for at in sorted(times)] == sorted(ids.values())


def test_an_id_is_its_prefix_and_21_digits() -> None:
    assert new_id("evt", 0, Random(1)).startswith("evt_00000000000")
    assert len(new_id("evt", 1_700_000_000_000, Random(1))) == len("evt_") + 21


def test_the_trace_is_the_same_before_and_after_and_differs_between_calls() -> None:
    one = trace_of("a", SessionId("s"), ActionId("c"))
    assert one == trace_of("a", SessionId("s"), ActionId("c"))
    assert (
        len(
            {
                one,
                trace_of("a", SessionId("sc"), ActionId("")),
                trace_of("a", SessionId("s"), ActionId("d")),
            }
        )
        == 3
    )
    assert len(trace_of("\ud800", SessionId("s"), ActionId("c"))) == 16
