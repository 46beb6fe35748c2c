"""Memory for people and programs: look, add, forget, move, and what was not let in.

`MemoryBook` waits for the learner's lock, so each handler calls it in a thread of its own.
"""

import asyncio

from msgspec import Struct

from counsel.model.errors import BadInput
from counsel.model.ids import SessionId
from counsel.server.exchange import JSONL, Request, Response, answer
from counsel.server.serving import Serving
from counsel.workflows.memory_view import (
    LIMIT,
    Forget,
    Forgotten,
    Lessons,
    NewLesson,
    Wanted,
    held,
    summary,
    whole,
)


class _Most(Struct, frozen=True, forbid_unknown_fields=True):
    limit: int = LIMIT


async def lessons(serving: Serving, request: Request) -> Response:
    """Summaries of the lessons that the query wants: active first, then last changed."""
    house = serving.house
    wanted = request.asked(Wanted)
    found = await asyncio.to_thread(house.memory.lessons, wanted)
    now = house.clock.now_ms()
    first = tuple(summary(lesson, now) for lesson in found[: max(0, wanted.limit)])
    return answer(Lessons(total=len(found), lessons=first))


async def lesson(serving: Serving, request: Request) -> Response:
    """One lesson, whole."""
    house = serving.house
    found = await asyncio.to_thread(house.memory.show, request.given["id"])
    return answer(whole(found, house.clock.now_ms()))


async def add(serving: Serving, request: Request) -> Response:
    """A lesson in a person's words, through the write gate."""
    new = request.said(NewLesson)
    return answer(await asyncio.to_thread(serving.house.memory.add, new))


async def forget_one(serving: Serving, request: Request) -> Response:
    """Remove a lesson and what it was learnt from."""
    return answer(await asyncio.to_thread(serving.house.memory.forget, request.given["id"]))


async def forget(serving: Serving, request: Request) -> Response:
    """Remove a lesson, a session or a project, or only say how much that would be."""
    house = serving.house
    wanted = request.said(Forget)
    gone = await asyncio.to_thread(_forgotten, serving, wanted)
    if not wanted.dry_run:
        for session in gone.sessions:
            house.desk.forget(SessionId(session))
    return answer(gone)


def _forgotten(serving: Serving, wanted: Forget) -> Forgotten:
    book = serving.house.memory
    if [bool(wanted.lesson), bool(wanted.session), bool(wanted.project)].count(True) != 1:
        raise BadInput(
            "it is not clear what to forget.", advice="Name a lesson, a session or a project."
        )
    if wanted.lesson:
        if wanted.dry_run:
            book.show(wanted.lesson)
            return Forgotten(lessons=1, events=0, dry_run=True)
        return book.forget(wanted.lesson)
    if wanted.dry_run:
        return book.would_forget(session=wanted.session, project=wanted.project)
    if wanted.session:
        return book.forget_session(wanted.session)
    return book.forget_project(wanted.project)


async def export(serving: Serving, _request: Request) -> Response:
    """Every lesson as a line of JSON."""
    lines = await asyncio.to_thread(lambda: list(serving.house.memory.export()))
    return Response(body=b"".join(line + b"\n" for line in lines), content_type=JSONL)


async def restore(serving: Serving, request: Request) -> Response:
    """Take over exported lessons, a line each."""
    lines = request.body.split(b"\n")
    return answer(await asyncio.to_thread(serving.house.memory.restore, lines))


async def quarantine(serving: Serving, request: Request) -> Response:
    """What was not let in, newest first."""
    most = max(0, request.asked(_Most).limit)
    rows = await asyncio.to_thread(serving.house.memory.quarantine, most)
    return answer([held(row) for row in rows])


async def release(serving: Serving, request: Request) -> Response:
    """Let a quarantined lesson in after all."""
    house = serving.house
    found = await asyncio.to_thread(house.memory.release, request.given["id"])
    return answer(whole(found, house.clock.now_ms()))


async def opportunities(serving: Serving, request: Request) -> Response:
    """Suggestions that nobody has settled, best first."""
    most = max(0, request.asked(_Most).limit)
    return answer(await asyncio.to_thread(serving.house.memory.opportunities, most))


async def accept(serving: Serving, request: Request) -> Response:
    """Make a lesson of a suggestion."""
    house = serving.house
    found = await asyncio.to_thread(house.memory.accept, request.given["id"])
    return answer(whole(found, house.clock.now_ms()))


async def dismiss(serving: Serving, request: Request) -> Response:
    """Never suggest it again."""
    return answer(await asyncio.to_thread(serving.house.memory.dismiss, request.given["id"]))
