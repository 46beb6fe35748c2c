"""An agent's own hook payload in, its own answer out."""

from counsel.agents.transcripts.codex import rollout_outcome
from counsel.model.errors import NotFound
from counsel.server.durable import durable
from counsel.server.exchange import Request, Response
from counsel.server.serving import Serving
from counsel.workflows.rollouts import completed


async def hear(serving: Serving, request: Request) -> Response:
    """Answered only when what was heard is durable."""
    house = serving.house
    adapter = house.adapters.get(request.given["agent"])
    if adapter is None:
        raise NotFound(
            f"no agent {request.given['agent'][:100]!r} is known.",
            advice=f"Known are: {', '.join(sorted(house.adapters))}.",
        )
    heard = adapter.parse(request.body, house.stamp)
    events = completed(heard.events, heard.transcript, rollout_outcome)
    reply = house.desk.handle(events, answerable=heard.answerable)
    body = adapter.render(heard, reply.answer)
    await durable(reply.written)
    if reply.answer is not None:
        for timing in reply.answer.timings:
            serving.recorder.observe(
                "counsel_stage_seconds", timing.ns / 1e9, (("stage", timing.stage),)
            )
    return Response(body=body)
