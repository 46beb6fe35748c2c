"""`counsel replay`, as a process."""

import gzip
import json
from pathlib import Path

import pytest

from counsel.config import Home
from tests.server.processes import run_counsel


def row(session: str, seq: int, event: str, **fields: object) -> str:
    head = {
        "session": session,
        "seq": seq,
        "ts": f"2026-01-0{session[-1]}T00:00:{seq:02}Z",
        "agent": "claude-code",
        "cwd": "/home/user/p",
        "event": event,
    }
    return json.dumps(head | fields)


def dataset(session: str) -> str:
    """Two reads of a file that is not there, and one that is."""
    missing = "<tool_use_error>File does not exist.</tool_use_error>"
    lines = [row(session, 0, "session_start")]
    for number in range(3):
        call = {"action_id": f"{session}c{number}", "tool": "Read"}
        fine = number == 2
        path = f"/home/user/p/{'there' if fine else 'gone'}.py"
        lines.append(row(session, len(lines), "action", **call, input={"file_path": path}))
        end = {"ok": fine, "error": None if fine else missing, "tool_use_error": not fine}
        lines.append(row(session, len(lines), "outcome", **call, **end))
    lines.append(row(session, len(lines), "session_end"))
    return "\n".join(lines) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    plain, packed = tmp_path / "one.jsonl", tmp_path / "two.dev.jsonl.gz"
    plain.write_text(dataset("s1"))
    packed.write_bytes(gzip.compress(dataset("s2").encode()))
    return [str(plain), str(packed)]


def test_json_per_file(home: Home, files: list[str]) -> None:
    done = run_counsel(home, "replay", *files, "--player", "always", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [
        (each["name"], each["calls"], each["failures"], each["classes"]["mistake"]["warned"])
        for each in found["datasets"]
    ] == [("one", 3, 2, 1), ("two.dev", 3, 2, 2)]
    assert [(each["name"], each["role"], len(each["sha256"])) for each in found["files"]] == [
        ("one.jsonl", "scored", 64),
        ("two.dev.jsonl.gz", "scored", 64),
    ]
    assert list(found["datasets"][0]["baselines"]) == [
        "silent", "vector", "predecessor", "pattern", "preflight4",
    ]  # fmt: skip


def test_warm_takes_every_file_after_it(home: Home, files: list[str], tmp_path: Path) -> None:
    third = tmp_path / "three.jsonl"
    third.write_text(dataset("s3"))
    options = ("--no-baselines", "--player", "always", "--json")
    done = run_counsel(home, "replay", str(third), "--warm", *files, *options)
    found = json.loads(done.stdout)
    (only,) = found["datasets"]
    assert [each["role"] for each in found["files"]] == ["scored", "warm", "warm"]
    assert (only["name"], only["classes"]["mistake"]["warned"], only["baselines"]) == (
        "three", 2, {},
    )  # fmt: skip


def test_details_report_and_markdown_are_written(
    home: Home, files: list[str], tmp_path: Path
) -> None:
    details, page, tables = (tmp_path / name for name in ("d.jsonl", "r.html", "r.md"))
    places = ("--details", str(details), "--report", str(page), "--markdown", str(tables))
    done = run_counsel(home, "replay", *files, "--player", "preflight4", *places)
    rows = [json.loads(line) for line in details.read_text().splitlines()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert [(each["action_id"], each["class"], each["right"]) for each in rows[:3]] == [
        ("s1c0", "mistake", None),
        ("s1c1", "mistake", True),
        ("s1c2", None, None),
    ]
    assert (len(rows), page.read_text()[:15]) == (6, "<!doctype html>")
    assert tables.read_text().strip() == done.stdout.decode().strip()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.jsonl"], "cannot read 'nowhere.jsonl'"),
        (["FILE", "--player", "nobody"], "there is no player 'nobody'"),
        (["FILE", "--report", "/nowhere/at/all.html"], "there is no folder '/nowhere/at'"),
        (["FILE", "--warm", "FILE"], "is in a --warm file and in a file to score"),
        (["FILE", "--warm"], "Option '--warm' requires an argument"),
        (["--warm", "FILE"], "Missing argument 'FILES...'"),
        ([__file__], "is no transcript of a known format"),
    ],
)
def test_errors_are_one_line_and_2(
    home: Home, files: list[str], arguments: list[str], message: str
) -> None:
    given = [files[0] if each == "FILE" else each for each in arguments]
    player = [] if "--player" in given else ["--player", "silent"]
    done = run_counsel(home, "replay", *player, *given)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert message in done.stderr.decode()


def test_the_real_advisor_plays_unless_told_otherwise(home: Home, files: list[str]) -> None:
    done = run_counsel(home, "replay", *files, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr, found["player"], found["seed"]) == (0, b"", "counsel", 0)
    assert [each["calls"] for each in found["datasets"]] == [3, 3]
    assert "preflight4" in found["datasets"][0]["baselines"]
