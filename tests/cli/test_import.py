"""`counsel import`, as processes: alone, beside a service, killed, and on what is broken."""

import json
from pathlib import Path

from counsel.config import Home
from tests.cli.memory_runs import as_user, learnt, log_of, running_import, told, transcript
from tests.server.processes import before, eventually, fresh_home, run_counsel, running


def test_what_is_under_the_users_home_is_found_and_learnt_from(home: Home) -> None:
    user = home.root.parent
    transcript(user / ".claude" / "projects" / "p" / "one.jsonl", "s1")
    transcript(user / ".claude" / "projects" / "p" / "two.jsonl", "s2")
    done = as_user(home, "import")
    assert (done.returncode, done.stderr) == (0, f"Found 2 transcripts under {user}.\n".encode())
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("2 files imported, ")
    assert lines[1].startswith("Lessons: 0 -> ")
    assert "File does not exist" in done.stdout.decode()
    assert learnt(home)[0] == learnt(home)[1] > 0


def test_it_can_be_repeated(home: Home, tmp_path: Path) -> None:
    path = transcript(tmp_path / "one.jsonl", "s1")
    first = told(home, "import", str(path))
    log = log_of(home)
    again = told(home, "import", str(tmp_path))
    assert (first["imported"], first["known"], first["events"]) == (1, 0, len(log))
    assert (again["imported"], again["known"], again["events"]) == (0, 1, 0)
    assert again["lessons_before"] == again["lessons_after"] == first["lessons_after"] > 0
    assert log_of(home) == log


def test_a_session_that_grew_adds_only_what_is_new(home: Home, tmp_path: Path) -> None:
    path = transcript(tmp_path / "one.jsonl", "s1", calls=4)
    told(home, "import", str(path))
    log = log_of(home)
    told(home, "import", str(transcript(path, "s1", calls=6)))
    assert set(log) < set(log_of(home))
    assert len(log_of(home)) == len(log) + 4 + 1  # two calls, and where the session ends now


def test_broken_files_are_named_and_do_not_stop_the_others(home: Home, tmp_path: Path) -> None:
    broken, gone = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    broken.write_text("{this is\n not it\n")
    fine = transcript(tmp_path / "c.jsonl", "s1")
    done = run_counsel(home, "import", str(broken), str(gone), str(fine))
    complaints = done.stderr.decode().splitlines()
    assert (done.returncode, len(complaints)) == (1, 2)
    assert (repr(str(broken)) in complaints[0], repr(str(gone)) in complaints[1]) == (True, True)
    assert done.stdout.startswith(b"1 file imported (0 known already, 2 failed), ")


def test_an_agent_that_was_not_asked_for_is_left_out(home: Home) -> None:
    user = home.root.parent
    transcript(user / ".claude" / "projects" / "p" / "one.jsonl", "s1")
    done = as_user(home, "import", "--agent", "codex", "--json")
    assert (done.returncode, json.loads(done.stdout)["files"]) == (0, 0)


def test_a_dry_run_makes_no_home(home: Home, tmp_path: Path) -> None:
    report = told(home, "import", "--dry-run", str(transcript(tmp_path / "one.jsonl", "s1")))
    assert (report["imported"], report["dry_run"], home.root.exists()) == (1, True, False)


def test_killed_and_repeated_the_log_is_as_if_nothing_had_been(home: Home, tmp_path: Path) -> None:
    files = [transcript(tmp_path / f"{name}.jsonl", name, calls=2500) for name in ("s1", "s2")]
    undisturbed = fresh_home(tmp_path / "undisturbed")
    told(undisturbed, "import", *map(str, files))
    process = running_import(home, *files)
    eventually(home.database.exists, "the import opens the store")
    eventually(lambda: len(log_of(home)) >= 1000, "some of it is in the log")
    process.kill()
    process.wait()
    partly = log_of(home)
    report = told(home, "import", *map(str, files))
    whole = log_of(undisturbed)
    assert process.returncode == -9
    assert 0 < len(partly) < len(whole)
    assert 0 < report["events"] < len(whole)
    assert log_of(home) == whole
    assert learnt(home) == learnt(undisturbed)


def test_beside_a_service_it_waits_until_that_has_learnt(home: Home, tmp_path: Path) -> None:
    with running(home) as service:
        report = told(home, "import", str(transcript(tmp_path / "one.jsonl", "s1", calls=400)))
        status = service.call("GET", "/api/status").json()
        lessons = service.call("GET", "/v1/memory/lessons").json()
    assert report["learnt"]
    assert status["learnt_upto"] == status["events"] == report["events"]
    assert lessons["total"] == report["lessons_after"] > 0


def test_what_was_heard_live_is_not_imported_a_second_time(home: Home, tmp_path: Path) -> None:
    with running(home) as service:
        service.hear(before("s1-0", session="s1"))
        heard = log_of(home)
        path = transcript(tmp_path / "one.jsonl", "s1")
        path.write_text(path.read_text().replace("2026-01-01", "2099-01-01"))
        report = told(home, "import", str(path))
    assert (report["events"], set(log_of(home))) == (0, set(heard))
