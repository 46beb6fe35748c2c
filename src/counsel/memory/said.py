"""What Counsel said lately: to join outcomes and marks to it, and never to learn from itself."""

from collections import OrderedDict

from counsel.memory.experience import first_line
from counsel.memory.injection import injection_reason
from counsel.memory.write_gate import emitted_fingerprints, has_marker, is_echo
from counsel.model.advice import Answer, Candidate
from counsel.model.events import AdviceGiven
from counsel.model.ids import AdviceId, TraceId

ANSWERS_KEPT = 5_000
EMITTED_KEPT = 20_000
_READ = 4_000


class Said:
    """The last answers by advice and by trace, and fingerprints of what was emitted."""

    def __init__(self) -> None:
        self._answers: OrderedDict[AdviceId, AdviceGiven] = OrderedDict()
        self._by_trace: dict[TraceId, AdviceId] = {}
        self._emitted: OrderedDict[str, None] = OrderedDict()

    def remember(self, event: AdviceGiven) -> None:
        advice = event.answer.advice_id
        self._answers[advice] = event
        if event.trace:
            self._by_trace[event.trace] = advice
        if event.answer.text:
            for mark in emitted_fingerprints(event.answer.text):
                self._emitted[mark] = None
        while len(self._emitted) > EMITTED_KEPT:
            self._emitted.popitem(last=False)
        while len(self._answers) > ANSWERS_KEPT:
            _, old = self._answers.popitem(last=False)
            if self._by_trace.get(old.trace) == old.answer.advice_id:
                del self._by_trace[old.trace]

    def advice(self, advice: AdviceId) -> AdviceGiven | None:
        return self._answers.get(advice)

    def before(self, trace: TraceId) -> AdviceGiven | None:
        """The advice before the call of that trace."""
        advice = self._by_trace.get(trace) if trace else None
        return self._answers.get(advice) if advice is not None else None

    def echoes(self, text: str) -> bool:
        return is_echo(text, self._emitted)

    def taints(self, error: str) -> bool:
        """The error repeats what Counsel said, or commands its reader: nothing to learn from."""
        head = error[:_READ]
        said = has_marker(head) or self.echoes(first_line(head))
        return said or injection_reason(head) is not None


def shown_items(answer: Answer, item: str = "") -> list[Candidate]:
    """The candidates that were shown, or the one of them with that id."""
    return [
        considered.candidate
        for considered in answer.considered
        if considered.shown and item in ("", considered.candidate.id)
    ]
