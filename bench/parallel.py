"""A hundred tool calls of one session at once, as hook processes: is every one joined up?

A call is joined when its trace has the action, the answer and the outcome, and the session's own
fold (`counsel.memory.facts`) saw it end.
"""

import json
import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from bench.house import Site, served, site
from bench.plan import Plan
from bench.rows import Row, compared, figure
from bench.synthetic import Call, calls
from counsel.memory.facts import Facts, observe
from counsel.model.events import (
    ActionProposed,
    AdviceGiven,
    Event,
    OutcomeObserved,
    UnknownEvent,
)
from counsel.model.ids import TraceId
from counsel.storage.sqlite.store import SqliteStore
from tests.hook.hooks import run_hook

QUOTED = "quoted: predecessor, 5 of 40"
QUOTED_SHARE = 100 * 5 / 40
DEADLINE_MS = "20000"
"""A hundred interpreters on two cores take longer to start than a hook may take."""


def run(plan: Plan) -> list[Row]:
    count = plan.many(100, 6)
    with site() as place:
        with served(place):
            told = list(calls(count, "parallel", place.here, plan.seed))
            with ThreadPoolExecutor(count) as pool:
                failed = sum(pool.map(lambda call: _whole(call, place), told))
        with closing(SqliteStore(place.home.database)) as store:
            rows = store.events.read(limit=1_000_000)
    events = [row.event for row in rows if not isinstance(row.event, UnknownEvent)]
    kinds: dict[TraceId, set[type[Event]]] = defaultdict(set)
    for event in events:
        kinds[event.trace].add(type(event))
    joined = sum({ActionProposed, AdviceGiven, OutcomeObserved} <= had for had in kinds.values())
    facts = Facts()
    ended = sum(observe(facts, event) is not None for event in events)
    return [
        *(
            figure(f"parallel: {kind.__name__}", _count(events, kind), "events", count)
            for kind in (ActionProposed, AdviceGiven, OutcomeObserved)
        ),
        compared(
            "parallel: joined by trace", 100 * joined / count, "%", QUOTED, QUOTED_SHARE, count
        ),
        compared("parallel: ended", 100 * ended / count, "%", QUOTED, QUOTED_SHARE, count),
        compared("parallel: calls left open", len(facts.open), "calls", "goal", 0, count),
        compared("parallel: hooks that failed", failed, "hooks", "goal", 0, 2 * count),
    ]


def _count(events: list[Event], kind: type[Event]) -> int:
    return sum(isinstance(event, kind) for event in events)


def _whole(call: Call, place: Site) -> int:
    """Before and after, each a hook process; how many of the two failed."""
    failed = 0
    for payload in (call.before, call.after):
        raw = json.dumps(payload).encode()
        code, printed = run_hook(place.home, raw, COUNSEL_HOOK_DEADLINE_MS=DEADLINE_MS)
        failed += code != os.EX_OK or not printed.startswith(b"{")
    return failed
