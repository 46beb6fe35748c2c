"""`counsel memory`: look at what was learnt, add to it, take from it, move it."""

import os
import sys
from pathlib import Path
from typing import BinaryIO, cast, get_args

import click

from counsel.cli.inside import Counterpart, counterpart
from counsel.cli.output import emit, json_option, table
from counsel.cli.places import project_of, since, url
from counsel.memory.lesson import Condition, LessonKind, LessonStatus
from counsel.memory.wording import condition_text
from counsel.model.errors import BadInput, NotFound
from counsel.server.tokens import write_private
from counsel.workflows.memory_view import (
    LIMIT,
    Admission,
    Forget,
    Forgotten,
    Held,
    Lessons,
    NewLesson,
    Restored,
    Whole,
)

SENT_AT_ONCE = 512 * 1024
"""Bytes of one import request: well under the service's body_limit."""

CONDITIONS = ("kind", "tool", "program", "subcommand", "flag", "path", "word", "phase")


@click.group()
def memory() -> None:
    """What was learnt. Each sub-command takes `--json`.

    Works through the service when it runs, else directly on the home.
    """


@memory.command("list")
@click.option("--project", default="", help="Its lessons and the global ones; `.` for this one.")
@click.option("--status", type=click.Choice(get_args(LessonStatus)))
@click.option("--kind", type=click.Choice(get_args(LessonKind)))
@click.option("--limit", default=LIMIT, show_default=True, type=click.IntRange(min=0))
@json_option
def list_(project: str, status: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """The lessons, a line each: active ones first, and the last changed first."""
    place = url(
        "/v1/memory/lessons", project=project_of(project), status=status, kind=kind, limit=limit
    )
    with counterpart(os.environ, changes=False) as other:
        found = other.get(place, Lessons)
    emit(found, _listed(found), as_json=as_json)


def _listed(found: Lessons) -> str:
    if not found.lessons:
        return f"{_count(found.total, 'lesson')}."
    rows = [(one.id, one.status, one.kind, one.text, one.evidence) for one in found.lessons]
    lines = [
        table([(*row[:3], _short(row[3]) + (f"  ({row[4]})" if row[4] else "")) for row in rows])
    ]
    if found.total > len(found.lessons):
        lines.append(f"{len(found.lessons)} of {found.total}; more with --limit.")
    return "\n".join(lines)


@memory.command()
@click.argument("lesson")
@json_option
def show(lesson: str, as_json: bool) -> None:
    """One lesson, whole, by its id or the beginning of it."""
    with counterpart(os.environ, changes=False) as other:
        found = other.get(url("/v1/memory/lessons/{}", lesson), Whole)
    emit(found, _shown(found), as_json=as_json)


def _shown(found: Whole) -> str:
    one = found.lesson
    rows = [
        ("id", one.id),
        ("kind", f"{one.kind}, {one.status}, version {one.version}, origin {one.origin}"),
        ("project", one.project or "all"),
        ("when", condition_text(one.condition) or "always"),
        ("fails with", one.failing),
        ("evidence", found.evidence),
        ("fine", f"{one.evidence.passed} times" if one.evidence.passed else ""),
        ("recovered", f"{one.evidence.recovered} times" if one.evidence.recovered else ""),
        ("trust", f"{found.trust:.2f}"),
        ("changed", since(one.updated_ms)),
    ]
    return f"{found.text}\n\n{table([row for row in rows if row[1]])}"


@memory.command()
@click.argument("text")
@click.option(
    "--kind", type=click.Choice(get_args(LessonKind)), default="preference", show_default=True
)
@click.option("--project", default="", help="Only there; `.` for this one. Default: everywhere.")
@click.option(
    "--when",
    "when",
    multiple=True,
    metavar="NAME=VALUE",
    help=f"Condition, repeatable: {', '.join(CONDITIONS)}.",
)
@json_option
def add(text: str, kind: str, project: str, when: tuple[str, ...], as_json: bool) -> None:
    """Remember TEXT. Exit code 1 if the write gate refused it."""
    new = NewLesson(
        text=text,
        kind=cast(LessonKind, kind),
        project=project_of(project),
        condition=condition_of(when),
    )
    with counterpart(os.environ, changes=True) as other:
        found = other.post("/v1/memory/lessons", new, Admission)
    emit(found, _admitted(found), as_json=as_json)
    sys.exit(found.verdict == "rejected")


def condition_of(when: tuple[str, ...]) -> Condition:
    """From `name=value` texts; `flag` and `word` may come several times. Raises `BadInput`."""
    single: dict[str, str] = {}
    flags: list[str] = []
    words: list[str] = []
    for one in when:
        name, found, value = one.partition("=")
        if not found or not value or name not in CONDITIONS:
            raise BadInput(
                f"{one!r} is no condition.", advice=f"Write NAME=VALUE; {', '.join(CONDITIONS)}."
            )
        if name == "flag":
            flags.append(value)
        elif name == "word":
            words.append(value)
        elif name in single:
            raise BadInput(f"{name!r} is given twice.", advice="Add a lesson for each.")
        else:
            single[name] = value
    return Condition(
        kind=single.get("kind", ""),
        tool=single.get("tool", ""),
        program=single.get("program", ""),
        subcommand=single.get("subcommand", ""),
        path=single.get("path", ""),
        phase=single.get("phase", ""),
        flags=tuple(flags),
        words=tuple(words),
    )


def _admitted(found: Admission) -> str:
    match found.verdict:
        case "accepted":
            return f"Remembered as {found.id}."
        case "pending":
            return f"Kept as {found.id}, but not advised: say what to do, when, and why."
        case "duplicate":
            return f"Known already{f' as {found.id}' if found.id else ''}."
        case _:
            again = f"To have it all the same: `counsel memory restore {found.quarantined}`."
            return f"Refused ({found.reason}). {again if found.restorable else ''}".rstrip()


@memory.command()
@click.argument("lesson", default="")
@click.option("--session", default="", help="Everything of this session.")
@click.option("--project", default="", help="Everything of this project; `.` for this one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only count what would be removed.")
@json_option
def forget(
    lesson: str, session: str, project: str, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Remove a LESSON, a session or a project for good. That it was done stays on record."""
    wanted = Forget(lesson=lesson, session=session, project=project_of(project), dry_run=True)
    with counterpart(os.environ, changes=not dry_run) as other:
        counted = other.post("/v1/memory/forget", wanted, Forgotten)
        if dry_run:
            emit(counted, f"Would remove {_amount(counted)}.", as_json=as_json)
            return
        if not yes:
            _confirm(_amount(counted))
        done = other.post(
            "/v1/memory/forget",
            Forget(lesson=wanted.lesson, session=wanted.session, project=wanted.project),
            Forgotten,
        )
    emit(done, f"Removed {_amount(done)}.", as_json=as_json)


def _confirm(amount: str) -> None:
    if not sys.stdin.isatty():
        raise BadInput(f"this would remove {amount}.", advice="Say --yes to do it.")
    click.confirm(f"Remove {amount} for good?", abort=True, err=True)


def _amount(gone: Forgotten) -> str:
    parts = [_count(gone.lessons, "lesson")]
    if gone.events or not gone.lessons:
        parts.append(f"{_count(gone.events, 'event')} of {_count(len(gone.sessions), 'session')}")
    return " and ".join(parts)


@memory.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@json_option
def export(file: Path | None, as_json: bool) -> None:
    """Write all lessons to FILE (default: stdout), one JSON object a line."""
    with counterpart(os.environ, changes=False) as other:
        lines = other.raw("GET", "/v1/memory/export")
    if file is None:
        sys.stdout.buffer.write(lines)
        return
    try:
        write_private(file, lines)
    except OSError as error:
        raise BadInput(
            f"cannot write {str(file)!r}: {error.strerror or error}.", advice="Name another file."
        ) from error
    count = lines.count(b"\n")
    emit(
        {"file": str(file), "lessons": count},
        f"{_count(count, 'lesson')} in {file}.",
        as_json=as_json,
    )


@memory.command("import")
@click.argument("file", type=click.File("rb"))
@json_option
def import_(file: BinaryIO, as_json: bool) -> None:
    """Take over the lessons in FILE (`-`: stdin). What is known and newer here stays."""
    with counterpart(os.environ, changes=True) as other:
        counts = [_sent(other, part) for part in parts_of(file.read())]
    done = Restored(
        added=sum(one.added for one in counts),
        kept=sum(one.kept for one in counts),
        refused=sum(one.refused for one in counts),
        bad=sum(one.bad for one in counts),
    )
    text = f"{done.added} taken over, {done.kept} known already"
    text += f", {done.refused} refused" if done.refused else ""
    text += f", {_count(done.bad, 'line')} unreadable" if done.bad else ""
    emit(done, f"{text}.", as_json=as_json)
    sys.exit(done.bad > 0)


def parts_of(content: bytes, most: int = SENT_AT_ONCE) -> list[bytes]:
    """The lines in pieces of at most `most` bytes each, or of one longer line."""
    parts: list[bytes] = []
    part = bytearray()
    for line in content.splitlines(keepends=True):
        if part and len(part) + len(line) > most:
            parts.append(bytes(part))
            part.clear()
        part += line
    return [*parts, bytes(part)] if part else parts


def _sent(other: Counterpart, part: bytes) -> Restored:
    import msgspec

    return msgspec.json.decode(other.raw("POST", "/v1/memory/import", part), type=Restored)


@memory.command()
@click.option("--limit", default=LIMIT, show_default=True, type=click.IntRange(min=0))
@json_option
def quarantine(limit: int, as_json: bool) -> None:
    """What was not let in, or was suspended, and why; newest first."""
    with counterpart(os.environ, changes=False) as other:
        rows = other.get(url("/v1/memory/quarantine", limit=limit), list[Held])
    text = table([(row.id, since(row.at_ms), row.reason, _short(row.text)) for row in rows])
    emit(rows, text or "Nothing is in quarantine.", as_json=as_json)


@memory.command()
@click.argument("row")
@json_option
def restore(row: str, as_json: bool) -> None:
    """Let ROW of the quarantine in after all."""
    if "/" in row:
        raise NotFound(f"nothing in quarantine has the id {row!r}.")
    with counterpart(os.environ, changes=True) as other:
        found = other.post(url("/v1/memory/quarantine/{}/restore", row), {}, Whole)
    emit(found, f"Active again as {found.lesson.id}: {found.text}", as_json=as_json)


def _short(text: str, longest: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
