"""`counsel replay` on the recorded sessions: Counsel beside each baseline, on the same calls."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.house import site
from bench.plan import Plan, recorded
from bench.rows import Row, compared, figure
from bench.synthetic import transcript
from counsel.evidence.results import DatasetResult, Results
from counsel.evidence.score import Figures


def run(plan: Plan) -> list[Row]:
    with site() as place:
        generated = place.here.root.parent / "generated.jsonl.gz"
        files = recorded(plan) or [
            transcript(generated, plan.many(30, 3), plan.many(100, 20), plan.seed)
        ]
        found = _replayed(files)
    return [row for dataset in found.datasets for row in _rows(dataset)]


def _replayed(files: list[Path]) -> Results:
    command = [sys.executable, "-m", "counsel", "replay", *map(str, files), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Results)


def _rows(dataset: DatasetResult) -> Iterator[Row]:
    ours = dict(_figures(dataset))
    for baseline, figures in dataset.baselines.items():
        theirs = dict(_figures(figures))
        for what, (value, unit, n) in ours.items():
            other, _, _ = theirs[what]
            name = f"{dataset.name}: {what}"
            if value is not None and other is not None:
                yield compared(name, value, unit, baseline, other, n)
            elif value is not None:
                # The baseline said nothing that a precision could be had from.
                yield Row(name=name, value=value, unit=unit, counterpart=baseline, n=n)
    calls = dataset.calls
    yield figure(f"{dataset.name}: replay, CPU", 1e3 * dataset.cpu_s / calls, "ms/call", calls)
    if dataset.latency_ms.p99 is not None:
        yield figure(f"{dataset.name}: before, p99 wall", dataset.latency_ms.p99, "ms", calls)


def _figures(one: Figures) -> Iterator[tuple[str, tuple[float | None, str, int]]]:
    for name in ("mistake", "refusal"):
        figures = one.classes.mistake if name == "mistake" else one.classes.refusal
        yield f"recall of a {name}", (figures.recall, "share", figures.n)
        yield f"precision for a {name}", (figures.precision, "share", figures.advised)
    yield "precision", (one.precision, "share", one.shown)
    yield "noise per 100 fine calls", (one.noise_per_100_fine, "pieces", one.calls)
