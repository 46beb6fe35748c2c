"""Advice, outcomes and feedback for programs that call Counsel themselves.

`/v1/advise` and `/v1/outcomes` take what `counsel.agents.generic` documents for `before` and
`after`, without the `event`. The answer to `/v1/advise` names the `action_id`; an outcome that
gives it as `call_id` is attributed to that advice.
"""

import asyncio
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from counsel.agents.adapter import Heard
from counsel.agents.payload import DECODE_ERRORS
from counsel.model.advice import Answer
from counsel.model.errors import BadInput, NotFound
from counsel.model.events import ActionProposed, AdviceGiven, FeedbackGiven
from counsel.model.ids import AdviceId
from counsel.server.durable import durable
from counsel.server.exchange import Request, Response, answer
from counsel.server.replies import Advice, Item, Mark, Marked, Recorded
from counsel.server.serving import Serving
from counsel.workflows.advice_record import last_feedback, recent_advice, worth


class _Past(Struct, frozen=True, forbid_unknown_fields=True):
    session: str = ""
    limit: int = 20


class _Mark(Struct, frozen=True, kw_only=True):
    advice: str
    mark: Mark
    item: str = ""
    by: str = ""
    note: str = ""


_marks = msgspec.json.Decoder(_Mark)
_messages = msgspec.json.Decoder(dict[str, Raw])
_encoder = msgspec.json.Encoder()


async def advise(serving: Serving, request: Request) -> Response:
    """What should be known before this call."""
    heard = _heard(serving, request.body, "before")
    reply = serving.house.desk.handle(heard.events, answerable=True)
    await durable(reply.written)
    return answer(_advice(heard, reply.answer))


async def observe(serving: Serving, request: Request) -> Response:
    """How a call ended."""
    heard = _heard(serving, request.body, "after")
    reply = serving.house.desk.handle(heard.events, answerable=False)
    return answer(Recorded(await durable(reply.written)))


async def mark(serving: Serving, request: Request) -> Response:
    """What an advice was worth. The last mark counts; repeating it changes nothing."""
    try:
        given = _marks.decode(request.body)
    except DECODE_ERRORS as error:
        raise BadInput(
            f"not a feedback: {str(error)[:200]}.", advice="Send advice and mark."
        ) from error
    house = serving.house
    found = await asyncio.to_thread(house.store.events.find_advice, AdviceId(given.advice))
    if found is None or not isinstance(found.event, AdviceGiven):
        raise NotFound(
            f"no advice {given.advice[:100]!r} was ever given.",
            advice="Use the advice_id of an answer of /v1/advise.",
        )
    about = found.event
    if given.item and all(given.item != one.candidate.id for one in about.answer.considered):
        raise NotFound(
            f"advice {given.advice[:100]!r} has no item {given.item[:100]!r}.",
            advice="Use the id of one of its items.",
        )
    last = await asyncio.to_thread(last_feedback, house.store.events, about, given.item)
    if given.mark == (last.mark if last else "withdrawn"):
        return answer(Marked(advice=given.advice, mark=given.mark, changed=False))
    feedback = FeedbackGiven(
        id=house.stamp.event_id(),
        at_ms=house.stamp.now_ms(),
        agent=about.agent,
        session=about.session,
        project=about.project,
        trace=about.trace,
        advice=AdviceId(given.advice),
        mark=given.mark,
        item=given.item,
        by=given.by,
        note=given.note,
    )
    await durable(house.desk.feedback(feedback))
    return answer(Marked(advice=given.advice, mark=given.mark, changed=True))


async def past(serving: Serving, request: Request) -> Response:
    """What was advised lately, and what became of it."""
    wanted = request.asked(_Past)
    log = serving.house.store.events
    most = max(0, wanted.limit)
    return answer(await asyncio.to_thread(recent_advice, log, wanted.session, most))


async def effect(serving: Serving, request: Request) -> Response:
    """What advice was worth: shown against held out."""
    return answer(await asyncio.to_thread(worth, serving.house.store.events))


def _heard(serving: Serving, body: bytes, event: Literal["before", "after"]) -> Heard:
    try:
        message = _messages.decode(body)
    except DECODE_ERRORS as error:
        raise BadInput(
            f"not a JSON object: {str(error)[:200]}.", advice="Send session, tool and input."
        ) from error
    message["event"] = Raw(b'"%b"' % event.encode("ascii"))
    return serving.house.adapters["generic"].parse(_encoder.encode(message), serving.house.stamp)


def _advice(heard: Heard, given: Answer | None) -> Advice:
    proposed = next(event for event in heard.events if isinstance(event, ActionProposed))
    given = given or Answer(advice_id=AdviceId(""), route="bypass", reason="not_answered")
    return Advice(
        advice_id=given.advice_id,
        action_id=proposed.action.id,
        trace=proposed.trace,
        text=given.text,
        authority=given.authority,
        ask=given.ask,
        route=given.route,
        reason=given.reason,
        items=tuple(
            Item(
                each.candidate.id,
                each.candidate.source,
                each.authority,
                each.candidate.text,
                each.candidate.evidence,
            )
            for each in given.considered
            if each.shown
        ),
        left_out=given.left_out,
    )
