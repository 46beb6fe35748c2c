"""Three classes of failure, told apart by fixed rules over the tool, the call and the error.

The first rule that fits decides:

- refusal: a human said no: the call was denied, or interrupted by the human;
- mistake: the call itself was wrong: the agent's own validation refused it; the shell could not
  run it (exit 126, 127, a message of the shell itself); the first lines say so: file or folder
  missing, unknown flag, field, sub-command or argument, wrong number of arguments, syntax error,
  permission, text not found or not unique, a tool that cannot start;
- signal: the call did its job by failing: a test, lint, type or build command; a search or
  comparison without a hit; an exit without any text;
- other: none of these (the remote refused, a conflict, a timeout, ...).

Calls cancelled with a sibling, refused by a hook, still running or without a known end are no
failures at all (None).
"""

import re

from counsel.model.actions import Action
from counsel.model.advice import FailureClass
from counsel.model.commands import Command, parse_command
from counsel.model.outcomes import Outcome

_HEAD = 500
"""Characters of the error that say what went wrong; what follows is usually output."""

_MISTAKE = re.compile(
    r"no such file or directory|does not exist|has not been read|modified since read"
    r"|string to replace not found|matches of the string|no changes to make"
    r"|failed to find (?:expected lines|context)|verification failed"
    r"|(?:unknown|unrecognized|unrecognised|invalid|illegal|unexpected|no such)"
    r" (?:long |short |json )?(?:option|flag|argument|parameter|switch|sub-?command|command|field)"
    r"|unknown (?:revision|skill|tool|shorthand flag)|agent type .{0,60} not found"
    r"|accepts? (?:at most|at least|exactly|between)? ?\d+ arg|requires? (?:at least )?\d+ arg"
    r"|flags in the group|missing (?:required )?(?:argument|parameter|operand|field)"
    r"|option requires an argument"
    r"|command not found|not recognized as|permission denied|operation not permitted"
    r"|parse error|syntax error|unexpected (?:eof|end of file|token)|unmatched|unterminated"
    r"|no matches found|inputvalidationerror|invalid input|validation error"
    r"|\benoent\b|\beisdir\b|is a directory|not a directory|not a git repository"
    r"|did not match any file|cannot change to|can't read|cannot access|can't open|cannot open"
    r"|ignored by one of your \.gitignore|non-uuid|must be (?:a|an) |is not allowed in a regex"
    r"|regex parse error|invalid (?:regex|pattern|search query)|file name too long"
    r"|bad (?:revision|substitution|option)|needed a single revision|ambiguous argument",
    re.IGNORECASE,
)
_USAGE = re.compile(r"^\s*usage:", re.IGNORECASE)
_SHELL = re.compile(r"^(?:\(eval\):|zsh:|bash:|sh:|/bin/(?:ba|z)?sh:|/usr/bin/bash:)")
_EXIT = re.compile(r"^\s*Exit code \d+\s*")

_CHECKERS = frozenset(
    """pytest tox nox unittest mypy ruff flake8 pylint black isort pyright golangci-lint gofmt
    eslint prettier tsc biome jest vitest mocha playwright rspec rubocop phpunit clippy ctest
    shellcheck pre-commit tsserver gradlew mvn ninja""".split()
)
_CHECKED = frozenset(
    """go:test go:build go:vet go:run cargo:test cargo:build cargo:check cargo:clippy npm:test
    npm:run npm:run-script pnpm:test pnpm:run yarn:test yarn:run bun:test bun:run npm:ci make:test
    make:lint make:check make:build mise:run just:test task:test uv:run poetry:run dotnet:test
    dotnet:build python:pytest python3:pytest python:unittest gradle:test mvn:test""".split()
)
_RUNNERS = frozenset("make npx bunx uvx python python3".split())
_SEARCHES = frozenset("grep rg ag diff cmp test [ which command find pgrep git".split())
_SEARCHING_GIT = frozenset(("grep", "diff", "config", "merge-base", "rev-parse", "log"))


def class_of(action: Action, outcome: Outcome) -> FailureClass | None:
    """The class of a failed call; None where nothing failed."""
    if outcome.status in ("denied", "interrupted"):
        return "refusal"
    if outcome.status != "failed":
        return None
    if outcome.rejected_by_agent:
        return "mistake"
    error = _EXIT.sub("", outcome.error or "").strip()
    head = error[:_HEAD]
    if outcome.exit_code in (126, 127) or _SHELL.match(head):
        return "mistake"
    commands = parse_command(action.command) if action.command else ()
    if any(is_check(command) for command in commands):
        return "mistake" if _MISTAKE.search(head[:80]) and len(error) < _HEAD else "signal"
    if not error:
        return "signal"
    if _USAGE.match(head) or _MISTAKE.search(head):
        return "mistake"
    return "signal" if commands and _searches(commands[-1]) else "other"


def is_check(command: Command) -> bool:
    """A test, lint, type check or build: a red answer is its job."""
    if command.program in _CHECKERS:
        return True
    first = command.subcommand.split(" ", 1)[0]
    return f"{command.program}:{first}" in _CHECKED or (
        command.program in _RUNNERS and bool(first) and first in _CHECKERS
    )


def _searches(command: Command) -> bool:
    if command.program not in _SEARCHES:
        return False
    return command.program != "git" or command.subcommand in _SEARCHING_GIT
