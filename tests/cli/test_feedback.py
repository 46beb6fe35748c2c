"""`counsel advise`, `outcome`, `advice`, `feedback`, `opportunities` and `prefs`, as processes."""

import tomllib
from pathlib import Path
from typing import Any

from counsel.config import Home
from tests.cli.memory_runs import log_of, told, transcript
from tests.server.processes import run_counsel, running

CALL = ("--tool", "Bash", "--input", '{"command": "git push --force origin main"}', "--cwd", "/")
CHIP = "chip:git/push-force"
GUARDRAIL = "preflight:guardrail:force_push"


def _ask(home: Home, session: str) -> Any:
    return told(home, "advise", *CALL, "--session", session)


def test_advice_is_given_judged_and_listed_without_a_service(home: Home) -> None:
    advice = _ask(home, "s1")
    told(home, "outcome", *CALL, "--session", "s1", "--failed", "--error", "rejected")
    told(home, "advise", "--tool", "Bash", "--input", '{"command": "ls"}', "--session", "s1")
    told(
        home, "outcome", "--tool", "Bash", "--input", '{"command": "ls"}', "--session", "s1", "--ok"
    )
    rows = told(home, "advice", "list", "--session", "s1")
    text = run_counsel(home, "advice", "list").stdout.decode()
    assert [row["id"] for row in rows] == [advice["advice_id"]]
    assert (rows[0]["about"], rows[0]["text"]) == ("git push --force origin main", advice["text"])
    assert {item["id"]: item["heeded"] for item in rows[0]["items"]}[GUARDRAIL] == "not_followed"
    assert (advice["advice_id"] in text, f"{GUARDRAIL}: not followed" in text) == (True, True)
    assert told(home, "advice", "list", "--session", "other") == []


def test_what_advice_was_worth_is_not_measured_without_both_arms(home: Home) -> None:
    listing = ("--tool", "Bash", "--input", '{"command": "ls"}', "--session", "s1")
    with running(home, holdout="false"):
        _ask(home, "s1")
        told(home, "outcome", *CALL, "--session", "s1", "--failed", "--error", "rejected")
        told(home, "advise", *listing)
        told(home, "outcome", *listing, "--ok")
        found = told(home, "advice", "worth")
        text = run_counsel(home, "advice", "worth").stdout.decode()
    assert (found["effect"]["estimate"], found["effect"]["held_out"]["n"]) == (None, 0)
    assert sum(found["verdicts"].values()) >= 1
    assert "Not measured yet" in text


def test_the_same_mark_twice_counts_once_and_can_be_withdrawn(home: Home) -> None:
    with running(home):
        advice = _ask(home, "s1")["advice_id"]
        first = told(home, "feedback", advice, "unhelpful", "--item", GUARDRAIL)
        log = log_of(home)
        again = told(home, "feedback", advice, "unhelpful", "--item", GUARDRAIL)
        unchanged = log_of(home) == log
        marked = told(home, "advice", "list")[0]["items"]
        withdrawn = told(home, "feedback", advice, "withdrawn", "--item", GUARDRAIL)
        after = told(home, "advice", "list")[0]["items"]
        nothing = told(home, "feedback", advice, "withdrawn", "--item", GUARDRAIL)
    assert (first["changed"], again["changed"], unchanged) == (True, False, True)
    assert (withdrawn["changed"], nothing["changed"]) == (True, False)
    assert {one["id"]: one["mark"] for one in marked}[GUARDRAIL] == "unhelpful"
    assert {one["id"]: one["mark"] for one in after}[GUARDRAIL] == ""


def test_an_item_marked_noisy_is_silent_at_once(home: Home) -> None:
    with running(home, holdout="false"):
        given = _ask(home, "s1")
        told(home, "feedback", given["advice_id"], "noisy", "--item", CHIP)
        after = _ask(home, "s2")
    assert (CHIP in _items(given), CHIP in _items(after)) == (True, False)


def test_feedback_on_what_was_never_said_is_refused(home: Home) -> None:
    advice = _ask(home, "s1")["advice_id"]
    assert run_counsel(home, "feedback", "adv_none", "helpful").returncode == 4
    assert run_counsel(home, "feedback", advice, "helpful", "--item", "x").returncode == 4
    assert run_counsel(home, "feedback", advice, "great").returncode == 2


def test_input_that_is_no_object_is_refused(home: Home) -> None:
    done = run_counsel(home, "advise", "--tool", "Bash", "--input", "ls")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert run_counsel(home, "outcome", "--tool", "Bash").returncode == 2


def test_a_suggestion_is_accepted_or_dismissed_once(home: Home, tmp_path: Path) -> None:
    for session in ("s1", "s2", "s3"):
        transcript(tmp_path / f"{session}.jsonl", session, calls=12)
    told(home, "import", str(tmp_path))
    found = told(home, "opportunities", "list")
    first = found[0]["id"]
    accepted = told(home, "opportunities", "accept", first)["lesson"]
    again = run_counsel(home, "opportunities", "dismiss", first)
    left = told(home, "opportunities", "list")
    for one in left:
        told(home, "opportunities", "dismiss", one["id"])
    assert (accepted["kind"], accepted["origin"]) == ("heuristic", "opportunity")
    assert (again.returncode, [one["id"] for one in left]) == (4, [one["id"] for one in found[1:]])
    assert told(home, "opportunities", "list") == []


def test_preferences_are_written_and_the_rest_of_the_file_stays(home: Home) -> None:
    home.create()
    home.config.write_text('# mine\nmuted_sources = [\n  "mind",\n]\nlog_level = "debug" # why\n')
    shown = told(home, "prefs", "set", "guidance", "coach")
    muted = told(home, "prefs", "set", "mute", "chip", "bank")
    text = home.config.read_text()
    refused = run_counsel(home, "prefs", "set", "mute", "nobody")
    assert shown == {"guidance": "coach", "muted_sources": ["mind"]}
    assert muted == told(home, "prefs", "show")
    assert tomllib.loads(text) == {
        "muted_sources": ["bank", "chip"], "log_level": "debug", "guidance": "coach"
    }  # fmt: skip
    assert text.startswith("# mine\nmuted_sources") and '"debug" # why\n' in text
    assert (refused.returncode, home.config.read_text()) == (2, text)


def test_a_file_that_cannot_be_read_is_not_written(home: Home) -> None:
    home.create()
    home.config.write_text("guidance = \n")
    done = run_counsel(home, "prefs", "set", "guidance", "coach")
    assert (done.returncode, home.config.read_text()) == (2, "guidance = \n")


def _items(advice: Any) -> set[str]:
    return {item["id"] for item in advice["items"]}
