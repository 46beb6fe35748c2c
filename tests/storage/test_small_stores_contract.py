"""What every quarantine, import, packet and session store does."""

from counsel.model.ids import PacketId, SessionId
from counsel.storage.store import Store

from .samples import import_mark, packet, quarantined, snapshot


def test_the_quarantine_lists_the_newest_first(store: Store) -> None:
    for row in (quarantined("b", 2), quarantined("a", 2), quarantined("z", 1)):
        assert store.quarantine.put(row).result() == 0
    assert [row.id for row in store.quarantine.list()] == ["b", "a", "z"]
    assert store.quarantine.list(limit=1) == [quarantined("b", 2)]
    assert store.quarantine.list(limit=0) == store.quarantine.list(limit=-1) == []


def test_a_text_put_again_replaces_the_former(store: Store) -> None:
    store.quarantine.put(quarantined("a", 5, "noise")).result()
    store.quarantine.put(quarantined("a", 1, "secret")).result()
    assert store.quarantine.list() == [quarantined("a", 1, "secret")]


def test_a_quarantined_text_is_taken_once(store: Store) -> None:
    store.quarantine.put(quarantined("a")).result()
    assert store.quarantine.take("a") == quarantined("a")
    assert store.quarantine.take("a") is None
    assert store.quarantine.list() == []


def test_an_import_goes_on_from_its_last_mark(store: Store) -> None:
    assert store.imports.marked("d1") is None
    store.imports.mark(import_mark("d1", 10)).result()
    store.imports.mark(import_mark("d1", 20, done=True)).result()
    assert store.imports.marked("d1") == import_mark("d1", 20, done=True)
    assert store.imports.marked("d2") is None


def test_packets_are_replaced_and_dropped_by_id(store: Store) -> None:
    store.packets.save([packet("k2"), packet("k1"), packet("k3")]).result()
    store.packets.save([packet("k1", "edit")]).result()
    store.packets.drop([PacketId("k2"), PacketId("never there")]).result()
    assert store.packets.packets() == [packet("k1", "edit"), packet("k3")]


def test_a_session_is_loaded_as_last_saved(store: Store) -> None:
    store.sessions.save([snapshot("codex", "s1"), snapshot("cursor", "s1", body=b"")]).result()
    store.sessions.save([snapshot("codex", "s1", upto=8)]).result()
    assert store.sessions.load("codex", SessionId("s1")) == snapshot("codex", "s1", upto=8)
    assert store.sessions.load("cursor", SessionId("s1")) == snapshot("cursor", "s1", body=b"")
    assert store.sessions.load("codex", SessionId("s2")) is None


def test_a_dropped_session_is_gone_for_every_agent(store: Store) -> None:
    kept = snapshot("codex", "s2")
    store.sessions.save([snapshot("codex", "s1"), snapshot("cursor", "s1"), kept]).result()
    assert store.sessions.drop(SessionId("s1")).result() == 0
    assert store.sessions.load("codex", SessionId("s1")) is None
    assert store.sessions.load("cursor", SessionId("s1")) is None
    assert store.sessions.load("codex", SessionId("s2")) == kept
