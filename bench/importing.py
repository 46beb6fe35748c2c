"""Reading transcripts into the log and learning from them, beside reading the same JSON.

CPU time of the whole process: the log and the learner have threads of their own.
"""

import gzip
import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from bench.house import Site, site
from bench.plan import Plan, recorded
from bench.rows import Row, compared, figure
from bench.synthetic import transcript
from counsel.agents.transcripts.detect import open_transcript
from counsel.model.ids import ProjectKey
from counsel.storage.sqlite.store import SqliteStore
from counsel.workflows.importing import import_file
from counsel.workflows.learning import Learning


def run(plan: Plan) -> list[Row]:
    with site() as place:
        files = recorded(plan) or [_generated(place, plan)]
        return [row for path in files for row in _measured(path, place)]


def _generated(place: Site, plan: Plan) -> Path:
    path = place.here.root.parent / "generated.jsonl.gz"
    return transcript(path, plan.many(50, 2), plan.many(200, 10), plan.seed)


def _measured(path: Path, place: Site) -> list[Row]:
    name = path.name.removesuffix(".jsonl.gz")
    folder = place.here.root.parent
    with closing(SqliteStore(folder / f"{name}.db")) as store:
        plain_s = min(_cpu(lambda: _json_alone(path))[0] for _ in range(3))
        read_s, events = _cpu(lambda: _read_alone(path))
        append_s, _ = _cpu(lambda: _append(path, store))
        learn_s, learnt = _cpu(lambda: _learn(store))
        lessons = len(store.learning.lessons())
    plain = events / plain_s
    steps: Sequence[tuple[str, float]] = (
        ("read", read_s),
        ("read and append", append_s),
        ("read, append and learn", append_s + learn_s),
    )
    return [
        *(
            compared(f"{name}: {what}", events / cpu_s, "events/CPU s", "json.loads", plain, events)
            for what, cpu_s in steps
        ),
        figure(f"{name}: learn alone", learnt / learn_s, "events/CPU s", learnt),
        figure(f"{name}: lessons learnt", lessons, "lessons", learnt),
    ]


def _cpu(work: Callable[[], int]) -> tuple[float, int]:
    """Seconds of CPU of this process, and what the work counted."""
    began = time.process_time()
    counted = work()
    return max(time.process_time() - began, 1e-9), counted


def _json_alone(path: Path) -> int:
    with gzip.open(path, "rb") as lines:
        return sum(1 for line in lines if json.loads(line))


def _read_alone(path: Path) -> int:
    return sum(1 for _ in open_transcript(path).events(ProjectKey))


def _append(path: Path, store: SqliteStore) -> int:
    read = open_transcript(path)
    return import_file(path, lambda _: read.events(ProjectKey), store, lambda: 0).events


def _learn(store: SqliteStore) -> int:
    learning = Learning(store)
    learnt = 0
    while more := learning.run():
        learnt += more
    return learnt
