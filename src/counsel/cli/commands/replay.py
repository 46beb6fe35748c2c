"""`counsel replay`: AdviceBench on recorded sessions."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from counsel import __version__
from counsel.agents.transcripts.detect import open_transcript
from counsel.cli.output import emit, json_option
from counsel.evidence.baselines import all_baselines
from counsel.evidence.player import Player
from counsel.evidence.replay import Played, replay, timeline
from counsel.evidence.report import as_html, as_markdown, trace
from counsel.evidence.results import ReplayedFile, Results, detail, results
from counsel.model.errors import BadInput
from counsel.model.events import Event
from counsel.model.ids import ProjectKey
from counsel.storage.in_memory.store import InMemoryStore
from counsel.workflows.rehearsal import Rehearsal

OWN = "counsel"
"""The name of the real advisor among the players."""
SEED = 0
_EVERY = 250
"""Events between two moves of the progress bar."""


class ProcessTime:
    """The real stopwatch."""

    def wall_ns(self) -> int:
        return time.perf_counter_ns()

    def cpu_ns(self) -> int:
        return time.process_time_ns()


class ReplayCommand(click.Command):
    """Lets `--warm` take all the files that follow it, up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _spread(args))


def _spread(args: Sequence[str]) -> list[str]:
    """`--warm a b` as `--warm a --warm b`."""
    spread: list[str] = []
    warm = False
    for arg in args:
        if arg.startswith("-") and arg != "-":
            warm = arg == "--warm"
            if not warm:
                spread.append(arg)
        else:
            spread.extend(("--warm", arg) if warm else (arg,))
    return [*spread, "--warm"] if args and args[-1] == "--warm" else spread


def _output(name: str, text: str) -> Callable[[Any], Any]:
    place = click.Path(path_type=Path, dir_okay=False)
    return click.option(name, type=place, metavar="FILE", help=text)


@click.command("replay", cls=ReplayCommand)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--warm",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILES...",
    help="Files to learn from first, unscored; all names up to the next option.",
)
@_output("--details", "Write one JSON row per call.")
@_output("--report", "Write one HTML page with plots.")
@_output("--markdown", "Write the figures as Markdown.")
@click.option("--no-baselines", is_flag=True, help="Only the advisor itself.")
@click.option("--player", default=OWN, show_default=True, help="Test a baseline in its place.")
@json_option
def replay_(
    files: tuple[Path, ...],
    warm: tuple[Path, ...],
    details: Path | None,
    report: Path | None,
    markdown: Path | None,
    no_baselines: bool,
    player: str,
    as_json: bool,
) -> None:
    """Play the recorded sessions in FILES through the advisor, and say what its advice was worth.

    All FILES are lived through in one order of time, and nothing is learnt from what came later;
    the figures are per file. To measure a file alone, replay it alone.
    """
    for path in (details, report, markdown):
        _require_folder(path)
    players = _players(player, baselines=not no_baselines)
    read = [_file(path, "scored") for path in files] + [_file(path, "warm") for path in warm]
    played = _played(files, warm, players)
    found = results(played, player=player, version=__version__, files=read, seed=SEED)
    own = [row for each in played if each.player == player for row in each.rows]
    if details is not None:
        encoder = msgspec.json.Encoder()
        _write(details, b"".join(encoder.encode(detail(row)) + b"\n" for row in own))
    if report is not None:
        _write(report, as_html(found, [trace(each) for each in played]).encode())
    if markdown is not None:
        _write(markdown, as_markdown(found).encode())
    emit(found, _told(found, as_json=as_json), as_json=as_json)


def _told(found: Results, *, as_json: bool) -> str:
    return "" if as_json else as_markdown(found).rstrip()


def _played(
    files: Sequence[Path], warm: Sequence[Path], players: Sequence[Player]
) -> tuple[Played, ...]:
    datasets = {name: _events(path) for name, path in _names(files).items()}
    moments = timeline(datasets, warm={str(path): _events(path) for path in warm})
    with _progress(len(moments)) as progress:
        return replay(moments, players, ProcessTime(), progress=progress)


def _players(own: str, *, baselines: bool) -> tuple[Player, ...]:
    """The player under test first."""
    others = {each.name: each for each in all_baselines()}
    if own == OWN:
        tested: Player = Rehearsal(InMemoryStore(), name=OWN, seed=SEED)
    elif own in others:
        tested = others.pop(own)
    else:
        known = ", ".join((OWN, *others))
        raise BadInput(f"there is no player {own!r}.", advice=f"Known are: {known}.")
    return (tested, *others.values()) if baselines else (tested,)


def _events(path: Path) -> Iterator[Event]:
    """Projects are the folders as recorded: this machine's disk must not matter."""
    return open_transcript(path).events(ProjectKey)


def _names(paths: Sequence[Path]) -> dict[str, Path]:
    """File names without `.jsonl`, `.json`, `.gz`; where two are alike, whole paths."""
    short = [_stem(path) for path in paths]
    alike = {name for name in short if short.count(name) > 1}
    return {
        str(path) if name in alike else name: path for name, path in zip(short, paths, strict=True)
    }


def _stem(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    return name.removesuffix(".jsonl").removesuffix(".json") or path.name


def _file(path: Path, role: Literal["scored", "warm"]) -> ReplayedFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot read {str(path)!r}: {error.strerror or error}.",
            advice="Check the path and its permissions.",
        ) from error
    return ReplayedFile(
        name=path.name, role=role, bytes=len(content), sha256=sha256(content).hexdigest()
    )


def _require_folder(path: Path | None) -> None:
    """Before the work, not after it."""
    if path is not None and not path.absolute().parent.is_dir():
        raise BadInput(
            f"there is no folder {str(path.absolute().parent)!r} to write to.",
            advice="Make it, or name another file.",
        )


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadInput(
            f"cannot write {str(path)!r}: {error.strerror or error}.",
            advice="Name a file that can be written.",
        ) from error


@contextmanager
def _progress(length: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=length, label="Replaying", file=sys.stderr) as bar:

        def moved(done: int) -> None:
            if done % _EVERY == 0 or done == length:
                bar.update(done - bar.pos)

        yield moved
