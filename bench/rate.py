"""Sustained load on one real service, and an honest profile of what limits it.

The load comes from processes of their own over keep-alive connections. A call per second of
server CPU counts all of the service's threads; the loop's share says what one thread could do
with a core of its own.
"""

import cProfile
import gc
import json
import pstats
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.house import Cpu, Site, cpu_of, fill, opened, rss_of, served, settled, site
from bench.load import READY, Loaded
from bench.plan import CHECKOUT, Plan
from bench.rows import Row, compared, figure, percentile
from bench.synthetic import calls
from counsel.agents.registry import ADAPTERS
from counsel.bootstrap import House
from tests.server.processes import Running

GOAL_PER_SECOND = 2_000.0
GOAL_P99_MS = 25.0
LOADERS = 2
CONNECTIONS = 50
THREADS = ("loop", "writer", "learning", "prefetch", "snapshots")
"""In the order in which the service starts them."""
PROFILED = 25


class Burst(Struct, frozen=True):
    """What the load processes and the kernel say of one run."""

    answered: int
    failed: int
    seconds: float
    latencies_us: list[int]
    cpu: Cpu


def run(plan: Plan) -> list[Row]:
    with site() as place:
        fill(place, plan.lessons, plan.seed)
        with served(place) as service:
            advise = _burst(service, place, plan, "/v1/advise", seed=1)
            settled(service.process.pid)
            pairs = _burst(service, place, plan, "/v1/agents/claude-code", seed=2)
            grown = rss_of(service.process.pid)
    with site() as place:
        fill(place, plan.lessons, plan.seed)
        profiled = _profile(place, plan)
    return [
        *_rows("advise", advise),
        *_rows("hook events (before and after)", pairs),
        figure("resident after the load", grown / 2**20, "MiB", 1),
        *profiled,
    ]


def _burst(service: Running, place: Site, plan: Plan, target: str, seed: int) -> Burst:
    seconds = 0.3 if plan.quick else 10.0
    each = plan.many(CONNECTIONS, 4) // LOADERS
    command = [sys.executable, "-m", "bench.load", service.state.socket, str(each), str(seconds)]
    place_of = [str(place.here.root), target]
    loaders = [
        subprocess.Popen(
            [*command, str(10 * seed + number), *place_of],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number in range(LOADERS)
    ]
    for loader in loaders:
        assert loader.stdout is not None
        assert loader.stdout.readline().decode().strip() == READY
    before = cpu_of(service.process.pid)
    for loader in loaders:
        assert loader.stdin is not None
        loader.stdin.write(b"go\n")
        loader.stdin.flush()
    printed = [loader.communicate()[0] for loader in loaders]
    cpu = cpu_of(service.process.pid).since(before)
    loaded = [msgspec.json.decode(one, type=Loaded) for one in printed]
    return Burst(
        answered=sum(one.answered for one in loaded),
        failed=sum(one.failed for one in loaded),
        seconds=max(one.seconds for one in loaded),
        latencies_us=[each for one in loaded for each in one.latencies_us],
        cpu=cpu,
    )


def _rows(name: str, burst: Burst) -> list[Row]:
    n = burst.answered
    cpu_s = max(burst.cpu.total, 1) / 1e9
    p99 = percentile(burst.latencies_us, 99) / 1e3
    threads = [
        figure(f"{name}: CPU of {thread}", ns / 1e3 / n, "us/call", n)
        for thread, ns in _named(burst.cpu).items()
    ]
    wall, by_cpu = n / burst.seconds, n / cpu_s
    return [
        compared(f"{name}: calls per second", wall, "1/s", "goal", GOAL_PER_SECOND, n),
        compared(f"{name}: calls per CPU second", by_cpu, "1/s", "goal", GOAL_PER_SECOND, n),
        figure(f"{name}: server CPU", cpu_s / burst.seconds, "cores", n),
        figure(f"{name}: latency p50", percentile(burst.latencies_us, 50) / 1e3, "ms", n),
        compared(f"{name}: latency p99", p99, "ms", "goal", GOAL_P99_MS, n),
        figure(f"{name}: answers that were not 200", burst.failed, "answers", n),
        *threads,
    ]


def _named(cpu: Cpu) -> dict[str, int]:
    """CPU by what the thread does; threads of the pool count as others."""
    named = dict.fromkeys((*THREADS, "others"), 0)
    for place, tid in enumerate(sorted(cpu.threads)):
        named[THREADS[place] if place < len(THREADS) else "others"] += cpu.threads[tid]
    return named


def _profile(place: Site, plan: Plan) -> list[Row]:
    """Where `desk.handle` spends its time, by own time; the profiler slows small functions."""
    profile = cProfile.Profile(time.thread_time)
    count = plan.many(1_500, 10)
    with opened(place) as house:
        _handle(house, place, plan.many(300, 5), "warm")
        gc.collect()
        _handle(house, place, count, "profiled", profile)
    entries = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    whole = sum(own_time for _, _, own_time, _, _ in entries.values())
    own = sorted(entries.items(), key=lambda item: item[1][2], reverse=True)
    return [
        figure(
            f"profile: {_place(file, line)} {name} ({calls_made / count:.1f} calls)",
            100 * own_time / whole,
            "%",
            count,
        )
        for (file, line, name), (_, calls_made, own_time, _, _) in own[:PROFILED]
    ]


def _handle(
    house: House, place: Site, count: int, session: str, profile: cProfile.Profile | None = None
) -> None:
    """Calls and their ends; only `desk.handle` is profiled."""
    adapter = ADAPTERS["claude-code"]
    for number, call in enumerate(calls(count, session, place.here, 7)):
        for payload in (call.before, call.after):
            # Sessions of 150 calls, like those of the other bench.
            told = {**payload, "session_id": f"{session}-{number // 150}"}
            heard = adapter.parse(json.dumps(told).encode(), house.stamp)
            with profile or nullcontext():
                reply = house.desk.handle(heard.events, answerable=heard.answerable)
            reply.written.result()


def _place(file: str, line: int) -> str:
    if file == "~":
        return "builtin"
    path = Path(file)
    root = CHECKOUT / "src" / "counsel"
    return f"{path.relative_to(root) if path.is_relative_to(root) else path.name}:{line}"
