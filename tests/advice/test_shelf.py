"""The packets of the running service."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from counsel.advice.packet import Packet, PacketCounts, PacketKey
from counsel.advice.shelf import Changes, PacketShelf, effectiveness
from counsel.control.tuneables import AdvisoryPacketStore
from counsel.model.ids import LessonId, PacketId, ProjectKey

from .samples import NOW_MS, candidate

STORE = AdvisoryPacketStore()
APP = ProjectKey("app")
TTL_MS = 900_000
UNCOUNTED = PacketCounts()


def packet(
    id: str = "p",
    *,
    tool: str = "shell",
    intent: str = "testing_validation",
    plane: str = "build_delivery",
    project: str = "app",
    context: str = "",
    built_ms: int = NOW_MS,
    lessons: tuple[str, ...] = (),
    paths: tuple[str, ...] = (),
    counts: PacketCounts = UNCOUNTED,
) -> Packet:
    return Packet(
        id=PacketId(id),
        key=PacketKey(ProjectKey(project), context or id, tool, intent),
        plane=plane,
        items=tuple(candidate(f"chip:{lesson}", lesson=lesson) for lesson in lessons),
        paths=paths,
        built_ms=built_ms,
        counts=counts,
        effectiveness_score=effectiveness(counts),
    )


def shelf_with(*packets: Packet, settings: AdvisoryPacketStore = STORE) -> PacketShelf:
    shelf = PacketShelf(settings)
    for one in packets:
        shelf.put(one)
    return shelf


def found(
    shelf: PacketShelf,
    tool: str = "shell",
    intent: str = "testing_validation",
    plane: str = "build_delivery",
    *,
    now_ms: int = NOW_MS,
) -> tuple[str, float, float] | None:
    match = shelf.relaxed(APP, tool, intent, plane, now_ms)
    return None if match is None else (match.packet.id, match.match, round(match.score, 6))


def test_a_packet_is_found_by_its_exact_key_until_it_expires() -> None:
    shelf = shelf_with(packet())
    key = packet().key
    held = replace(packet(), expires_ms=NOW_MS + TTL_MS)
    assert shelf.exact(key, NOW_MS + TTL_MS - 1) == held
    assert shelf.exact(replace(key, tool="edit"), NOW_MS) is None
    assert shelf.exact(key, NOW_MS + TTL_MS) is None
    assert len(shelf) == 0


def test_a_packet_may_live_shorter_than_the_rest_but_not_longer() -> None:
    shelf = shelf_with(
        replace(packet("a"), expires_ms=NOW_MS + 1), replace(packet("b"), expires_ms=NOW_MS * 2)
    )
    held = [shelf.get(PacketId(id)) for id in ("a", "b")]
    assert [one and one.expires_ms for one in held] == [NOW_MS + 1, NOW_MS + TTL_MS]


@pytest.mark.parametrize(
    ("moment", "match"),
    [
        (("shell", "testing_validation", "build_delivery"), 9.0),
        (("shell", "testing_validation", "team_management"), 7.0),
        (("shell", "auth_security", "build_delivery"), 6.0),
        (("shell", "auth_security", "team_management"), 4.0),
        (("edit", "testing_validation", "build_delivery"), 5.0),
        (("edit", "testing_validation", "team_management"), 3.0),
        (("edit", "auth_security", "build_delivery"), None),
        (("edit", "auth_security", "team_management"), None),
    ],
)
def test_relaxed_lookup_weighs_tool_intent_and_plane(
    moment: tuple[str, str, str], match: float | None
) -> None:
    # A packet built now adds 1.0 for recency and 2 x 0.5 for an effectiveness not yet known.
    expected = None if match is None else ("p", match, match + 2.0)
    assert found(shelf_with(packet()), *moment) == expected


def test_two_moments_of_unknown_intent_have_only_the_tool_in_common() -> None:
    shelf = shelf_with(packet(intent="unknown", plane="unknown"))
    assert found(shelf, "shell", "unknown", "unknown") == ("p", 4.0, 6.0)
    assert found(shelf, "edit", "unknown", "unknown") is None


def test_another_project_is_never_found() -> None:
    assert found(shelf_with(packet(project="other"))) is None


def test_of_equal_matches_the_newer_wins_and_of_equal_age_the_more_effective() -> None:
    old = packet("old", built_ms=NOW_MS - TTL_MS // 2)
    assert found(shelf_with(packet("new"), old)) == ("new", 9.0, 11.0)
    good = packet("good", counts=PacketCounts(helpful=8))
    assert found(shelf_with(packet("plain"), good)) == ("good", 9.0, 10.0 + 2 * 0.9)


def test_effectiveness_can_outweigh_a_plane() -> None:
    bad = packet("bad", counts=PacketCounts(unhelpful=18))
    good = packet("good", plane="team_management", counts=PacketCounts(helpful=98))
    shelf = shelf_with(bad, good)
    assert found(shelf) == ("bad", 9.0, 10.0 + 2 * 0.05)
    cautious = AdvisoryPacketStore(relaxed_effectiveness_weight=10.0)
    found_now = found(shelf_with(bad, good, settings=cautious))
    assert found_now == ("good", 7.0, 8.0 + 10 * 0.99)


def test_marks_change_what_is_found() -> None:
    shelf = shelf_with(packet("a"), packet("b"))
    shelf.count(PacketId("a"), unhelpful=1)
    assert found(shelf) == ("b", 9.0, 11.0)
    shelf.count(PacketId("a"), unhelpful=-1, helpful=1)
    assert found(shelf) == ("a", 9.0, round(10 + 4 / 3, 6))


@pytest.mark.parametrize(
    ("counts", "score"),
    [
        (PacketCounts(), 0.5),
        (PacketCounts(helpful=1), 2 / 3),
        (PacketCounts(unhelpful=1), 1 / 3),
        (PacketCounts(helpful=1, noisy=2), 2 / 3 - 0.10),
        (PacketCounts(noisy=100), 0.5 - 0.35),
        (PacketCounts(unhelpful=1_000), 0.05),
        (PacketCounts(helpful=1_000), 0.99),
    ],
)
def test_effectiveness_counts_help_against_harm_and_noise(
    counts: PacketCounts, score: float
) -> None:
    assert effectiveness(counts) == pytest.approx(score)


def test_counters_add_up_and_never_fall_below_nothing() -> None:
    shelf = shelf_with(packet())
    shelf.count(PacketId("p"), usage=1, emit=1, acted=1)
    counted = shelf.count(PacketId("p"), usage=1, helpful=2, unhelpful=-5, noisy=1)
    assert counted == shelf.get(PacketId("p"))
    assert counted is not None
    assert counted.counts == PacketCounts(usage=2, emit=1, helpful=2, noisy=1, acted=1)
    assert counted.effectiveness_score == pytest.approx(3 / 4 - 0.05)
    assert shelf.count(PacketId("gone"), usage=1) is None


def test_a_newer_packet_takes_the_place_of_the_one_with_its_key() -> None:
    shelf = shelf_with(packet("a", context="c"), packet("b", context="c"))
    assert [shelf.get(PacketId("a")), len(shelf)] == [None, 1]
    assert shelf.changed().dropped == (PacketId("a"),)


def test_a_changed_lesson_takes_its_packets_along() -> None:
    in_lineage = replace(packet("c"), lineage=("replay", "l1"))
    shelf = shelf_with(packet("a", lessons=("l1", "l2")), packet("b", lessons=("l2",)), in_lineage)
    assert (shelf.drop_lesson(LessonId("l1")), shelf.drop_lesson(LessonId("l1"))) == (2, 0)
    assert found(shelf) == ("b", 9.0, 11.0)


@pytest.mark.parametrize(
    ("edited", "gone"),
    [
        ("/app/src/a.py", 1),
        ("src/a.py", 1),
        ("a.py", 1),
        ("/other/src/b.py", 0),
        ("/app/src/aa.py", 0),
        ("/app/test/a.py", 0),
    ],
)
def test_an_edited_file_takes_the_packets_along_that_speak_of_it(edited: str, gone: int) -> None:
    assert shelf_with(packet(paths=("/app/src/a.py",))).drop_file(edited) == gone
    assert shelf_with(packet(paths=("src/a.py",))).drop_file("/app/src/a.py") == 1


def test_beyond_the_limit_the_first_goes() -> None:
    few = AdvisoryPacketStore(max_index_packets=2)
    shelf = shelf_with(packet("a"), packet("b"), packet("a"), packet("c"), settings=few)
    assert [bool(shelf.get(PacketId(id))) for id in "abc"] == [True, False, True]


def test_what_changed_is_told_once() -> None:
    shelf = PacketShelf(STORE)
    shelf.load([packet("a"), packet("b")])
    assert shelf.changed() == Changes((), ())
    shelf.drop(PacketId("a"))
    counted = shelf.count(PacketId("b"), usage=1)
    assert counted is not None
    assert shelf.changed() == Changes((counted,), (PacketId("a"),))
    assert shelf.changed() == Changes((), ())


def test_what_was_put_and_dropped_again_is_dropped() -> None:
    shelf = shelf_with(packet("a"))
    shelf.drop(PacketId("a"))
    assert shelf.changed() == Changes((), (PacketId("a"),))
    shelf.put(packet("a"))
    assert [one.id for one in shelf.changed().saved] == ["a"]


def test_expired_packets_can_be_cleared_away() -> None:
    shelf = shelf_with(packet("old", built_ms=NOW_MS - TTL_MS), packet("new"))
    assert (shelf.drop_expired(NOW_MS), len(shelf)) == (1, 1)


class ShelfAgainstAScan(RuleBasedStateMachine):
    """The indexes find what a scan over all packets would."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = AdvisoryPacketStore(max_index_packets=6, packet_ttl_s=100)
        self.shelf = PacketShelf(self.settings)
        self.model: dict[str, Packet] = {}
        self.now_ms = NOW_MS
        self.made = 0

    @rule(
        tool=st.sampled_from(["shell", "edit"]),
        intent=st.sampled_from(["auth", "test", "unknown"]),
        plane=st.sampled_from(["build", "team"]),
        path=st.sampled_from(["a.py", "b.py"]),
    )
    def put(self, tool: str, intent: str, plane: str, path: str) -> None:
        self.made += 1
        made = packet(
            f"p{self.made}",
            tool=tool,
            intent=intent,
            plane=plane,
            built_ms=self.now_ms,
            paths=(path,),
        )
        self.shelf.put(made)
        self.model[made.id] = replace(made, expires_ms=self.now_ms + 100_000)
        if len(self.model) > 6:
            del self.model[next(iter(self.model))]

    @rule(which=st.integers(0, 5), helpful=st.integers(0, 3), noisy=st.integers(0, 3))
    def mark(self, which: int, helpful: int, noisy: int) -> None:
        if self.model:
            id = list(self.model)[which % len(self.model)]
            counted = self.shelf.count(PacketId(id), helpful=helpful, noisy=noisy)
            assert counted is not None
            self.model[id] = counted

    @rule(path=st.sampled_from(["a.py", "b.py"]))
    def edit(self, path: str) -> None:
        self.shelf.drop_file(path)
        self.model = {id: one for id, one in self.model.items() if path not in one.paths}

    @rule(milliseconds=st.integers(1_000, 40_000))
    def wait(self, milliseconds: int) -> None:
        self.now_ms += milliseconds
        self.shelf.drop_expired(self.now_ms)
        self.model = {id: one for id, one in self.model.items() if one.expires_ms > self.now_ms}

    @invariant()
    def finds_what_a_scan_finds(self) -> None:
        assert len(self.shelf) == len(self.model)
        for tool in ("shell", "edit"):
            for intent in ("auth", "unknown"):
                match = self.shelf.relaxed(APP, tool, intent, "build", self.now_ms)
                best = max(
                    (self._score(one, tool, intent) for one in self.model.values()), default=0
                )
                assert (match.score if match else 0) == pytest.approx(best)

    def _score(self, one: Packet, tool: str, intent: str) -> float:
        match = 4.0 * (one.key.tool == tool) + 2.0 * (one.plane == "build")
        match += 3.0 * (one.key.intent == intent != "unknown")
        recency = 1 - (self.now_ms - one.built_ms) / 100_000
        return match + recency + 2 * one.effectiveness_score if match >= 3.0 else 0.0


