"""What the baselines say, and from when on."""

import pytest

from counsel.evidence.baselines import Always, Pattern, Preflight4, Silent, Vector, all_baselines
from counsel.evidence.player import Player
from counsel.evidence.predecessor import Predecessor
from counsel.evidence.replay import replay, timeline
from counsel.evidence.vectors import VectorMemory
from counsel.model.events import PromptGiven
from counsel.model.ids import EventId, SessionId
from counsel.model.outcomes import OutcomeStatus
from tests.evidence.sessions import MISSING, REFUSED, UNREAD, Script, Ticks, edit, read, shell

FLOOR: tuple[OutcomeStatus, ...] = ("failed", "interrupted")


def said(player: Player, *scripts: Script) -> dict[str, list[str]]:
    """Call id -> signatures named before it, calls without advice left out."""
    events = [event for script in scripts for event in script.events]
    (played,) = replay(timeline({"d": events}), [player], Ticks())
    return {
        row.action_id: [each.signature for each in row.shown] for row in played.rows if row.shown
    }


def test_every_baseline_has_its_own_name_and_starts_without_lessons() -> None:
    names = [player.name for player in all_baselines()]
    assert names == ["silent", "always", "vector", "predecessor", "pattern", "preflight4"]
    assert [player.lessons() for player in all_baselines()] == [0] * 6


def test_silent_is_silent() -> None:
    script = Script()
    script.done(read("c1"), "failed", MISSING)
    script.done(read("c2"))
    assert said(Silent(), script) == {}


def test_always_says_the_most_frequent_failure_of_the_tool() -> None:
    script = Script()
    script.done(read("c1"), "failed", "too large")
    script.done(read("c2"), "failed", MISSING)
    script.done(read("c3"), "failed", MISSING)
    script.done(read("c4"))
    script.done(shell("c5", "ls"))
    player = Always()
    assert said(player, script) == {
        "c2": ["Read|too large"],
        "c3": ["Read|too large"],
        "c4": [f"Read|{MISSING}"],
    }
    assert player.lessons() == 2


def test_refusals_are_learnt_unless_told_otherwise() -> None:
    script = Script()
    script.done(edit("c1"), "denied", REFUSED)
    script.done(edit("c2"))
    assert said(Always(), script) == {"c2": [f"Edit|{REFUSED}"]}
    assert said(Always(FLOOR), script) == {}


def test_vector_knows_a_similar_input_of_the_same_tool() -> None:
    script = Script()
    script.done(shell("c1", "go test ./cmd/server --count 3"), "failed", "boom went the server")
    script.done(shell("c2", "go test ./cmd/server --count 4"))
    script.done(shell("c3", "echo something else altogether"))
    player = Vector()
    assert said(player, script) == {"c2": ["Bash|boom went the server"]}
    assert player.lessons() == 1


def test_vectors_of_the_same_text_are_the_same_and_of_other_words_unrelated() -> None:
    memory = VectorMemory()
    memory.see("alpha beta")
    memory.add("alpha beta", "first")
    nearest = memory.nearest("Alpha  beta")
    assert nearest is not None
    assert nearest.label == "first"
    assert nearest.cosine == pytest.approx(1.0)
    assert (memory.nearest("gamma"), memory.nearest("")) == (None, None)


def test_pattern_wants_two_failures_in_two_sessions_at_a_fifth() -> None:
    one, two = Script("s1"), Script("s2", at_ms=1_000)
    one.done(shell("a1", "gh pr view 1"), "failed", "no pull requests found")
    one.done(shell("a2", "gh pr view 2"), "failed", "no pull requests found")
    one.done(shell("a3", "gh pr view 3"))
    two.done(shell("b1", "gh pr view 4"), "failed", "no pull requests found")
    two.done(shell("b2", "gh pr view 5"))
    two.done(shell("b3", "gh issue list"))
    player = Pattern()
    assert said(player, one, two) == {"b2": ["Bash|no pull requests found"]}
    assert player.lessons() == 1


def test_pattern_is_silent_below_a_fifth() -> None:
    one, two = Script("s1"), Script("s2", at_ms=1_000)
    one.done(shell("a1", "gh pr view"), "failed", "no pull requests found")
    for number in range(9):
        one.done(shell(f"a{number + 2}", "gh pr view"))
    two.done(shell("b1", "gh pr view"), "failed", "no pull requests found")
    two.done(shell("b2", "gh pr view"))
    assert said(Pattern(), one, two) == {}


def test_preflight_rules() -> None:
    script = Script()
    script.done(edit("unread"), "failed", UNREAD)
    script.done(read("read"))
    script.done(edit("seen"))
    script.done(edit("same", old="x", new="x"))
    script.done(shell("bad", "cat nothing"), "failed", "cat: nothing: No such file")
    script.done(shell("bad2", "cat nothing"))
    script.done(shell("bad3", "cat nothing"))
    search = read("grep1")
    script.done(search, "failed", "ENOENT: no such file or directory, posix_spawn 'rg'")
    script.done(read("grep2", "/p/z.py"))
    assert said(Preflight4(), script) == {
        "unread": [f"Edit|{UNREAD}"],
        "same": ["Edit|No changes to make: old_string and new_string are exactly the same."],
        "bad2": ["Bash|cat: nothing: No such file"],
        "grep2": ["Read|ENOENT: no such file or directory, posix_spawn #"],
    }


def test_the_predecessor_speaks_without_any_word_in_common_and_then_waits() -> None:
    script = Script()
    for number in range(2):
        script.done(shell(f"c{number}", "frob"), "failed", "quux exploded badly")
    script.done(read("c2", "/zz"))
    script.done(read("c3", "/zz"))
    script.at_ms += 500_000
    script.done(read("c4", "/zz"))
    player = Predecessor()
    assert said(player, script) == {"c2": ["Bash|quux exploded badly"]} | {
        "c4": ["Bash|quux exploded badly"]
    }
    assert player.lessons() == 1


def test_the_predecessor_prefers_what_shares_words_with_the_prompt() -> None:
    script = Script()
    for number, error in enumerate(("alpha one", "beta two", "gamma three", "delta four") * 2):
        script.done(shell(f"c{number}", "frob"), "failed", error)
    script.events.append(
        PromptGiven(
            id=EventId("p"),
            at_ms=script.at_ms,
            agent="claude-code",
            session=SessionId("s1"),
            text="the delta and the gamma",
        )
    )
    script.at_ms += 500_000
    script.done(read("last", "/zz"))
    assert said(Predecessor(), script)["last"][:2] == ["Bash|gamma three", "Bash|delta four"]
