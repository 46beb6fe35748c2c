"""What was advised lately and what became of it, read back from the log, newest first."""

from collections.abc import Iterator

from msgspec import Struct

from counsel.advice.attribution import Contrast, contrast, tally
from counsel.memory.ports import EventLog, LoggedEvent
from counsel.model.advice import Authority
from counsel.model.events import ActionProposed, AdviceGiven, AdviceJudged, FeedbackGiven

CHUNK = 500
LOOKED_AT = 100_000
"""Events behind the log's end that are looked at, at most."""


class PastItem(Struct, frozen=True, kw_only=True):
    """One piece of an advice. The last three are empty until its call has ended."""

    id: str
    source: str
    authority: Authority
    text: str
    heeded: str = ""
    verdict: str = ""
    mark: str = ""
    """The last feedback on it, or on all of the advice."""


class PastAdvice(Struct, frozen=True, kw_only=True):
    """One advice. `about` is the command or path that it was given on."""

    id: str
    at_ms: int
    agent: str
    session: str
    tool: str
    about: str
    text: str
    items: tuple[PastItem, ...]


def recent_advice(log: EventLog, session: str = "", limit: int = 20) -> list[PastAdvice]:
    """The last `limit` that said something."""
    judged: dict[tuple[str, str], AdviceJudged] = {}
    marks: dict[tuple[str, str], str] = {}
    found: list[AdviceGiven] = []
    about: dict[str, str] = {}
    for row in _backwards(log):
        event = row.event
        if isinstance(event, AdviceJudged):
            judged.setdefault((event.advice, event.item), event)
        elif isinstance(event, FeedbackGiven):
            marks.setdefault((event.advice, event.item), event.mark)
        elif isinstance(event, AdviceGiven):
            if event.answer.text and session in ("", event.session) and len(found) < limit:
                found.append(event)
        elif isinstance(event, ActionProposed):
            action = event.action
            about[event.trace] = action.command or action.path or action.target or ""
            if len(found) >= limit and found[-1].trace in about:
                break
    return [_past(event, about.get(event.trace, ""), judged, marks) for event in found]


class Worth(Struct, frozen=True, kw_only=True):
    """What advice was worth, from strict judgements only.

    `effect`: success when shown minus success when held out, over the notes that could have been
    held out. `verdicts` counts what became of everything that was shown.
    """

    effect: Contrast
    verdicts: dict[str, int]
    not_strict: int
    """Judgements left out: another trace, or too late."""


def worth(log: EventLog) -> Worth:
    """Over the last `LOOKED_AT` events."""
    arms: dict[bool, list[bool]] = {True: [], False: []}
    verdicts: dict[str, int] = {}
    loud: set[tuple[str, str]] = set()
    judged: list[AdviceJudged] = []
    for row in _backwards(log):
        if isinstance(row.event, AdviceJudged):
            judged.append(row.event)
        elif isinstance(row.event, AdviceGiven):
            loud.update(
                (row.event.answer.advice_id, one.candidate.id)
                for one in row.event.answer.considered
                if one.authority in ("warning", "block")
            )
    strict = [event for event in judged if event.strict]
    for event in strict:
        if event.shown:
            verdicts[event.verdict] = verdicts.get(event.verdict, 0) + 1
        # Warnings are never held out: they have no counterpart in the other arm.
        if event.succeeded is not None and (event.advice, event.item) not in loud:
            arms[event.shown].append(event.succeeded)
    return Worth(
        effect=contrast(tally(arms[True]), tally(arms[False])),
        verdicts=dict(sorted(verdicts.items())),
        not_strict=len(judged) - len(strict),
    )


def last_feedback(log: EventLog, given: AdviceGiven, item: str) -> FeedbackGiven | None:
    """The mark that counts for an item of an advice (or, with no item, for all of it)."""
    last = None
    for row in log.read_session(given.agent, given.session):
        event = row.event
        if isinstance(event, FeedbackGiven):
            same = (event.advice, event.item) == (given.answer.advice_id, item)
            last = event if same else last
    return last


def _past(
    event: AdviceGiven,
    about: str,
    judged: dict[tuple[str, str], AdviceJudged],
    marks: dict[tuple[str, str], str],
) -> PastAdvice:
    advice = event.answer.advice_id
    items = []
    for one in event.answer.considered:
        if one.shown:
            fate = judged.get((advice, one.candidate.id))
            mark = marks.get((advice, one.candidate.id)) or marks.get((advice, ""), "")
            items.append(
                PastItem(
                    id=one.candidate.id,
                    source=one.candidate.source,
                    authority=one.authority,
                    text=one.candidate.text,
                    heeded=fate.heeded if fate else "",
                    verdict=fate.verdict if fate else "",
                    mark=mark if mark != "withdrawn" else "",
                )
            )
    return PastAdvice(
        id=advice,
        at_ms=event.at_ms,
        agent=event.agent,
        session=event.session,
        tool=event.tool,
        about=about,
        text=event.answer.text,
        items=tuple(items),
    )


def _backwards(log: EventLog) -> Iterator[LoggedEvent]:
    last = log.last_seq()
    oldest = max(0, last - LOOKED_AT)
    while last > oldest:
        first = max(oldest, last - CHUNK)
        rows = [row for row in log.read(first, CHUNK) if row.seq <= last]
        yield from reversed(rows)
        last = first