TestShelfAgainstAScan = ShelfAgainstAScan.TestCase
TestShelfAgainstAScan.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(st.lists(st.integers(0, 3), max_size=300))
@settings(max_examples=5, deadline=None)
def test_any_number_of_marks_leaves_the_lookup_as_it_is(marks: list[int]) -> None:
    shelf = shelf_with(packet("a"), packet("b"))
    for mark in marks * 10:
        shelf.count(PacketId("ab"[mark % 2]), helpful=mark)
    held = [shelf.get(PacketId(id)) for id in "ab"]
    best = max(one.effectiveness_score for one in held if one)
    match = shelf.relaxed(APP, "shell", "testing_validation", "build_delivery", NOW_MS)
    assert match is not None and match.packet.effectiveness_score == best


def _seconds_per_lookup(packets: int) -> float:
    many = AdvisoryPacketStore(max_index_packets=100_000)
    shelf = PacketShelf(many)
    for n in range(packets):
        shelf.put(packet(f"p{n}", intent=f"i{n % 7}", tool=f"t{n % 5}", built_ms=NOW_MS + n))
    best = 1.0
    for _ in range(20):
        start = time.perf_counter()
        for n in range(50):
            shelf.relaxed(APP, f"t{n % 5}", f"i{n % 7}", "build_delivery", NOW_MS)
        best = min(best, (time.perf_counter() - start) / 50)
    return best


def test_a_lookup_costs_the_same_with_forty_times_the_packets() -> None:
    assert _seconds_per_lookup(20_000) < 5 * _seconds_per_lookup(500)  # a scan: 40 times
