"""Which benches there are, and how one is run."""

from collections.abc import Callable, Mapping
from pathlib import Path

from bench import (
    advice_bench,
    hook,
    importing,
    kills,
    memory,
    parallel,
    pipeline,
    predecessor,
    rate,
    storage,
)
from bench.plan import Plan
from bench.rows import Row, write

OUT = Path(__file__).parent / "out"

BENCHES: Mapping[str, Callable[[Plan], list[Row]]] = {
    "hook": hook.run,
    "pipeline": pipeline.run,
    "rate": rate.run,
    "importing": importing.run,
    "memory": memory.run,
    "storage": storage.run,
    "predecessor": predecessor.run,
    "parallel": parallel.run,
    "kills": kills.run,
    "advice_bench": advice_bench.run,
}


def run_bench(name: str, plan: Plan, out: Path = OUT) -> list[Row]:
    """Run it and write its rows to `out/NAME.json`."""
    rows = BENCHES[name](plan)
    write(rows, out / f"{name}.json")
    return rows
