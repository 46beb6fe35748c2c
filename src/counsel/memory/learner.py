"""The learner: events in, lessons out. One fold for live sessions, imports and replays.

    event -> facts of its session -> ended call -> experience, recovery, foresight -> lessons
                                  -> prompt, refusal -> preference -> write gate   -> lessons
                                  -> judged advice, feedback                       -> reliability

Pure: it keeps everything in memory and reports what changed as one batch (`drain`), which the
caller writes together with the mark of the last event learnt from. Reading from another thread is
safe: what changes is replaced whole.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from copy import deepcopy

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from counsel.memory import facts as facts_of
from counsel.memory.admission import draft_of, quarantined, redacted, statement_of
from counsel.memory.counted import lesson_of, recalled_of, revised
from counsel.memory.episodes import EpisodeState, advance
from counsel.memory.experience import Book, Experience
from counsel.memory.facts import Ended, Facts
from counsel.memory.foresight import Foresight, Trials
from counsel.memory.gaps import Gap, gap_of, merged
from counsel.memory.lesson import Evidence, Lesson, lesson_id
from counsel.memory.marks import Mark, Marked, Marks, marked
from counsel.memory.ports import Counter, LearningBatch, Quarantined
from counsel.memory.prediction import CountRow, Predictor
from counsel.memory.preferences import (
    AUTO_SAVE_AT,
    PreferenceDraft,
    denial_preference,
    preferences_in,
)
from counsel.memory.recovery import HORIZON, Pending, recovery_of
from counsel.memory.reliability import after, should_suspend
from counsel.memory.said import Said, shown_items
from counsel.memory.shelf import LessonShelf
from counsel.memory.signature import same_failure
from counsel.memory.steps import Step
from counsel.memory.write_gate import (
    guarded,
    judge,
    novelty_against,
)
from counsel.model.advice import Candidate
from counsel.model.events import (
    AdviceGiven,
    AdviceJudged,
    Event,
    FeedbackGiven,
    OutcomeObserved,
    PromptGiven,
    UnknownEvent,
)
from counsel.model.ids import LessonId, SessionId

SESSIONS_KEPT = 500

FAMILIES = ("pattern", "foresight", "predict", "gap", "mark")
"""The families of counters that a learner keeps."""

_judge = guarded(judge)


class _Session(Struct):
    facts: Facts = field(default_factory=Facts)
    episode: EpisodeState = EpisodeState()
    pending: list[Pending] = field(default_factory=list)


class Learner:
    """See the module. `now` comes with each event; nothing here looks at a clock."""

    def __init__(self, lessons: Iterable[Lesson] = (), counters: Iterable[Counter] = ()) -> None:
        self.shelf = LessonShelf()
        self.book = Book()
        self.foresight = Foresight()
        self.predictor = Predictor()
        self.load(lessons, counters)

    def load(self, lessons: Iterable[Lesson], counters: Iterable[Counter]) -> None:
        """Put what is stored in the place of what is here.

        Shelf, book, foresight and predictor stay the same objects: others read them.
        """
        self.gaps: dict[str, Gap] = {}
        marks: list[Marked] = []
        patterns: dict[str, Experience] = {}
        trials: dict[str, Trials] = {}
        expected: list[CountRow] = []
        for row in counters:
            if row.family == "pattern":
                patterns[row.key] = _experience.decode(row.body)
            elif row.family == "foresight":
                trials[row.key] = _trials.decode(row.body)
            elif row.family == "predict":
                expected.append(_count_row.decode(row.body))
            elif row.family == "gap":
                gap = _gap.decode(row.body)
                self.gaps[gap.id] = gap
            elif row.family == "mark":
                marks.append(_mark.decode(row.body))
        self.shelf.load(lessons)
        self.marks = Marks(marks)
        self.book.patterns = patterns
        self.foresight.load(trials)
        self.predictor.load(expected)
        self._sessions: OrderedDict[tuple[str, str], _Session] = OrderedDict()
        self.said = Said()
        self._lessons: dict[LessonId, Lesson] = {}
        self._forgotten: dict[LessonId, None] = {}
        self._patterns: set[str] = set()
        self._steps: list[Step] = []
        self._quarantined: list[Quarantined] = []
        self._now = 0

    def learn(self, event: Event | UnknownEvent, *, quietly: bool = False) -> None:
        """Fold one event in. `quietly` rebuilds the sessions' facts without learning again."""
        if isinstance(event, UnknownEvent):
            return
        self._now = max(self._now, event.at_ms)
        if isinstance(event, AdviceGiven):
            self.said.remember(event)
            return
        session = self._session(event.agent, event.session)
        ended = facts_of.observe(session.facts, event)
        session.episode, update = advance(session.episode, event, self.predictor.predict)
        if quietly:
            return
        for step in update.closed:
            self._learn_from_step(step, event.session)
        if isinstance(event, OutcomeObserved) and ended is not None:
            self._learn_from_end(event, session, ended)
        elif isinstance(event, PromptGiven):
            if not event.interrupted:
                self._learn_preferences(preferences_in(event.text), event, explicit=False)
        elif isinstance(event, AdviceJudged):
            self._learn_from_judgement(event)
        elif isinstance(event, FeedbackGiven):
            self._learn_from_feedback(event)

    def facts(self, agent: str, session: str) -> Facts:
        return self._session(agent, session).facts

    def _session(self, agent: str, session: str) -> _Session:
        key = (agent, session)
        found = self._sessions.pop(key, None) or _Session()
        self._sessions[key] = found
        while len(self._sessions) > SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return found

    # What happened

    def _learn_from_end(self, event: OutcomeObserved, session: _Session, ended: Ended) -> None:
        self._learn_foresight(event, ended)
        if ended.failure_class is not None and self.said.taints(ended.outcome.error or ""):
            return
        self._learn_recovery(session, ended, event.at_ms)
        pattern = self.book.learn(event.session, ended, event.at_ms)
        self._patterns.add(pattern)
        if ended.failure_class is not None:
            self._write_lessons(pattern, ended, event)
            if ended.failure_class == "mistake":
                session.pending.append(Pending(ended, session.facts.calls, []))
                del session.pending[:-HORIZON]
        words = event.outcome.human_words
        if words and event.outcome.status == "denied":
            draft = denial_preference(ended.call.action, words)
            if draft is not None:
                self._learn_preferences((draft,), event, explicit=True)

    def _learn_foresight(self, event: OutcomeObserved, ended: Ended) -> None:
        given = self.said.before(event.trace)
        if given is None or ended.outcome.status not in ("ok", "failed", "denied"):
            return
        for considered in given.answer.considered:
            foreseen = considered.candidate
            if foreseen.basis:
                self.foresight.observe(foreseen.basis, came_true(foreseen, ended))

    def _learn_recovery(self, session: _Session, ended: Ended, now_ms: int) -> None:
        if ended.outcome.status != "ok":
            return
        waiting: list[Pending] = []
        for pending in session.pending:
            recovery = recovery_of(pending, ended, session.facts.calls)
            if recovery is not None:
                pattern = self.book.recovered(pending.failed, recovery)
                if pattern is not None:
                    self._patterns.add(pattern)
                    self._refresh_lessons(pattern, pending.failed, now_ms)
            elif session.facts.calls - pending.calls < HORIZON:
                pending.between.append(ended.call.action)
                waiting.append(pending)
        session.pending = waiting

    def _learn_from_step(self, step: Step, session: SessionId) -> None:
        """What was expected against what came: the predictor, and an open question."""
        self.predictor.learn(step)
        self._steps.append(step)
        gap = gap_of(step, session)
        if gap is not None:
            had = self.gaps.get(gap.id)
            self.gaps[gap.id] = merged((had, gap))[0] if had is not None else gap

    # Lessons from counted failures

    def _write_lessons(self, pattern: str, ended: Ended, event: OutcomeObserved) -> None:
        experience = self.book.patterns[pattern]
        for key in (ended.word, ended.signature):
            recalled = recalled_of(experience, key)
            if key and recalled is not None:
                lesson = lesson_of(pattern, key, recalled, experience, ended, event.project)
                self._put(revised(self.shelf.get(lesson.id), lesson, event.trace, event.at_ms))

    def _refresh_lessons(self, pattern: str, failed: Ended, now_ms: int) -> None:
        experience = self.book.patterns[pattern]
        for key in (failed.word, failed.signature):
            recalled = recalled_of(experience, key)
            known = self.shelf.get(lesson_id(pattern, key)) if key else None
            if key and recalled is not None and known is not None:
                lesson = lesson_of(pattern, key, recalled, experience, failed, known.project)
                self._put(revised(known, lesson, "", now_ms))

    # Preferences

    def _learn_preferences(
        self, drafts: Iterable[PreferenceDraft], event: Event, *, explicit: bool
    ) -> None:
        for draft in drafts:
            lesson = Lesson(
                id=lesson_id(str(event.project), draft.text),
                kind="preference",
                project=event.project,
                condition=draft.condition,
                action=draft.text,
                reason=draft.reason,
                evidence=Evidence(seen=1, sessions=1, projects=1, last_ms=event.at_ms),
                origin="user",
                status="active" if explicit or draft.score >= AUTO_SAVE_AT else "pending",
                created_ms=event.at_ms,
                updated_ms=event.at_ms,
            )
            self.admit(lesson)

    def admit(self, lesson: Lesson) -> str:
        """The write gate: accepted, pending, duplicate or rejected (then quarantined)."""
        lesson = redacted(lesson)
        known = self.shelf.get(lesson.id)
        if known is not None:
            seen = replace(known.evidence, seen=known.evidence.seen + 1, last_ms=lesson.updated_ms)
            self._put(replace(known, evidence=seen, updated_ms=lesson.updated_ms))
            return "duplicate"
        draft = draft_of(lesson, self.said.echoes(statement_of(lesson)))
        texts = [statement_of(one) for one in self.shelf.all() if one.kind == lesson.kind]
        verdict = _judge(draft, novelty_against(texts))
        if verdict.status == "reject":
            if verdict.reasons[:1] == ("duplicate",):
                return "duplicate"
            self._quarantined.append(quarantined(lesson, verdict.reasons, verdict.stage))
            return "rejected"
        pending = verdict.status == "pending" or lesson.status == "pending"
        self._put(replace(lesson, status="pending" if pending else "active"))
        return "pending" if pending else "accepted"

    # What advice was worth

    def _learn_from_judgement(self, event: AdviceJudged) -> None:
        lesson = self.shelf.get(event.lesson) if event.lesson else None
        if lesson is None or not event.strict:
            return
        reliability = after(lesson.reliability, lesson.kind, event.verdict, event.at_ms)
        if reliability == lesson.reliability:
            return
        status = lesson.status
        harmed = event.verdict == "harmful" and should_suspend(reliability)
        if harmed and status == "active":
            status = "suspended"
            why = ("followed, then failed in a new way, twice",)
            self._quarantined.append(quarantined(lesson, why, "suspended"))
        self._put(replace(lesson, reliability=reliability, status=status, updated_ms=event.at_ms))

    def _learn_from_feedback(self, event: FeedbackGiven) -> None:
        """The last mark for an item counts; `withdrawn` takes it back."""
        given = self.said.advice(event.advice)
        fresh = {item.id: item for item in shown_items(given.answer, event.item)} if given else {}
        for old, mark in self.marks.replaced(event, fresh):
            self._revalue(old, mark, event.at_ms)

    def _revalue(self, old: Mark, mark: Marked, now_ms: int) -> None:
        if mark.basis and old != "withdrawn":
            self.foresight.retract(mark.basis, old == "helpful")
        if mark.basis and mark.mark != "withdrawn":
            self.foresight.observe(mark.basis, mark.mark == "helpful")
        lesson = self.shelf.get(mark.lesson) if mark.lesson else None
        if lesson is not None:
            worth = marked(lesson.reliability, lesson.kind, old, mark.mark, now_ms)
            self._put(replace(lesson, reliability=worth, updated_ms=now_ms))

    # By hand

    def put(self, lesson: Lesson) -> None:
        """Insert or replace a lesson as it is: a restore, an edit by a person."""
        self._put(lesson)

    def forget(self, lesson: LessonId) -> bool:
        """Remove a lesson and the experience it stands on."""
        known = self.shelf.get(lesson) is not None
        self.shelf.drop(lesson)
        self._lessons.pop(lesson, None)
        self._forgotten[lesson] = None
        for pattern, held in list(self.book.patterns.items()):
            keys = [key for key in (*held.words, *held.ends) if lesson_id(pattern, key) == lesson]
            if not keys:
                continue
            # A copy in its place: the hot path may be reading the old one.
            experience = deepcopy(held)
            for key in keys:
                experience.words.pop(key, None)
                experience.ends.pop(key, None)
            self.book.patterns[pattern] = experience
            self._patterns.add(pattern)
            known = True
        return known

    def forget_where(self, chosen: Callable[[Lesson], bool]) -> list[LessonId]:
        """Forget all lessons that `chosen` names; returns their ids."""
        ids = [lesson.id for lesson in self.shelf.all() if chosen(lesson)]
        for one in ids:
            self.forget(one)
        return ids

    def _put(self, lesson: Lesson) -> None:
        self.shelf.put(lesson)
        self._lessons[lesson.id] = lesson
        self._forgotten.pop(lesson.id, None)

    def drain(self, upto: int | None) -> tuple[LearningBatch, list[Quarantined]]:
        """All that changed since the last call, as one batch."""
        counters = [
            Counter("pattern", pattern, _encoder.encode(self.book.patterns[pattern]))
            for pattern in sorted(self._patterns)
        ]
        counters += [
            Counter("foresight", key, _encoder.encode(trials))
            for key, trials in sorted(self.foresight.changed().items())
        ]
        counters += self._expectations()
        marks, withdrawn = self.marks.changed()
        counters += [Counter("mark", key, _encoder.encode(mark)) for key, mark in marks]
        batch = LearningBatch(
            upto=upto,
            lessons=tuple(self._lessons.values()),
            forgotten=tuple(self._forgotten),
            counters=tuple(counters),
            dropped_counters=tuple(("mark", key) for key in withdrawn),
        )
        rows = self._quarantined
        self._lessons, self._forgotten, self._patterns, self._quarantined = {}, {}, set(), []
        self._steps = []
        return batch, rows

    def _expectations(self) -> list[Counter]:
        rows: dict[tuple[str, str], Counter] = {}
        for step in self._steps:
            counted = self.predictor.row(step.deed.pattern, step.phase)
            if counted is not None:
                pattern = step.deed.pattern
                key = f"{step.phase} {pattern.kind} {pattern.program} {pattern.subcommand}"
                rows["predict", key] = Counter("predict", key, _encoder.encode(counted))
            for gap in (gap_of(step, SessionId("")),):
                if gap is not None:
                    kept = self.gaps[gap.id]
                    rows["gap", gap.id] = Counter("gap", gap.id, _encoder.encode(kept))
        return list(rows.values())


_encoder = msgspec.json.Encoder()
_experience = msgspec.json.Decoder(Experience)
_count_row = msgspec.json.Decoder(CountRow)
_gap = msgspec.json.Decoder(Gap)
_trials = msgspec.json.Decoder(Trials)
_mark = msgspec.json.Decoder(Marked)


def came_true(foreseen: Candidate, ended: Ended) -> bool:
    """The failure it named came; or, where it named none, the call went wrong at all."""
    if ended.failure_class is None:
        return False
    if not foreseen.signature:
        return ended.failure_class != "signal"
    return same_failure(foreseen.signature, ended.signature)
