"""A step: one action with what was expected of it before, what came of it, and what was learnt.

Rules:
- a step is opened by `ActionProposed`, closed by the first `OutcomeObserved` of the same trace:
  parallel calls never meet;
- `phase` and `prediction` are those of the moment before the call;
- surprise = |outcome - p|, 0 where the outcome is neither success nor failure;
- evidence was gained if the call showed a file not seen before, changed one in a new way, or gave
  an output (durations and addresses aside) that this episode had not given yet;
- no text of a command or an output is kept, only digests, names and the failure signature.
"""

import re
from collections.abc import Collection, Sequence
from hashlib import sha1
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from counsel.memory.failure_class import class_of
from counsel.memory.redaction import redact
from counsel.memory.signature import signature
from counsel.model.actions import Action, ToolKind
from counsel.model.advice import FailureClass
from counsel.model.commands import Command, parse_command
from counsel.model.events import ActionProposed
from counsel.model.ids import TraceId
from counsel.model.outcomes import Outcome, OutcomeStatus

Phase = Literal[
    "explore", "plan", "execute", "validate", "diagnose", "consolidate", "escalate", "halt"
]
"""Where an episode stands; inferred by `counsel.memory.phase`."""

Purpose = Literal["look", "plan", "edit", "test", "lint", "build", "record", "wait", "other"]
"""What a call is for. `record` fixes work in history (commit, push, pull request, tag)."""

CHECKS: tuple[Purpose, ...] = ("test", "lint", "build")

_PURPOSE_OF_KIND: dict[ToolKind, Purpose] = {
    "edit": "edit",
    "write": "edit",
    "read": "look",
    "search": "look",
    "fetch": "look",
    "subagent": "look",
    "plan": "plan",
}
_WAITING_TOOLS = frozenset("write_stdin read_bash TaskOutput BashOutput".split())
_SCENERY = frozenset("cd export echo printf true set source . pwd mkdir".split())
_LOOKING = frozenset(
    """cat ls find grep rg ag head tail nl wc stat file less more tree which type man jq yq diff
    cmp du df ps env printenv test [ sort uniq cut tr awk sed xargs""".split()
)
_LOOKING_VERBS = frozenset(
    """show list ls view status log diff blame ls-files ls-tree ls-remote grep rev-parse describe
    checks info doc help search cat-file merge-base branch remote""".split()
)
_RUNNERS = frozenset(
    """npm npx pnpm yarn bun bunx make mise just task uv poetry python python3 node go cargo dotnet
    gradle gradlew mvn rake bundle hatch deno""".split()
)
_NOT_RUNNING = frozenset(
    "install add i ci remove uninstall update view info publish list ls doc env mod".split()
)
_CHECK_WORDS: dict[str, Purpose] = {
    **dict.fromkeys(
        """test tests pytest unittest jest vitest mocha rspec phpunit ctest tox nox e2e
        playwright""".split(),
        "test",
    ),
    **dict.fromkeys(
        """lint fmt format check vet clippy ruff mypy flake8 pylint black isort pyright eslint
        prettier biome tsc typecheck shellcheck golangci gofmt goimports rustfmt pre""".split(),
        "lint",
    ),
    **dict.fromkeys("build compile cmake ninja".split(), "build"),
}
_RECORDS = frozenset("git:commit git:push git:tag gh:pr-create gh:pr-merge gh:release".split())
_ORDER: tuple[Purpose, ...] = ("test", "lint", "build", "record", "edit", "wait", "other", "look")

_VOLATILE = re.compile(
    r"\x1b\[[0-9;?]*[A-Za-z]|\b\d+(?:\.\d+)?\s?(?:ms|µs|us|ns|s|sec|seconds)\b"
    r"|\b\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\b|\b0x[0-9a-f]+\b"
)


class Pattern(Struct, frozen=True):
    """What calls are counted by: the tool kind and, for a shell, program and sub-command.

    For mcp and other tools `program` is the tool's name.
    """

    kind: str
    program: str = ""
    subcommand: str = ""


