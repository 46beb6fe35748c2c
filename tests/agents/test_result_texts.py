"""What the agents' result texts mean, text by text."""

import json
from typing import Any

import pytest

from counsel.agents import claude_results, codex_results
from counsel.agents.codex_results import EndHint, Report
from counsel.model.ids import ActionId
from counsel.model.outcomes import Outcome, OutcomeStatus

CALL = ActionId("c1")
REFUSED = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it "
    "was a file edit, the new_string was NOT written to the file)."
)


def outcome(status: OutcomeStatus, **fields: Any) -> Outcome:
    return Outcome(action_id=CALL, tool="T", status=status, **fields)


WITH_WORDS = f"{REFUSED} To tell you how to proceed, the user said:\nuse Decimal"
RULE = "Permission to use Bash with command rm -rf x\ny has been denied."
CLAUDE_FAILURES: dict[str, Outcome] = {
    "Exit code 127\nruff: not found": outcome(
        "failed", error="Exit code 127\nruff: not found", exit_code=127
    ),
    "Exit code 1": outcome("failed", error="Exit code 1", exit_code=1),
    "Exit code 1234567 is no code": outcome("failed", error="Exit code 1234567 is no code"),
    "<tool_use_error>File does not exist.</tool_use_error>": outcome(
        "failed", error="File does not exist.", rejected_by_agent=True
    ),
    "<tool_use_error>cut off": outcome("failed", error="cut off", rejected_by_agent=True),
    "Sibling tool call errored": outcome("cancelled", error="Sibling tool call errored"),
    "<tool_use_error>Sibling tool call errored</tool_use_error>": outcome(
        "cancelled", error="Sibling tool call errored"
    ),
    REFUSED: outcome("denied", error=REFUSED),
    WITH_WORDS: outcome("denied", error=WITH_WORDS, human_words="use Decimal"),
    "[Request interrupted by user for tool use]": outcome(
        "interrupted", error="[Request interrupted by user for tool use]"
    ),
    "Exit code 137\n[Request interrupted by user for tool use]\nhalf": outcome(
        "interrupted",
        error="Exit code 137\n[Request interrupted by user for tool use]\nhalf",
        exit_code=137,
    ),
    RULE: outcome("failed", error=RULE, rejected_by_agent=True),
    "PreToolUse:Bash hook error: [guard]: no": outcome(
        "hook_denied", error="PreToolUse:Bash hook error: [guard]: no"
    ),
    "ENOENT: no such file": outcome("failed", error="ENOENT: no such file"),
    "": outcome("failed"),
}


@pytest.mark.parametrize("text", CLAUDE_FAILURES)
def test_claude_failure_texts(text: str) -> None:
    assert claude_results.failure(CALL, "T", text) == CLAUDE_FAILURES[text]


def test_an_error_keeps_its_head() -> None:
    made = claude_results.failure(CALL, "T", "e" * 5000)
    assert made.error == "e" * 3999 + "…"


CLAUDE_RESPONSES: dict[str, tuple[object, Outcome]] = {
    "bash": ({"stdout": "a", "stderr": ""}, outcome("ok", output="a")),
    "read": (
        {"type": "text", "file": {"filePath": "/a", "content": "x = 1", "numLines": 1}},
        outcome("ok", output="x = 1"),
    ),
    "glob": (
        {"durationMs": 7, "numFiles": 2, "filenames": ["a", "b"]},
        outcome("ok", output="a\nb", duration_ms=7),
    ),
    "grep": (
        {"mode": "content", "filenames": [], "content": "a:1"},
        outcome("ok", output="a:1"),
    ),
    "fetch": ({"bytes": 3, "code": 200, "result": "yes"}, outcome("ok", output="yes")),
    "agent": (
        {"status": "completed", "content": [{"type": "text", "text": "ok"}], "totalDurationMs": 5},
        outcome("ok", output="ok", duration_ms=5),
    ),
    "edit": ({"filePath": "/a", "oldString": "x", "originalFile": "x"}, outcome("ok")),
    "text": ("done", outcome("ok", output="done")),
    "blocks": (
        [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}],
        outcome("ok", output="a\nb"),
    ),
    "own object": ({"rows": [1]}, outcome("ok", output='{"rows":[1]}')),
    "wrong types": ({"stdout": 5}, outcome("ok", output='{"stdout":5}')),
    "nothing": (None, outcome("ok")),
    "empty": ({}, outcome("ok")),
}


