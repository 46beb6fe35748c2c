"""Server time of one event: `desk.handle` in this process, on the real store and a full shelf.

CPU time is the calling thread's own, so neither the store's writer nor the neighbours of this
machine are in it. Each write is waited for outside the clock. Goals: `design/02-advice.md`.
"""

import gc
import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack

from msgspec import Struct, field

from bench.house import Site, fill, opened, site
from bench.plan import Plan
from bench.rows import Row, compared, figure, median, percentile
from bench.synthetic import Payload, calls, lessons, prompt
from counsel.advice.intent import intent_of
from counsel.advice.packet import Packet, PacketKey
from counsel.advice.sources.lessons import candidate_of
from counsel.agents.registry import ADAPTERS
from counsel.bootstrap import House
from counsel.memory.lesson import Lesson
from counsel.model.actions import ToolKind
from counsel.model.ids import PacketId
from counsel.workflows.prefetch import MOST_ITEMS

LIVE_GOAL_MS = 5.0
PACKET_GOAL_MS = 1.0
SESSIONS = 20
KINDS: tuple[ToolKind, ...] = ("shell", "edit", "read")


class Spent(Struct):
    """Nanoseconds of each event of one sort."""

    cpu: list[int] = field(default_factory=list)
    wall: list[int] = field(default_factory=list)

    def ms(self, percent: float) -> float:
        return percentile(self.cpu, percent) / 1e6


class Player:
    """Plays calls to one house and keeps what each step took."""

    def __init__(self, house: House, place: Site) -> None:
        self._house = house
        self._adapter = ADAPTERS["claude-code"]
        self.place = place
        self.proposed, self.ended, self.parsed, self.rendered = Spent(), Spent(), Spent(), Spent()
        self.stages: dict[str, list[int]] = {}
        self.routes: Counter[str] = Counter()

    def tell(self, payload: Payload, spent: Spent) -> None:
        """One event, from the bytes of the hook to the bytes of the answer."""
        raw = json.dumps(payload).encode()
        began = time.thread_time_ns()
        heard = self._adapter.parse(raw, self._house.stamp)
        parsed, wall = time.thread_time_ns(), time.perf_counter_ns()
        reply = self._house.desk.handle(heard.events, answerable=heard.answerable)
        handled, wall = time.thread_time_ns(), time.perf_counter_ns() - wall
        self._adapter.render(heard, reply.answer)
        self.rendered.cpu.append(time.thread_time_ns() - handled)
        self.parsed.cpu.append(parsed - began)
        spent.cpu.append(handled - parsed)
        spent.wall.append(wall)
        reply.written.result()
        if reply.answer is not None:
            self.routes[reply.answer.route] += 1
            for timing in reply.answer.timings:
                self.stages.setdefault(timing.stage, []).append(timing.ns)


def run(plan: Plan) -> list[Row]:
    with ExitStack() as stack:
        full, few, prepared = (stack.enter_context(site()) for _ in range(3))
        fill(full, plan.lessons, plan.seed)
        fill(few, plan.few_lessons, plan.seed)
        fill(prepared, plan.lessons, plan.seed, prepared_packets(plan, prepared))
        players = [Player(stack.enter_context(opened(one)), one) for one in (full, few, prepared)]
        gc.collect()
        gc.freeze()  # as the service does
        try:
            _play(players, plan)
        finally:
            gc.unfreeze()
    live, small, packet = players
    size = f"{plan.few_lessons} lessons"
    return [
        *_spent("live route", live, LIVE_GOAL_MS),
        *_spent("packet route", packet, PACKET_GOAL_MS),
        *_beside("live route", live, small, size),
        *_beside("packet route", packet, live, "live route"),
        *_stages("live", live, small, size),
        *_stages("packet", packet, live, "live route"),
        *_around(live, small, size),
        *_routes("live", live),
        *_routes("packet", packet),
    ]


def _play(players: Sequence[Player], plan: Plan) -> None:
    """The same calls to everybody, in turns."""
    each = plan.many(150, 3)
    for number in range(SESSIONS):
        name = f"s{number}"
        for player in players:
            player.tell(prompt(name, player.place.here, number), Spent())
        runs = [calls(each, name, player.place.here, plan.seed) for player in players]
        for turn in zip(*runs, strict=True):
            for player, call in zip(players, turn, strict=True):
                player.tell(call.before, player.proposed)
                player.tell(call.after, player.ended)


def prepared_packets(plan: Plan, place: Site) -> tuple[Packet, ...]:
    """What the prefetch worker makes on the sessions' prompts, each as large as one can be."""
    now_ms = time.time_ns() // 1_000_000
    known = lessons(plan.lessons, place.here, now_ms, plan.seed)
    made = []
    for number in range(SESSIONS):
        intent = intent_of(prompt("", place.here, number)["prompt"], "other")
        for kind in KINDS:
            fit = [one for one in known if _fits(one, kind, place)][:MOST_ITEMS]
            made.append(
                Packet(
                    id=PacketId(f"pkt_{number}_{kind}"),
                    key=PacketKey(place.here.key, f"s{number}", kind, intent.family),
                    plane=intent.plane,
                    items=tuple(candidate_of(one, "distillation", now_ms) for one in fit),
                    lineage=tuple(one.id for one in fit),
                    built_ms=now_ms,
                )
            )
    return tuple(made)


def _fits(lesson: Lesson, kind: ToolKind, place: Site) -> bool:
    return lesson.project in ("", place.here.key) and lesson.condition.kind in ("", kind)


def _spent(name: str, player: Player, goal_ms: float) -> list[Row]:
    spent, n = player.proposed, len(player.proposed.cpu)
    rows = [figure(f"{name}: handle, p{p}, CPU", spent.ms(p), "ms", n) for p in (50, 95)]
    wall = percentile(spent.wall, 99) / 1e6
    return [
        *rows,
        compared(f"{name}: handle, p99, CPU", spent.ms(99), "ms", "goal", goal_ms, n),
        compared(f"{name}: handle, p99, wall", wall, "ms", "goal", goal_ms, n),
    ]


def _beside(name: str, one: Player, other: Player, what: str) -> list[Row]:
    return [
        compared(
            f"{name}: handle, p{percent}, CPU, beside {what}",
            one.proposed.ms(percent),
            "ms",
            what,
            other.proposed.ms(percent),
            len(one.proposed.cpu),
        )
        for percent in (50, 99)
    ]


def _stages(name: str, one: Player, other: Player, what: str) -> list[Row]:
    rows = []
    for stage, times in one.stages.items():
        label, value = f"{name} stage: {stage}, median", median(times) / 1e3
        if stage in other.stages:
            beside = median(other.stages[stage]) / 1e3
            rows.append(compared(label, value, "us", what, beside, len(times)))
        else:
            rows.append(figure(label, value, "us", len(times)))
    return rows


def _around(one: Player, other: Player, what: str) -> list[Row]:
    """What comes with it: the outcome of a call, the reading and writing of hook JSON."""
    return [
        compared(
            f"{name}, median CPU",
            median(mine.cpu) / 1e3,
            "us",
            what,
            median(theirs.cpu) / 1e3,
            len(mine.cpu),
        )
        for name, mine, theirs in (
            ("outcome: handle", one.ended, other.ended),
            ("parse hook JSON", one.parsed, other.parsed),
            ("render answer", one.rendered, other.rendered),
        )
    ]


def _routes(name: str, player: Player) -> list[Row]:
    total = player.routes.total()
    return [
        figure(f"{name}: answered by route {route}", 100 * count / total, "%", total)
        for route, count in sorted(player.routes.items())
    ]
