"""The JSON contract, the page and the tables."""

import re
from typing import Any

import msgspec

from counsel.evidence.baselines import Silent
from counsel.evidence.plots import Bar, Line, bar_chart, histogram, line_chart
from counsel.evidence.replay import Played, replay, timeline
from counsel.evidence.report import as_html, as_markdown, trace
from counsel.evidence.results import ReplayedFile, Results, detail, results
from tests.evidence.sessions import UNREAD, Ticks, Told, advice
from tests.evidence.test_score import eight_calls

FILE = ReplayedFile(name="d.jsonl", role="scored", bytes=3, sha256="ab" * 32)


def small(dataset: str = "d") -> tuple[Results, tuple[Played, ...]]:
    player = Told({"unread": (advice(f"Edit|{UNREAD}"),)})
    played = replay(timeline({dataset: eight_calls().events}), [player, Silent()], Ticks())
    return results(played, player="told", version="0", files=[FILE]), played


def plain(value: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def shape(value: Any) -> Any:
    """A JSON value with its leaves replaced by the names of their types."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def test_the_json_is_what_measurements_rely_on() -> None:
    (dataset,) = plain(small()[0])["datasets"]
    assert {key: dataset[key] for key in ("name", "sessions", "calls", "failures", "shown")} == {
        "name": "d",
        "sessions": 1,
        "calls": 5,
        "failures": 3,
        "shown": 1,
    }
    figures = ("n", "warned", "recall", "precision")
    assert {key: dataset["classes"]["mistake"][key] for key in figures} == {
        "n": 1,
        "warned": 1,
        "recall": 1.0,
        "precision": 1.0,
    }
    assert {key: dataset["classes"]["refusal"][key] for key in figures} == {
        "n": 1,
        "warned": 0,
        "recall": 0.0,
        "precision": None,
    }
    assert dataset["classes"]["signal"] == {"n": 1}
    assert (dataset["noise_per_100_fine"], dataset["cpu_s"]) == (0.0, 3.2e-05)
    assert shape(dataset["latency_ms"]) == {"p50": "float", "p95": "float", "p99": "float"}
    assert list(dataset["baselines"]) == ["silent"]
    assert set(dataset["baselines"]["silent"]) == set(dataset) - {"name", "baselines"}
    assert shape(dataset["lessons"]) == "int"


def test_a_detail_row_is_exact() -> None:
    played = small()[1][0]
    assert [plain(detail(row)) for row in played.rows[:2]] == [
        {
            "session": "s1",
            "action_id": "unread",
            "tool": "Edit",
            "ok": False,
            "class": "mistake",
            "shown": [
                {
                    "id": "a",
                    "source": "rule",
                    "authority": "note",
                    "signature": f"Edit|{UNREAD}",
                    "text": f"beware of Edit|{UNREAD}",
                }
            ],
            "right": True,
        },
        {
            "session": "s1",
            "action_id": "fine",
            "tool": "Read",
            "ok": True,
            "class": None,
            "shown": [],
            "right": None,
        },
    ]


def test_the_page_needs_nothing_from_outside() -> None:
    found, played = small()
    page = as_html(found, [trace(each) for each in played])
    assert not re.search(r"https?:|//[a-z]|<script|<link|@import|url\(|<img|<iframe|\bsrc=", page)
    assert page.count("<svg") == 5
    assert ("prefers-color-scheme: dark" in page, FILE.sha256 in page) == (True, True)


def test_names_from_files_are_escaped() -> None:
    found, played = small("<b>&d")
    page = as_html(found, [trace(each) for each in played])
    assert ("<b>&d" in page, "&lt;b&gt;&amp;d" in page) == (False, True)


def test_markdown_has_every_player_and_file() -> None:
    text = as_markdown(small()[0])
    assert re.findall(r"^\| (told|silent|d\.jsonl|rule) ", text, re.MULTILINE) == [
        "told",
        "silent",
        "told",
        "silent",
        "rule",
        "d.jsonl",
    ]
    assert all(row.count("|") > 4 for row in text.splitlines() if row.startswith("|"))


def test_a_trace_counts_warned_targets_by_call() -> None:
    found = trace(small()[1][0])
    assert (found.warned, found.failed, found.calls) == (((1, 1),), ((1, 1), (4, 2)), 8)
    assert sum(found.latencies) == 8


def test_plots_of_nothing_are_plots() -> None:
    for plot in (bar_chart([], "t"), line_chart([], "t", x_name="x"), histogram([], "t")):
        assert plot.startswith("<svg") and plot.endswith("</svg>")


def test_plots_escape_and_scale() -> None:
    bars = bar_chart([Bar("<a>", 0.5, "50 %"), Bar("b", None, "n/a")], "t", most=1.0)
    assert "&lt;a&gt;" in bars
    assert re.findall(r' width="([\d.]+)"', bars) == ["115.0", "0.0"]
    lines = line_chart([Line("l", ((5, 1), (10, 2)))], "t", x_name="calls")
    assert 'd="M44 192H236.0V101.0H428.0V10.0H428"' in lines
