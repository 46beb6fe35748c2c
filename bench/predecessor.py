"""A hundred hook events of one session, as processes: our CPU per event, hook and service.

The counterpart is what the predecessor's reference gives for 100 events at 12 lessons, 27 CPU
seconds (`reference/spark-digest.md`, section 16). It was measured elsewhere, so it is `quoted`.
For 2,012 lessons no CPU time is published, only that its time per tool call had a 95th percentile
of 2.7 s against 0.44 s: the same 27 s are quoted, which is too kind to it.
"""

from statistics import fmean

from bench.hook import run_hook
from bench.house import cpu_of, fill, served, settled, site
from bench.plan import Plan
from bench.rows import Row, compared, figure
from bench.synthetic import Payload, Workplace, calls, prompt

QUOTED_S = 27.0 / 100
QUOTED = "quoted: predecessor at 12 lessons"
EVENTS = 100


def run(plan: Plan) -> list[Row]:
    rows = []
    for lessons, goal in ((12, 1 / 10), (plan.many(2_012, 40), 1 / 50)):
        rows += _measured(lessons, goal, plan)
    return rows


def _measured(lessons: int, goal: float, plan: Plan) -> list[Row]:
    count = plan.many(EVENTS, 6)
    with site() as place:
        fill(place, lessons, plan.seed)
        with served(place) as service:
            pid = service.process.pid
            settled(pid)
            before = cpu_of(pid).total
            hooks = [run_hook(payload, place).cpu_s for payload in workload(count, place.here)]
            settled(pid)
            server_s = (cpu_of(pid).total - before) / 1e9 / count
    whole = 1e3 * (fmean(hooks) + server_s)
    name = f"CPU per event at {lessons} lessons"
    return [
        compared(name, whole, "ms", QUOTED, 1e3 * QUOTED_S, count),
        compared(f"{name}: share of what is quoted", whole / 1e3 / QUOTED_S, "share",
                 "goal", goal, count),
        figure(f"{name}: hook process", 1e3 * fmean(hooks), "ms", count),
        figure(f"{name}: service, with its learner", 1e3 * server_s, "ms", count),
    ]  # fmt: skip


def workload(count: int, here: Workplace) -> list[Payload]:
    """Of 100 events 44 are calls, 44 their ends, 12 prompts, as in the predecessor's."""
    events: list[Payload] = []
    for number, call in enumerate(calls(count, "one", here, 0)):
        if number % 4 == 0:
            events.append(prompt("one", here, number // 4))
        events += [call.before, call.after]
    return events[:count]
