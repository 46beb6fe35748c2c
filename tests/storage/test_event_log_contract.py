"""What every event log does."""

import pytest

from counsel.memory.ports import LoggedEvent
from counsel.model.errors import BadInput, StoreFault
from counsel.model.events import Event, UnknownEvent
from counsel.model.ids import AdviceId, EventId, ProjectKey, SessionId
from counsel.storage.store import Store

from .samples import UNWRITABLE, advice_given, prompt, prompts, unknown


def events_in(store: Store) -> list[Event | UnknownEvent]:
    return [logged.event for logged in store.events.read()]


def test_a_new_log_is_empty(store: Store) -> None:
    assert store.events.read() == []
    assert store.events.last_seq() == 0


def test_events_come_back_in_order_numbered_from_one(store: Store) -> None:
    events = prompts(3)
    assert store.events.append(events).result() == 3
    assert store.events.read() == [
        LoggedEvent(1, events[0]),
        LoggedEvent(2, events[1]),
        LoggedEvent(3, events[2]),
    ]
    assert store.events.last_seq() == 3


def test_a_page_starts_after_and_ends_at_its_limit(store: Store) -> None:
    store.events.append(prompts(10)).result()
    assert [logged.seq for logged in store.events.read(after=3, limit=4)] == [4, 5, 6, 7]
    assert store.events.read(after=10) == []
    assert store.events.read(limit=0) == store.events.read(limit=-1) == []


def test_an_event_that_is_there_is_not_written_again(store: Store) -> None:
    first, second, third = prompts(3)
    store.events.append([first, second]).result()
    assert store.events.append([first]).result() == 1
    assert store.events.append([second, third, third]).result() == 3
    assert events_in(store) == [first, second, third]


def test_the_first_of_two_events_with_one_id_counts(store: Store) -> None:
    store.events.append([prompt("e1", "first"), prompt("e1", "second")]).result()
    assert events_in(store) == [prompt("e1", "first")]


def test_appending_nothing_returns_the_last_number(store: Store) -> None:
    assert store.events.append([]).result() == 0
    store.events.append(prompts(2)).result()
    assert store.events.append([]).result() == 2


def test_an_append_with_an_unwritable_event_writes_none_of_its_events(store: Store) -> None:
    store.events.append([prompt("before")]).result()
    with pytest.raises(StoreFault, match="'unwritable' cannot be kept"):
        store.events.append([prompt("beside"), UNWRITABLE]).result()
    assert store.events.append([prompt("after")]).result() == 2
    assert events_in(store) == [prompt("before"), prompt("after")]


@pytest.mark.parametrize("at_ms", [2**63, -(2**63)])
def test_a_time_beyond_64_bits_is_refused(store: Store, at_ms: int) -> None:
    with pytest.raises(StoreFault, match="no time in milliseconds"):
        store.events.append([prompt("e1", at_ms=at_ms)]).result()


def test_a_list_changed_after_append_changes_nothing(store: Store) -> None:
    events = prompts(2)
    written = store.events.append(events)
    events.clear()
    assert written.result() == 2
    assert len(events_in(store)) == 2


def test_text_survives_as_it_is(store: Store) -> None:
    event = prompt("e\0\N{SNOWMAN}'", "\0 ' \" \\ \N{PILE OF POO}\r\n", session="\0s", agent="\0")
    store.events.append([event]).result()
    store.events.append([event]).result()
    assert store.events.find(event.id) == LoggedEvent(1, event)
    assert store.events.read_session("\0", SessionId("\0s")) == [LoggedEvent(1, event)]


def test_a_session_is_one_agents(store: Store) -> None:
    mine = [prompt("e1"), prompt("e2")]
    others = [prompt("e3", session="s2"), prompt("e4", agent="cursor")]
    store.events.append([mine[0], *others, mine[1]]).result()
    assert store.events.read_session("codex", SessionId("s1")) == [
        LoggedEvent(1, mine[0]),
        LoggedEvent(4, mine[1]),
    ]
    assert store.events.read_session("codex", SessionId("s1"), after=1) == [LoggedEvent(4, mine[1])]


def test_an_event_is_found_by_its_id(store: Store) -> None:
    store.events.append(prompts(2)).result()
    assert store.events.find(EventId("e000002")) == LoggedEvent(2, prompt("e000002"))
    assert store.events.find(EventId("e000003")) is None


def test_advice_is_found_by_its_own_id(store: Store) -> None:
    given = [advice_given("e1", "adv1"), advice_given("e2", "adv2"), advice_given("e3", "adv2")]
    store.events.append(given).result()
    assert store.events.find_advice(AdviceId("adv2")) == LoggedEvent(2, given[1])
    assert store.events.find_advice(AdviceId("e1")) is None


def test_an_unknown_event_is_kept_byte_for_byte(store: Store) -> None:
    raw = b'{ "kind":"from_the_future", "id":"f1","agent":"codex","session":"s1", "at_ms":7.50 }'
    store.events.append([unknown(raw)]).result()
    store.events.append([unknown(raw)]).result()
    expected = [LoggedEvent(1, unknown(raw))]
    assert store.events.read() == expected
    assert store.events.read_session("codex", SessionId("s1")) == expected
    assert store.events.find(EventId("f1")) == expected[0]


@pytest.mark.parametrize("raw", [b"{}", b"[1]", b"\xff", b"", b'{"id":5,"session":null}'])
def test_an_unknown_event_without_an_id_is_still_kept_once(store: Store, raw: bytes) -> None:
    store.events.append([unknown(raw)]).result()
    store.events.append([unknown(raw), unknown(raw + b" ")]).result()
    assert events_in(store) == [unknown(raw), unknown(raw + b" ")]


def test_a_known_kind_in_a_form_of_the_future_comes_back_whole(store: Store) -> None:
    raw = b'{"kind":"context_compacted","id":"f1","at_ms":1,"stage":"during"}'
    store.events.append([unknown(raw, "context_compacted")]).result()
    assert events_in(store) == [unknown(raw, "context_compacted")]


def test_erasing_a_session_leaves_the_others_and_their_numbers(store: Store) -> None:
    store.events.append([prompt("e1"), prompt("e2", session="s2"), prompt("e3")]).result()
    assert store.events.erase(session=SessionId("s1")) == 2
    assert store.events.erase(session=SessionId("s1")) == 0
    assert store.events.read() == [LoggedEvent(2, prompt("e2", session="s2"))]


def test_erasing_a_project_takes_its_events_of_all_sessions(store: Store) -> None:
    kept = prompt("e3", project="p2")
    store.events.append([prompt("e1"), prompt("e2", session="s2"), kept]).result()
    assert store.events.erase(project=ProjectKey("p1")) == 2
    assert store.events.read() == [LoggedEvent(3, kept)]


def test_a_number_is_not_given_again_after_the_newest_event_was_erased(store: Store) -> None:
    store.events.append([prompt("e1"), prompt("e2", session="s2")]).result()
    store.events.erase(session=SessionId("s2"))
    assert store.events.last_seq() == 2
    assert store.events.append([prompt("e2", session="s2")]).result() == 3


@pytest.mark.parametrize(("session", "project"), [(None, None), ("s1", "p1"), ("", None)])
def test_erasing_needs_exactly_one_key(
    store: Store, session: str | None, project: str | None
) -> None:
    store.events.append([prompt("e1", session="", project="")]).result()
    with pytest.raises(BadInput, match="exactly one"):
        store.events.erase(
            session=None if session is None else SessionId(session),
            project=None if project is None else ProjectKey(project),
        )
    assert store.events.last_seq() == len(store.events.read()) == 1