@pytest.mark.parametrize("name", CLAUDE_RESPONSES)
def test_claude_responses(name: str) -> None:
    response, expected = CLAUDE_RESPONSES[name]
    raw = json.dumps(response, separators=(",", ":")).encode()
    assert claude_results.success(CALL, "T", raw) == expected


def header(line: str, output: str = "out\n") -> str:
    return (
        f"Chunk ID: 9\nWall time: 1.25 seconds\n{line}\nOriginal token count: 2\nOutput:\n{output}"
    )


REPORTS: dict[str, Report] = {
    header("Process exited with code 0"): Report(body="out\n", exit_code=0, duration_ms=1250),
    header("Process running with session ID 7"): Report(
        body="out\n", running=True, duration_ms=1250
    ),
    "Exit code: 1\nWall time: 0 seconds\nOutput:\nno": Report(
        body="no", exit_code=1, duration_ms=0
    ),
    "Wall time: 2 seconds\nOutput:\n{}": Report(body="{}", duration_ms=2000),
    "Plan updated": Report(body="Plan updated"),
    "Output:\nis text here": Report(body="Output:\nis text here"),
    '{"output":"x","metadata":{"exit_code":3,"duration_seconds":0.5}}': Report(
        body="x", exit_code=3, duration_ms=500
    ),
    '{"output":"x","metadata":{"exit_code":1234567}}': Report(body="x", duration_ms=0),
    '{"output":"x"}': Report(body='{"output":"x"}'),
    "": Report(body=""),
}


@pytest.mark.parametrize("text", REPORTS)
def test_codex_reports(text: str) -> None:
    assert codex_results.read_report(text) == REPORTS[text]


CODEX_RESULTS: dict[str, tuple[object, Outcome]] = {
    "failed": (
        header("Process exited with code 2", "no\n"),
        outcome("failed", error="Exit code 2\nno\n", exit_code=2, duration_ms=1250),
    ),
    "running": (
        header("Process running with session ID 7"),
        outcome("running", output="out\n", duration_ms=1250),
    ),
    "patch refused": (
        "apply_patch verification failed: no lines",
        outcome(
            "failed", error="apply_patch verification failed: no lines", rejected_by_agent=True
        ),
    ),
    "stdin": (
        "write_stdin failed: Unknown process id 3",
        outcome("failed", error="write_stdin failed: Unknown process id 3"),
    ),
    "aborted": (
        "aborted by user after 29.7s",
        outcome("interrupted", error="aborted by user after 29.7s"),
    ),
    "rejected": (
        "exec command rejected by user",
        outcome("denied", error="exec command rejected by user"),
    ),
    "hook": (
        "Command blocked by PreToolUse hook: no",
        outcome("hook_denied", error="Command blocked by PreToolUse hook: no"),
    ),
    "mcp error": (
        {"content": [{"type": "text", "text": "no"}], "isError": True},
        outcome("failed", error="no"),
    ),
    "mcp fine": (
        {"content": [{"type": "text", "text": "yes"}], "isError": False},
        outcome("ok", output="yes"),
    ),
    "told": ({"content": "yes", "success": True}, outcome("ok", output="yes")),
    "silent": ("tests failed: 3", outcome("unknown", output="tests failed: 3")),
    "empty": ("", outcome("unknown")),
}


@pytest.mark.parametrize("name", CODEX_RESULTS)
def test_codex_results(name: str) -> None:
    result, expected = CODEX_RESULTS[name]
    raw = json.dumps(result).encode()
    assert codex_results.outcome_of(CALL, "T", raw, silence="unknown") == expected


def test_a_hint_decides_where_the_result_is_silent() -> None:
    def with_hint(hint: EndHint) -> Outcome:
        return codex_results.outcome_of(CALL, "T", b'"x"', silence="ok", hint=hint)

    assert with_hint(EndHint()) == outcome("ok", output="x")
    assert with_hint(EndHint(succeeded=False)) == outcome("failed", error="x")
    assert with_hint(EndHint(exit_code=4)) == outcome("failed", error="Exit code 4\nx", exit_code=4)
