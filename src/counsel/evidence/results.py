"""The result of a replay as one value: this is the JSON of `counsel replay --json`.

`datasets[*].name, sessions, calls, failures, classes{mistake, refusal, signal}, shown,
noise_per_100_fine, baselines, latency_ms, cpu_s, lessons` are a stable contract; the other fields
may grow. Every formula is in `counsel.evidence.score`.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct, structs

from counsel.evidence.player import ShownAdvice
from counsel.evidence.replay import CallRow, Played
from counsel.evidence.score import Figures, figures
from counsel.model.advice import Authority, FailureClass
from counsel.model.ids import ActionId, SessionId


class ReplayedFile(Struct, frozen=True, kw_only=True):
    """What was read. `sha256` is of the file as it lies there, packed or not."""

    name: str
    role: Literal["scored", "warm"]
    bytes: int
    sha256: str


class DatasetResult(Figures, frozen=True, kw_only=True):
    """The player under test on one dataset, and the baselines on the same calls."""

    name: str
    baselines: dict[str, Figures]


class Results(Struct, frozen=True, kw_only=True):
    """A whole replay. `seed` is None where nothing was left to chance."""

    player: str
    version: str
    seed: int | None
    files: tuple[ReplayedFile, ...]
    datasets: tuple[DatasetResult, ...]


class ShownDetail(Struct, frozen=True):
    id: str
    source: str
    authority: Authority
    signature: str
    text: str


class Detail(Struct, frozen=True, kw_only=True, rename={"failure_class": "class"}):
    """One call as a row for others to score. `right`: any piece was; None if none was shown."""

    session: SessionId
    action_id: ActionId
    tool: str
    ok: bool | None
    failure_class: FailureClass | None
    shown: tuple[ShownDetail, ...]
    right: bool | None


def results(
    played: Iterable[Played],
    *,
    player: str,
    version: str,
    files: Sequence[ReplayedFile],
    seed: int | None = None,
) -> Results:
    """The figures of everyone, gathered by dataset around the player under test."""
    measured: dict[str, dict[str, Figures]] = {}
    for each in played:
        measured.setdefault(each.dataset, {})[each.player] = figures(each)
    return Results(
        player=player,
        version=version,
        seed=seed,
        files=tuple(files),
        datasets=tuple(_dataset(name, player, by_player) for name, by_player in measured.items()),
    )


def detail(row: CallRow) -> Detail:
    """The row of `--details`."""
    return Detail(
        session=row.session,
        action_id=row.action_id,
        tool=row.tool,
        ok=row.ok,
        failure_class=row.failure_class,
        shown=tuple(_shown(each) for each in row.shown),
        right=any(row.right) if row.right else None,
    )


def _shown(advice: ShownAdvice) -> ShownDetail:
    return ShownDetail(advice.id, advice.source, advice.authority, advice.signature, advice.text)


def _dataset(name: str, player: str, by_player: dict[str, Figures]) -> DatasetResult:
    return DatasetResult(
        name=name,
        baselines={who: each for who, each in by_player.items() if who != player},
        **structs.asdict(by_player[player]),
    )
