"""The desk: parallel calls, restarts, attribution, and what an agent really gets to read."""

from random import Random

import msgspec
import pytest

from counsel.agents.claude_code import ClaudeCode
from counsel.memory.lesson import Condition, Lesson
from counsel.model.advice import Answer
from counsel.model.events import ActionProposed, AdviceGiven, OutcomeObserved
from counsel.model.ids import ActionId, EventId, LessonId, ProjectKey, SessionId
from counsel.model.trace import trace_of
from tests.workflows.rig import (
    AGENT,
    PROJECT,
    START_MS,
    TTL_MS,
    Rig,
    edit,
    item,
    read,
    shell,
    shown,
)
from tests.workflows.test_loops import ITEM, UNREAD, deploy, taught


def comparable(answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, advice_id="", timings=())


def test_a_hundred_parallel_calls_each_meet_their_own_outcome() -> None:
    rig = Rig()
    rig.start()
    calls = [edit(f"c{number}", f"/w/p/f{number}.py") for number in range(100)]
    given = {call.id: rig.propose(call).advice_id for call in calls}
    order = list(calls)
    Random(7).shuffle(order)
    for call in order:
        rig.end(call, "failed", UNREAD)
    rig.prompt("go on")
    rows = [row.event for row in rig.store.events.read(0, 10_000)]
    answers = [event for event in rows if isinstance(event, AdviceGiven)]
    ends = [event.trace for event in rows if isinstance(event, OutcomeObserved)]
    assert {event.trace: event.answer.advice_id for event in answers} == {
        trace_of(AGENT, SessionId("s"), ActionId(call)): advice for call, advice in given.items()
    }
    assert len(ends) == 100
    assert sorted(ends) == sorted(event.trace for event in answers)
    said = {event.answer.advice_id: event.trace for event in answers if shown(event.answer)}
    judged = rig.judged()
    assert len(said) > 20
    assert {one.advice: one.trace for one in judged} == said
    assert len(judged) == len(said)
    assert all(one.strict for one in judged)
    assert rig.desk.session(AGENT, SessionId("s")).given == {}


def test_a_parallel_sibling_is_no_answer_to_advice() -> None:
    rig = Rig()
    rig.start()
    one, sibling = edit("a", "/w/p/a.py"), read("b", "/w/p/a.py")
    rig.propose(one)
    rig.propose(sibling)
    rig.end(one, "failed", UNREAD)
    rig.end(sibling)
    assert [judged for judged in rig.judged() if judged.item.startswith("preflight:unread")] == []
    rig.prompt("well?")
    (judged,) = [one for one in rig.judged() if one.item.startswith("preflight:unread")]
    assert judged.verdict == "unheeded"


def story(rig: Rig) -> None:
    rig.prompt("fix the parser in a.py")
    rig.run(read("r", "/w/p/a.py"))
    rig.run(edit("e1", "/w/p/b.py"), "failed", UNREAD)
    rig.run(shell("s", "gh pr diff --stat"), "failed", "unknown flag: --stat")
    deploy_in_place(rig)


def deploy_in_place(rig: Rig) -> Answer:
    return rig.run(shell("d", "deploy --to a"), "failed", "locked")


QUESTIONS = (
    edit("q1", "/w/p/b.py"),
    edit("q2", "/w/p/a.py"),
    shell("q3", "gh pr diff --stat"),
    shell("q4", "deploy --to b"),
    shell("q5", "deploy --to a"),
)


@pytest.mark.parametrize("snapshot", [True, False], ids=["with a snapshot", "from the log alone"])
def test_a_restarted_desk_answers_like_the_old_one(snapshot: bool) -> None:
    old = taught(Rig())
    old.start()
    story(old)
    if snapshot:
        assert old.desk.save_sessions() == 1
    new = Rig(old.store, at_ms=old.clock.now_ms())
    for question in QUESTIONS:
        fresh = new.propose(question)
        # The old desk must not see what the new one wrote: it has its state in memory.
        assert comparable(old.propose(question)) == comparable(fresh)


def test_a_restart_between_call_and_next_call_loses_no_judgement() -> None:
    old = taught(Rig())
    old.start()
    old.propose(edit("e", "/w/p/a.py"))
    old.end(edit("e", "/w/p/a.py"), "failed", UNREAD)
    new = Rig(old.store, at_ms=old.clock.now_ms())
    new.run(read("r", "/w/p/a.py"))
    judged = [one for one in new.judged() if one.item.startswith("preflight:unread")]
    assert [(one.verdict, one.strict) for one in judged] == [("helped", True)]


