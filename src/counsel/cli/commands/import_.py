"""`counsel import`: learn from the transcripts that agents have left on this machine.

The files' events go into the log first, whether a service runs or not; the log takes each event
once, so a run that was killed is simply repeated. Then somebody learns from them: the service if
there is one, else this process under the service's lock.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec import Struct

from counsel.agents.transcripts.detect import discover, open_transcript
from counsel.bootstrap import Projects, SystemClock
from counsel.cli.errors import Unreachable
from counsel.cli.inside import claim
from counsel.cli.output import emit, json_option
from counsel.cli.service import Service
from counsel.config import Settings, load_settings
from counsel.model.errors import BadTranscript, CounselError, StoreFault
from counsel.model.events import Event
from counsel.server.status import Status
from counsel.storage.sqlite.store import SqliteStore
from counsel.workflows.importing import Imported, digest_of, import_file, unheard
from counsel.workflows.learning import Learning
from counsel.workflows.memory_view import Summary, best, told

AGENTS = {"claude-code": ".claude", "codex": ".codex"}
"""The agents whose transcripts are found by themselves, and their folder in the user's home."""

STANDSTILL = 60.0
"""Seconds without any progress after which the service's learner is not waited for any more."""
_LOOK_EVERY = 0.05


class Report(Struct, frozen=True, kw_only=True):
    """What came of it. `files` counts those looked at; `best` are the best supported lessons."""

    files: int
    imported: int
    known: int
    failed: int
    events: int
    learnt: bool
    """False: the service was still learning when this ended, or it was a dry run."""
    dry_run: bool
    lessons_before: int
    lessons_after: int
    best: tuple[Summary, ...]
    results: tuple[Imported, ...]


@click.command("import")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--agent", type=click.Choice(list(AGENTS)), help="Only transcripts of this agent.")
@click.option("--dry-run", is_flag=True, help="Only say what would be imported.")
@json_option
def import_(paths: tuple[Path, ...], agent: str | None, dry_run: bool, as_json: bool) -> None:
    """Learn from the transcripts at PATHS, files or folders; without PATHS from all that are here.

    Can be repeated, and continues where it was interrupted. Exit code 1 if a file failed.
    """
    settings = load_settings(os.environ)
    files = _files(paths, agent)
    if not paths and not as_json:
        click.echo(f"Found {_count(len(files), 'transcript')} under {Path.home()}.", err=True)
    if dry_run and not settings.home.database.exists():
        report = _report(files, [Imported(str(path), 0) for path in files], dry_run=True)
    else:
        settings.home.create()
        store = SqliteStore(settings.home.database, durability=settings.durability)
        try:
            report = _dry(files, store) if dry_run else _run(files, agent, settings, store)
        finally:
            store.close()
    for row in report.results:
        if row.problem and not as_json:
            click.echo(" ".join(f"counsel: {row.problem}".split()), err=True)
    emit(report, _told(report), as_json=as_json)
    sys.exit(report.failed > 0)


def _files(paths: Sequence[Path], agent: str | None) -> tuple[Path, ...]:
    """Each once, in order."""
    if not paths:
        found = discover(Path.home())
        if agent:
            folder = Path.home() / AGENTS[agent]
            found = tuple(path for path in found if path.is_relative_to(folder))
        return found
    named: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (*path.rglob("*.jsonl"), *path.rglob("*.jsonl.gz"))
            named += sorted(each for each in inside if each.is_file())
        else:
            named.append(path)
    return tuple(dict.fromkeys(named))


def _dry(files: Sequence[Path], store: SqliteStore) -> Report:
    rows = []
    for path in files:
        try:
            mark = store.imports.marked(digest_of(path))
            rows.append(Imported(str(path), 0, known=mark is not None and mark.done))
        except OSError as error:
            rows.append(Imported(str(path), 0, problem=_unreadable(path, error)))
    count = len(store.learning.lessons())
    return _report(files, rows, dry_run=True, before=count, after=count)


def _run(
    files: Sequence[Path], agent: str | None, settings: Settings, store: SqliteStore
) -> Report:
    clock = SystemClock()
    before = len(store.learning.lessons())
    rows = _imported(files, agent, store, clock)
    learnt = _learn(settings, store)
    lessons = store.learning.lessons()
    return _report(
        files,
        rows,
        before=before,
        after=len(lessons),
        learnt=learnt,
        found=best(lessons, clock.now_ms()),
    )


