"""`python -m bench [NAMES...] [--json] [--quick]`: run benches and print their rows."""

import sys
from pathlib import Path

import click
import msgspec

from bench.plan import Plan
from bench.rows import Row, table
from bench.running import BENCHES, OUT, run_bench


@click.command("bench")
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHES)), metavar="[NAMES]...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, rows by bench.")
@click.option("--quick", is_flag=True, help="Only see that they run: the figures mean nothing.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT, help="Where the rows go.")
def bench(names: tuple[str, ...], as_json: bool, quick: bool, out: Path) -> None:
    """Measure Counsel beside its counterparts."""
    found: dict[str, list[Row]] = {}
    for name in names or BENCHES:
        print(f"bench: {name} ...", file=sys.stderr, flush=True)
        found[name] = run_bench(name, Plan(quick=quick), out)
        if not as_json:
            print(f"\n{name}\n{table(found[name])}", flush=True)
    if as_json:
        print(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    bench()