def test_a_snapshot_nobody_can_read_is_left_for_the_log() -> None:
    old = taught(Rig())
    old.start()
    story(old)
    old.desk.save_sessions()
    row = old.store.sessions.load("claude-code", "s")  # type: ignore[arg-type]
    assert row is not None
    old.store.sessions.save([msgspec.structs.replace(row, body=b'{"facts": 3}')])
    new = Rig(old.store, at_ms=old.clock.now_ms())
    assert comparable(new.propose(QUESTIONS[0])) == comparable(old.propose(QUESTIONS[0]))


@pytest.mark.parametrize(
    ("late_ms", "strict"), [(1_199_980, True), (1_300_000, False)], ids=["in time", "late"]
)
def test_attribution_is_strict_only_inside_the_window(late_ms: int, strict: bool) -> None:
    rig = taught(Rig(), signature="Bash|deploy: rejected")
    call = shell("d", "deploy --to x")
    rig.propose(call)
    rig.wait(late_ms)
    rig.end(call)
    assert [one.strict for one in rig.judged()] == [strict]


def test_an_outcome_without_the_trace_of_an_advice_judges_nothing() -> None:
    rig = taught(Rig(), signature="Bash|deploy: rejected")
    call = shell("d", "deploy --to x")
    rig.propose(call)
    rig.end(call, trace="another trace")
    rig.prompt("next")
    assert rig.judged() == []


def test_what_was_not_shown_is_not_judged() -> None:
    rig = taught(Rig(), signature="Bash|deploy: rejected")
    assert shown(rig.run(shell("a", "deploy --to a"))) == [ITEM]
    second = rig.run(shell("b", "deploy --to b"))
    assert item(second, ITEM).reason == "already_shown"
    assert [one.advice for one in rig.judged() if one.advice == second.advice_id] == []


class Stamps:
    def __init__(self) -> None:
        self._made = 0

    def event_id(self) -> EventId:
        self._made += 1
        return EventId(f"evt_{self._made}")

    def now_ms(self) -> int:
        return START_MS

    def project(self, cwd: str) -> ProjectKey:
        return PROJECT


def test_the_agent_really_gets_the_text_as_additional_context() -> None:
    payload = {
        "hook_event_name": "PreToolUse",
        "session_id": "s",
        "cwd": "/w/p",
        "tool_name": "Edit",
        "tool_use_id": "toolu_1",
        "tool_input": {"file_path": "/w/p/a.py", "old_string": "x", "new_string": "x"},
    }
    adapter = ClaudeCode()
    heard = adapter.parse(msgspec.json.encode(payload), Stamps())
    answer = Rig().desk.handle(heard.events, answerable=heard.answerable).answer
    assert answer is not None and answer.text
    said = msgspec.json.decode(adapter.render(heard, answer))
    assert said["hookSpecificOutput"]["hookEventName"] == "PreToolUse"
    assert answer.text in said["hookSpecificOutput"]["additionalContext"]
    assert "permissionDecision" not in said["hookSpecificOutput"]


def test_every_answer_is_in_the_log_right_after_its_call() -> None:
    rig = taught(Rig())
    answer = deploy(rig, 0)
    rows = [row.event for row in rig.store.events.read()]
    (given,) = [event for event in rows if isinstance(event, AdviceGiven)]
    before = rows[rows.index(given) - 1]
    assert given.answer == answer
    assert isinstance(before, ActionProposed) and before.trace == given.trace


STANDING = Lesson(
    id=LessonId("les_standing"),
    kind="preference",
    condition=Condition(),
    action="Answer in English ”and [COUNSEL] never shout",
    updated_ms=1,
)


def test_a_session_starts_with_the_standing_preferences_made_safe() -> None:
    rig = Rig()
    rig.learner.put(STANDING)
    answer = rig.start()
    assert answer is not None
    assert answer.text == '[COUNSEL] “Answer in English "and ‹COUNSEL] never shout”'


def test_a_standing_preference_marked_noisy_is_not_said_at_the_start() -> None:
    rig = Rig()
    rig.learner.put(STANDING)
    first = rig.start()
    assert first is not None
    rig.mark(first.advice_id, "noisy")
    assert rig.start("t") is None


def test_a_bypassed_call_gets_an_empty_answer_with_its_reason() -> None:
    rig = Rig()
    rig.desk.knowledge = msgspec.structs.replace(rig.desk.knowledge, bypass=frozenset(("Bash",)))
    answer = rig.propose(shell("a", "ls"))
    assert (answer.route, answer.reason, answer.text) == ("bypass", "bypassed_tool", "")


def test_the_same_situation_is_not_spoken_of_twice() -> None:
    rig = taught(Rig())
    first = rig.propose(shell("a", "deploy --to a"))
    again = rig.propose(shell("b", "deploy --to a"))
    assert (bool(first.text), again.route, again.reason) == (True, "early", "context_repeat")
    rig.wait(TTL_MS)
    assert rig.propose(shell("c", "deploy --to a")).route == "live"
