"""One goal in one session, folded from events."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counsel.memory.episodes import (
    SEEN_KEPT,
    STEPS_KEPT,
    Budget,
    Episode,
    EpisodeState,
    EpisodeTracker,
    EpisodeUpdate,
    continues,
    overdrawn,
    spent,
    verdict,
)
from counsel.memory.steps import Pattern, Phase, Prediction
from counsel.model.actions import Action, ToolKind
from counsel.model.events import (
    ActionProposed,
    Event,
    OutcomeObserved,
    PromptGiven,
    SessionEnded,
    SessionStarted,
)
from counsel.model.ids import ActionId, EventId, SessionId, TraceId
from counsel.model.outcomes import Outcome, OutcomeStatus


def sure(pattern: Pattern, phase: Phase) -> Prediction:
    return Prediction(p=0.75, confidence=0.5)


class Told:
    """A session told event by event, a second apart."""

    def __init__(self, state: EpisodeState | None = None) -> None:
        self.tracker = EpisodeTracker(sure, state)
        self.now_ms = 0
        self.n = 0

    @property
    def state(self) -> EpisodeState:
        return self.tracker.state

    def prompt(self, text: str, interrupted: bool = False) -> EpisodeUpdate:
        return self.tracker.observe(
            PromptGiven(
                id=self._id(),
                at_ms=self.now_ms,
                agent="x",
                session=SessionId("s"),
                text=text,
                interrupted=interrupted,
            )
        )

    def propose(self, command: str, name: str, kind: ToolKind = "shell") -> EpisodeUpdate:
        action = Action(
            id=ActionId(name),
            tool="Bash",
            kind=kind,
            command=command if kind == "shell" else None,
            path=None if kind == "shell" else command,
            arguments=msgspec.json.encode(name).decode(),
        )
        return self.tracker.observe(
            ActionProposed(
                id=self._id(),
                at_ms=self.now_ms,
                agent="x",
                session=SessionId("s"),
                trace=TraceId(name),
                action=action,
            )
        )

    def result(self, name: str, status: OutcomeStatus = "ok", text: str = "") -> EpisodeUpdate:
        outcome = Outcome(
            action_id=ActionId(name), tool="Bash", status=status, error=text or None, output=name
        )
        return self.tracker.observe(
            OutcomeObserved(
                id=self._id(),
                at_ms=self.now_ms,
                agent="x",
                session=SessionId("s"),
                trace=TraceId(name),
                outcome=outcome,
            )
        )

    def call(
        self, command: str, status: OutcomeStatus = "ok", kind: ToolKind = "shell"
    ) -> EpisodeUpdate:
        name = f"call{self.n}"
        self.propose(command, name, kind)
        return self.result(name, status, "boom" if status == "failed" else "")

    def end(self) -> Episode:
        event = SessionEnded(id=self._id(), at_ms=self.now_ms, agent="x", session=SessionId("s"))
        ended = self.tracker.observe(event).ended
        assert ended is not None
        return ended

    def _id(self) -> EventId:
        self.n += 1
        self.now_ms += 1_000
        return EventId(f"e{self.n}")


@pytest.mark.parametrize(
    "text",
    ["continue", "Yes, please.", "ok do it", "2", "option 3", "go ahead!", "/compact", "", "lgtm"],
)
def test_a_confirmation_continues(text: str) -> None:
    assert continues(text)


@pytest.mark.parametrize(
    "text",
    ["fix lint", "push it", "yes, and rename the flag", "/review", "please continue with the docs"],
)
def test_a_goal_does_not(text: str) -> None:
    assert not continues(text)


def test_an_episode_lasts_from_goal_to_goal() -> None:
    told = Told()
    first = told.prompt("fix the parser").began
    assert first is not None
    told.call("ls")
    assert told.prompt("yes please") == EpisodeUpdate()
    told.call("cat a")
    update = told.prompt("now write docs")
    assert update.ended == Episode(
        id=first,
        session=SessionId("s"),
        project=told.state.project,
        goal="fix the parser",
        steps=2,
        failures=0,
        started_ms=1_000,
        ended_ms=7_000,
    )
    assert update.began == told.state.id != first
    assert (told.state.goal, told.state.steps) == ("now write docs", ())


def test_an_interruption_neither_begins_nor_ends_an_episode() -> None:
    told = Told()
    assert told.prompt("[Request interrupted]", interrupted=True) == EpisodeUpdate()
    told.prompt("fix it")
    assert told.prompt("[Request interrupted]", interrupted=True) == EpisodeUpdate()
    assert told.state.goal == "fix it"


def test_calls_without_a_prompt_begin_an_episode_without_a_goal() -> None:
    told = Told()
    assert told.propose("ls", "a").began == told.state.id != ""
    assert told.state.goal == ""


def test_clearing_the_context_ends_the_episode_and_resuming_does_not() -> None:
    told = Told()
    told.prompt("fix it")
    for source, ends in (("resume", False), ("clear", True)):
        event = SessionStarted(
            id=EventId("x"), at_ms=9_000, agent="x", session=SessionId("s"), source=source
        )
        assert (told.tracker.observe(event).ended is not None) is ends


def test_the_end_of_the_session_halts() -> None:
    told = Told()
    told.prompt("fix it")
    told.end()
    assert told.state.phase == "halt"


def test_parallel_calls_meet_their_own_outcomes() -> None:
    told = Told()
    told.propose("go test", "a")
    told.propose("ls", "b")
    (second,) = told.result("b").closed
    (first,) = told.result("a", "failed", "boom").closed
    assert (second.deed.pattern.program, second.result) == ("ls", "ok")
    assert (first.deed.pattern.program, first.result) == ("go", "failed")
    assert (first.prediction.p, first.surprise) == (0.75, 0.75)
    assert told.state.open == ()


def test_an_outcome_without_its_call_or_told_twice_closes_nothing() -> None:
    told = Told()
    assert told.result("unheard") == EpisodeUpdate()
    told.propose("ls", "a")
    assert len(told.result("a").closed) == 1
    assert told.result("a").closed == ()


def test_a_step_carries_the_phase_it_was_made_in() -> None:
    told = Told()
    told.call("a.py", kind="edit")
    (test,) = told.call("go test", "failed").closed
    (look,) = told.call("cat a.py").closed
    (again,) = told.call("cat b.py").closed
    assert [test.phase, look.phase, again.phase] == ["execute", "validate", "diagnose"]


def test_an_alert_is_raised_once_per_episode() -> None:
    told = Told()
    told.prompt("deploy")
    raised = [len(told.call("./deploy", "failed").alerts) for _ in range(3)]
    assert raised == [0, 1, 0]
    told.prompt("deploy it differently")
    assert [len(told.call("./deploy", "failed").alerts) for _ in range(2)] == [0, 1]


def test_failing_calls_say_nothing_about_the_outcome() -> None:
    told = Told()
    told.prompt("fix it")
    for _ in range(9):
        told.call("go test", "failed")
    assert (told.end().outcome, told.state.human) == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("calls", "outcome"),
    [
        (["edit", "go test", "git commit -m x"], "succeeded"),
        (["edit", "go test && git commit -m x"], "succeeded"),
        (["edit", "go test", "git commit -m x", "ls"], "succeeded"),
        (["go test", "edit", "git commit -m x"], "unknown"),
        (["edit", "go test", "git commit -m x", "edit"], "unknown"),
        (["edit", "go test!", "git commit -m x"], "unknown"),
        (["edit", "go test", "git commit -m x", "go test!"], "unknown"),
        (["edit", "go test", "git commit -m x!"], "unknown"),
        (["edit", "go test | tail", "git commit -m x"], "unknown"),
        (["edit", "ruff check", "git commit -m x"], "unknown"),
        (["edit", "go test"], "unknown"),
    ],
)
def test_only_passing_tests_with_a_commit_after_them_prove_success(
    calls: list[str], outcome: str
) -> None:
    told = Told()
    told.prompt("fix it")
    for call in calls:
        status: OutcomeStatus = "failed" if call.endswith("!") else "ok"
        told.call(call.rstrip("!"), status, "edit" if call == "edit" else "shell")
    assert told.end().outcome == outcome


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("perfect, thanks!", "succeeded"),
        ("Great, it works now.", "succeeded"),
        ("lgtm", "succeeded"),
        ("it still doesn't work", "failed"),
        ("That is wrong", "failed"),
        ("thanks, now add tests for it", "unknown"),
        ("yes", "unknown"),
        ("explain why it works", "unknown"),
        ("fix what doesn't work", "unknown"),
    ],
)
def test_the_human_s_word_is_taken_only_when_it_is_plain(text: str, said: str) -> None:
    assert verdict(text) == said


def test_what_the_human_said_decides_the_outcome() -> None:
    told = Told()
    told.prompt("fix it")
    told.call("go test", "failed")
    told.prompt("perfect, thanks!")
    ended = told.prompt("now the docs").ended
    assert ended is not None
    assert (ended.outcome, ended.basis) == ("succeeded", "human")
    ended = told.prompt("it still doesn't work").ended
    assert ended is not None
    assert (ended.outcome, ended.goal) == ("failed", "now the docs")


def test_budgets_count_steps_and_working_time_but_not_the_human_s_coffee() -> None:
    told = Told()
    told.prompt("fix it")
    told.call("ls")
    told.now_ms += 3_600_000
    told.prompt("continue")
    told.call("ls -l")
    assert told.state.active_ms == 4_000
    assert spent(told.state) == pytest.approx(2 / 50)
    assert spent(told.state, Budget(seconds=8)) == pytest.approx(0.5)
    assert overdrawn(told.state, Budget(steps=2, seconds=4)) == ("steps", "seconds")


def test_budgets_of_retries_and_touches_are_seen() -> None:
    told = Told()
    told.prompt("fix it")
    for _ in range(3):
        told.call("./deploy", "failed")
        told.call("a.py", kind="edit")
    assert overdrawn(told.state) == ("retries",)
    assert overdrawn(told.state, Budget(touches=3)) == ("retries", "touches")


def test_a_restart_in_the_middle_of_anything_changes_nothing() -> None:
    whole, broken = Told(), Told()
    for told in (whole, broken):
        told.prompt("deploy")
        told.call("./deploy", "failed")
        told.propose("./deploy", "last")
    data = msgspec.json.encode(broken.state)
    broken.tracker = EpisodeTracker(sure, msgspec.json.decode(data, type=EpisodeState))
    assert broken.result("last", "failed", "boom") == whole.result("last", "failed", "boom")
    assert broken.state == whole.state
    assert [alert.name for alert in whole.state.alerts] == ["repeat_failure"]


def test_a_long_episode_stays_small() -> None:
    told = Told()
    told.prompt("fix it")
    for n in range(600):
        told.call(f"cat file{n}")
    assert told.state.step_count == 600
    assert (len(told.state.steps), len(told.state.seen)) == (STEPS_KEPT, SEEN_KEPT)
    assert len(msgspec.json.encode(told.state)) < 64_000


told_words = st.sampled_from(
    ["fix it", "yes", "ls", "ls!", "edit", "go test!", "git commit", "end"]
)


@given(st.lists(told_words, max_size=40))
def test_whatever_happens_the_state_round_trips_and_the_counts_agree(words: list[str]) -> None:
    told = Told()
    for word in words:
        if word in ("fix it", "yes"):
            told.prompt(word)
        elif word == "end":
            event: Event = SessionEnded(
                id=EventId("z"), at_ms=told.now_ms, agent="x", session=SessionId("s")
            )
            told.tracker.observe(event)
        else:
            status: OutcomeStatus = "failed" if word.endswith("!") else "ok"
            told.call(word.rstrip("!"), status, "edit" if word == "edit" else "shell")
        state = told.state
        assert msgspec.json.decode(msgspec.json.encode(state), type=EpisodeState) == state
        assert len(state.alerts) == len(state.alert_steps)
        assert state.failures <= state.step_count == len(state.steps)
