"""Every bench runs and writes rows as the interface fixes them. Nothing here is about speed."""

import json
import math
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from bench.__main__ import bench
from bench.plan import Plan
from bench.rows import Row, compared, figure, percentile, table
from bench.running import BENCHES, run_bench

KEYS = ["name", "value", "unit", "counterpart", "counterpart_value", "ratio", "n"]


@pytest.mark.parametrize("name", BENCHES)
def test_it_writes_valid_rows(name: str, tmp_path: Path) -> None:
    rows = run_bench(name, Plan(quick=True), tmp_path)
    written = (tmp_path / f"{name}.json").read_bytes()
    assert msgspec.json.decode(written, type=list[Row]) == rows
    assert rows
    assert all(list(row) == KEYS for row in json.loads(written))
    assert len({(row.name, row.counterpart) for row in rows}) == len(rows)
    for row in rows:
        assert row.name
        assert row.unit
        assert math.isfinite(row.value)
        assert row.n >= 0
        assert row.counterpart or row.counterpart_value is None
        assert (row.ratio is not None) == bool(row.counterpart_value)


def test_what_must_be_whole_is_whole(tmp_path: Path) -> None:
    parallel = {row.name: row.value for row in run_bench("parallel", Plan(quick=True), tmp_path)}
    assert parallel == {
        "parallel: ActionProposed": 6,
        "parallel: AdviceGiven": 6,
        "parallel: OutcomeObserved": 6,
        "parallel: joined by trace": 100,
        "parallel: ended": 100,
        "parallel: calls left open": 0,
        "parallel: hooks that failed": 0,
    }


def test_no_kill_loses_what_was_acknowledged(tmp_path: Path) -> None:
    kills = {row.name: row.value for row in run_bench("kills", Plan(quick=True), tmp_path)}
    assert kills["kills of the service under load"] == 2
    assert kills["acknowledged records"] > 0
    assert kills["acknowledged records lost"] == 0
    assert kills["starts that failed"] == 0


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    arguments = ["storage", "--quick", "--out", str(tmp_path)]
    shown = CliRunner().invoke(bench, arguments)
    printed = CliRunner().invoke(bench, [*arguments, "--json"])
    assert shown.exit_code == printed.exit_code == 0
    assert "append, import" in shown.stdout
    assert msgspec.json.decode(printed.stdout, type=dict[str, list[Row]]).keys() == {"storage"}


def test_an_unknown_name_is_refused() -> None:
    assert CliRunner().invoke(bench, ["speed"]).exit_code == 2


def test_a_ratio_is_of_value_to_counterpart() -> None:
    assert compared("a", 3.0, "ms", "b", 2.0, 7).ratio == 1.5
    assert compared("a", 3.0, "ms", "goal", 0, 7).ratio is None


def test_a_percentile_is_the_nearest_rank() -> None:
    assert [percentile([3, 1, 2, 4], percent) for percent in (0, 25, 50, 99, 100)] == [
        1, 1, 2, 4, 4,
    ]  # fmt: skip


def test_the_table_lines_up() -> None:
    rows = [figure("one", 1.5, "ms", 3), compared("other", 2_000, "1/s", "goal", 1_000, 10)]
    assert table(rows).splitlines() == [
        "what   value  unit  beside  its value  ratio   n",
        "one      1.5  ms                               3",
        "other  2,000  1/s   goal        1,000      2  10",
    ]