# Into the log


def _imported(
    files: Sequence[Path], agent: str | None, store: SqliteStore, clock: SystemClock
) -> list[Imported]:
    projects = Projects(clock)

    def read(path: Path) -> Iterator[Event]:
        transcript = open_transcript(path)
        if agent and transcript.format != agent:
            raise BadTranscript(f"{str(path)!r} is a transcript of {transcript.format}.")
        return unheard(transcript.events(projects.of), store.events)

    rows = []
    with _bar("Importing", len(files)) as done:
        for path in files:
            rows.append(_import_one(path, read, store, clock))
            done(1)
    return rows


def _import_one(
    path: Path, read: Callable[[Path], Iterator[Event]], store: SqliteStore, clock: SystemClock
) -> Imported:
    try:
        return import_file(path, read, store, clock.now_ms)
    except StoreFault:
        raise
    except CounselError as error:
        named = error.message if str(path) in error.message else f"{str(path)!r}: {error.message}"
        return Imported(str(path), 0, problem=named)
    except OSError as error:
        return Imported(str(path), 0, problem=_unreadable(path, error))


def _unreadable(path: Path, error: OSError) -> str:
    return f"cannot read {str(path)!r}: {error.strerror or error}."


# Out of the log


def _learn(settings: Settings, store: SqliteStore) -> bool:
    """Whether all that is in the log now was learnt from. Raises `Conflict`."""
    service = Service(settings.home.socket, timeout=60.0)
    while True:
        if service.answers():
            try:
                return _wait(service, store)
            except Unreachable:
                continue
        claimed = claim(settings.home, os.environ, service)
        if claimed is not None:
            try:
                _learn_here(store)
            finally:
                claimed.release()
            return True


def _wait(service: Service, store: SqliteStore) -> bool:
    """Until the service's learner has caught up. Raises `Unreachable`."""
    target = store.events.last_seq()
    upto = start = store.learning.learnt_upto()
    patience = time.monotonic() + STANDSTILL
    with _bar("Learning", target - start) as done:
        while upto < target and store.events.read(upto, 1):
            now = service.get("/api/status", Status).learnt_upto
            if now > upto:
                patience = time.monotonic() + STANDSTILL
            elif time.monotonic() > patience:
                return False
            done(now - upto)
            upto = now
            time.sleep(_LOOK_EVERY)
    return True


def _learn_here(store: SqliteStore) -> None:
    learning = Learning(store)
    with _bar("Learning", store.events.last_seq() - learning.upto) as done:
        while count := learning.run():
            done(count)


@contextmanager
def _bar(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """On a terminal; nothing elsewhere."""
    if not sys.stderr.isatty() or length <= 0:
        yield lambda count: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


# What is said


def _report(
    files: Sequence[Path],
    rows: Sequence[Imported],
    *,
    dry_run: bool = False,
    before: int = 0,
    after: int = 0,
    learnt: bool = False,
    found: tuple[Summary, ...] = (),
) -> Report:
    known = sum(row.known for row in rows)
    failed = sum(bool(row.problem) for row in rows)
    return Report(
        files=len(files),
        imported=len(rows) - known - failed,
        known=known,
        failed=failed,
        events=sum(row.events for row in rows),
        learnt=learnt,
        dry_run=dry_run,
        lessons_before=before,
        lessons_after=after,
        best=found,
        results=tuple(rows),
    )


def _told(report: Report) -> str:
    aside = f" ({report.known} known already, {report.failed} failed)"
    aside = aside if report.known or report.failed else ""
    if report.dry_run:
        return f"Would import {_count(report.imported, 'file')}{aside}."
    lines = [
        f"{_count(report.imported, 'file')} imported{aside}, {_count(report.events, 'event')}.",
        f"Lessons: {report.lessons_before} -> {report.lessons_after}.",
    ]
    if not report.learnt:
        lines.append("The service is still learning; `counsel status` says how far it is.")
    if report.best:
        lines.append("Best supported:")
    lines += [f"  {told(one)}" for one in report.best]
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
