"""When advice is judged: at the end of the advised call, or of the next one where that decides.

Fold `ended` over the session's ended calls, and `closed` when the session ends or the human speaks
again: then there is no next call any more.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from counsel.advice.attribution import Attempt, Exposure, exposures_of, judge
from counsel.advice.following import follows
from counsel.memory.facts import Ended
from counsel.model.actions import Action
from counsel.model.advice import Candidate
from counsel.model.events import AdviceGiven, AdviceJudged, Event
from counsel.model.ids import EventId

WAITING_KEPT = 20
"""Beyond these the oldest are judged without a next call."""


class Waiting(Struct, frozen=True):
    """An exposure whose call has ended, waiting for what the agent does next."""

    exposure: Exposure
    item: Candidate
    proposed: Action
    run: Attempt


class Bench(Struct):
    """The exposures of one session that wait."""

    waiting: list[Waiting] = []

    def ended(
        self,
        given: AdviceGiven | None,
        call: Ended,
        event: Event,
        window_s: int,
        new_id: Callable[[], EventId],
    ) -> Iterator[AdviceJudged]:
        """Judgements that the end of a call brings. `given`: the advice before that very call."""
        attempt = Attempt(
            trace=event.trace,
            ended_ms=event.at_ms,
            action=call.call.action,
            succeeded=call.outcome.succeeded,
            signature=call.signature,
        )
        # A sibling that was already under way when the advised call ended answers nothing.
        answers = [one for one in self.waiting if call.call.at_ms >= one.run.ended_ms]
        self.waiting = [one for one in self.waiting if call.call.at_ms < one.run.ended_ms]
        for one in answers:
            yield _judged(one, attempt, event, window_s, new_id())
        if given is None:
            return
        items = {item.candidate.id: item.candidate for item in given.answer.considered}
        for exposure in exposures_of(given):
            one = Waiting(exposure, items[exposure.item], call.call.action, attempt)
            if attempt.succeeded and exposure.signature:
                yield _judged(one, None, event, window_s, new_id())
            else:
                self.waiting.append(one)
        crowded, self.waiting = self.waiting[:-WAITING_KEPT], self.waiting[-WAITING_KEPT:]
        for one in crowded:
            yield _judged(one, None, event, window_s, new_id())

    def closed(
        self, event: Event, window_s: int, new_id: Callable[[], EventId]
    ) -> Iterator[AdviceJudged]:
        """Judge what still waits: there is no next call."""
        settled, self.waiting = self.waiting, []
        for one in settled:
            yield _judged(one, None, event, window_s, new_id())


def _judged(
    one: Waiting, after: Attempt | None, event: Event, window_s: int, event_id: EventId
) -> AdviceJudged:
    judgement = judge(
        one.exposure, one.proposed, one.run, after, follows(one.item, one.proposed), window_s
    )
    return AdviceJudged(
        id=event_id,
        at_ms=event.at_ms,
        agent=event.agent,
        session=event.session,
        project=event.project,
        trace=one.exposure.trace,
        advice=one.exposure.advice,
        item=one.exposure.item,
        lesson=one.exposure.lesson,
        source=one.exposure.source,
        shown=one.exposure.shown,
        strict=judgement.strict,
        heeded=judgement.heeded,
        succeeded=judgement.succeeded,
        verdict=judgement.verdict,
        latency_ms=judgement.latency_ms,
    )