class Deed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An action in short. `call` is a digest: equal for the same call made again."""

    pattern: Pattern
    purpose: Purpose = "other"
    path: str = ""
    call: str = ""
    before: str = ""
    """edit: digest of the text replaced."""
    after: str = ""
    """edit: digest of its replacement."""
    commits: bool = False
    """The line also records work in history, whatever its main purpose."""
    masked: bool = False
    """shell: a pipe or a later command hides the exit code of the check in the line."""


class Prediction(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was expected: the probability of success, and how far counts support it (0..1)."""

    p: float = 0.5
    confidence: float = 0.0

    @property
    def expected(self) -> Literal["ok", "failed"]:
        return "ok" if self.p >= 0.5 else "failed"


class Step(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One closed step. `id` is the trace of its action. Times are UTC milliseconds."""

    id: TraceId
    deed: Deed
    phase: Phase = "explore"
    prediction: Prediction = Prediction()
    result: OutcomeStatus = "unknown"
    signature: str = ""
    """Of the failure, empty if it did not fail."""
    failure_class: FailureClass | None = None
    surprise: float = 0.0
    evidence: bool = False
    findings: tuple[str, ...] = ()
    """Digests of what it showed: the file, the output."""
    subagent: str = ""
    started_ms: int = 0
    ended_ms: int = 0

    @property
    def failed(self) -> bool:
        return self.result == "failed"

    @property
    def checked(self) -> bool:
        """A check whose own exit code was seen."""
        return self.deed.purpose in CHECKS and not self.deed.masked


class OpenStep(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call that has not ended. Keeps the action: a failure is classed by it."""

    id: TraceId
    action: Action
    deed: Deed
    phase: Phase
    prediction: Prediction
    started_ms: int


def open_step(event: ActionProposed, deed: Deed, phase: Phase, prediction: Prediction) -> OpenStep:
    """The step that `event` begins; long texts of the action are dropped."""
    action = event.action
    slim = Action(
        id=action.id,
        tool=action.tool,
        kind=action.kind,
        command=action.command[:2_000] if action.command else None,
        path=action.path,
        subagent=action.subagent,
    )
    return OpenStep(
        id=event.trace,
        action=slim,
        deed=deed,
        phase=phase,
        prediction=prediction,
        started_ms=event.at_ms,
    )


def close_step(opened: OpenStep, outcome: Outcome, at_ms: int, seen: Collection[str]) -> Step:
    """The finished step. `seen` are the digests of what the episode had shown before."""
    findings = _findings(opened, outcome)
    failed = outcome.status == "failed"
    error = outcome.error or outcome.output or ""
    return Step(
        id=opened.id,
        deed=opened.deed,
        phase=opened.phase,
        prediction=opened.prediction,
        result=outcome.status,
        signature=signature(outcome.tool, redact(error[:_ERROR_READ])) if failed else "",
        failure_class=class_of(opened.action, outcome),
        surprise=surprise(outcome.succeeded, opened.prediction.p),
        evidence=any(finding not in seen for finding in findings),
        findings=findings,
        subagent=opened.action.subagent or "",
        started_ms=opened.started_ms,
        ended_ms=max(at_ms, opened.started_ms),
    )


def surprise(succeeded: bool | None, p: float) -> float:
    """|outcome - p| with success = 1, failure = 0; 0.0 where neither is known."""
    return 0.0 if succeeded is None else abs(float(succeeded) - p)


def deed_of(action: Action) -> Deed:
    """The action in short."""
    if action.kind == "shell":
        return _shell_deed(action)
    program = (action.target or action.tool) if action.kind in ("mcp", "other") else ""
    purpose: Purpose = _PURPOSE_OF_KIND.get(action.kind, "other")
    if action.tool in _WAITING_TOOLS:
        purpose = "wait"
    return Deed(
        pattern=Pattern(kind=action.kind, program=program),
        purpose=purpose,
        path=action.path or "",
        call=digest(action.kind, action.tool, action.arguments),
        before=digest(action.old_text) if action.old_text else "",
        after=digest(action.new_text or "") if action.old_text else "",
    )


def _shell_deed(action: Action) -> Deed:
    parsed = unwrapped(parse_command(action.command or ""))
    commands = [command for command in parsed if not _script(command)]
    purposes = [_purpose(command) for command in commands]
    known = [purpose for purpose in purposes if purpose is not None]
    main: Purpose = min(known, key=_ORDER.index, default="look")
    chief = purposes.index(main) if known else 0
    command = commands[chief] if commands else Command(program="")
    return Deed(
        pattern=Pattern(kind="shell", program=command.program, subcommand=command.subcommand),
        purpose=main,
        call=digest("shell", action.command or "", action.workdir or ""),
        commits="record" in purposes,
        masked=_masked(commands[chief + 1 :]) if main in CHECKS else False,
    )


def _masked(later: Sequence[Command]) -> bool:
    return any(command.after != "&&" for command in later)


def _purpose(command: Command) -> Purpose | None:
    """What one simple command is for; None for what only sets the scene."""
    program, sub = command.program, command.subcommand
    if program in _SCENERY:
        return None
    if f"{program}:{sub.replace(' ', '-')}" in _RECORDS or f"{program}:{sub.split(' ')[0]}" in (
        _RECORDS
    ):
        return "record"
    if program in ("sleep", "wait") or sub == "wait":
        return "wait"
    if program in ("apply_patch", "patch") or (program == "sed" and "-i" in command.flags):
        return "edit"
    if (check := _check(command)) is not None:
        return check
    if program in _LOOKING or (sub and sub.split(" ")[-1] in _LOOKING_VERBS):
        return "look"
    return "other"


def _check(command: Command) -> Purpose | None:
    stem = re.split(r"[:_.-]", command.program, maxsplit=1)[0]
    if command.program not in _RUNNERS:
        return _CHECK_WORDS.get(stem)
    tasks = command.operands[:3]
    if command.program == "make" and not tasks:
        return "build"
    if not tasks or tasks[0] in _NOT_RUNNING or {"-c", "-e"} & set(command.flags):
        return None
    words = [re.split(r"[:_-]", task, maxsplit=1)[0] for task in tasks]
    return next((_CHECK_WORDS[word] for word in words if word in _CHECK_WORDS), None)


SHELLS = frozenset("sh bash zsh dash ksh fish".split())
_DEEPEST = 4
_ERROR_READ = 8_000


def unwrapped(commands: Sequence[Command], depth: int = 0) -> tuple[Command, ...]:
    """The commands with those in front that a `sh -c` or `eval` would run."""
    result: list[Command] = []
    for command in commands:
        script = _script(command) if depth < _DEEPEST else ""
        inner = unwrapped(parse_command(script), depth + 1) if script else ()
        if inner:
            first = replace(inner[0], after=command.after)
            folder = command.folder
            result += [replace(one, folder=one.folder or folder) for one in (first, *inner[1:])]
        result.append(command)
    return tuple(result)


def _script(command: Command) -> str:
    words = command.words
    if command.program in SHELLS:
        at = next((i for i, word in enumerate(words) if re.fullmatch(r"-[a-z]*c", word)), None)
        return words[at + 1] if at is not None and at + 1 < len(words) else ""
    if command.program == "eval":
        return " ".join(words)
    return ""


def _findings(opened: OpenStep, outcome: Outcome) -> tuple[str, ...]:
    deed = opened.deed
    if outcome.status not in ("ok", "failed"):
        return ()
    text = _VOLATILE.sub("", outcome.error or outcome.output or "").strip()
    changed = deed.purpose == "edit" and outcome.status == "ok"
    found = [digest(deed.call if changed or not text else text)]
    if deed.path and outcome.status == "ok":
        found.append(digest("file", deed.path))
    return tuple(found)


def digest(*parts: str) -> str:
    """12 hex digits of the parts."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return sha1(text, usedforsecurity=False).hexdigest()[:12]
