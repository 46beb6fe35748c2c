"""One hook process, end to end over the Unix socket, beside a bare interpreter.

Both start in turns; what counts is the CPU time that the kernel charges to each process.
"""

import json
import os
import sys
from pathlib import Path

from msgspec import Struct

from bench.house import Site, fill, served, site
from bench.plan import Plan
from bench.rows import Row, compared, figure, median, percentile
from bench.synthetic import Payload, calls
from counsel.hook.command import hook_command
from tests.server.processes import environ_for

GOAL = 1.6
BARE = "import sys; sys.stdout.write(sys.stdin.read() and '{}')"


class Ran(Struct, frozen=True):
    """One process: its CPU time in seconds, and what it printed."""

    cpu_s: float
    printed: bytes


def run_process(arguments: list[str], payload: bytes, environ: dict[str, str], folder: Path) -> Ran:
    """To its end, with files for stdin and stdout. Raises where it did not exit with 0."""
    given, printed = folder / "stdin", folder / "stdout"
    given.write_bytes(payload)
    files = [
        (os.POSIX_SPAWN_OPEN, 0, str(given), os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(printed), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    pid = os.posix_spawn(arguments[0], arguments, environ, file_actions=files)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise RuntimeError(f"{arguments!r} ended with {status}.")
    return Ran(usage.ru_utime + usage.ru_stime, printed.read_bytes())


def run_hook(payload: Payload, place: Site) -> Ran:
    """The hook as an agent starts it."""
    command = hook_command("claude-code")
    folder = place.here.root.parent
    return run_process(command, json.dumps(payload).encode(), environ_for(place.home), folder)


def run(plan: Plan) -> list[Row]:
    runs = plan.many(200, 4)
    hooks, bares = [], []
    spoken = 0
    with site() as place:
        fill(place, plan.lessons, plan.seed)
        with served(place):
            for call in calls(runs, "hook", place.here, plan.seed):
                ran = run_hook(call.before, place)
                hooks.append(ran.cpu_s)
                spoken += ran.printed != b"{}"
                bare = [sys.executable, "-I", "-S", "-c", BARE]
                payload = json.dumps(call.before).encode()
                environ, folder = environ_for(place.home), place.here.root.parent
                bares.append(run_process(bare, payload, environ, folder).cpu_s)
    ratio = median(hooks) / median(bares)
    return [
        compared("hook process, median CPU", 1e3 * median(hooks), "ms",
                 "bare python -I -S", 1e3 * median(bares), runs),
        compared("hook process, p95 CPU", 1e3 * percentile(hooks, 95), "ms",
                 "bare python -I -S", 1e3 * percentile(bares, 95), runs),
        compared("hook process / bare python", ratio, "ratio", "goal", GOAL, runs),
        figure("hooks that printed advice", 100 * spoken / runs, "%", runs),
    ]  # fmt: skip
