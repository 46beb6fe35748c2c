"""Generated memory and work that look like real ones: lessons, patterns, calls, transcripts.

All of it comes from a seed. A workplace is a folder on the disk with files in it, because the
pipeline looks at the disk.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

from msgspec import Struct

from counsel.memory.experience import Experience, Recalled
from counsel.memory.lesson import (
    Condition,
    Evidence,
    Lesson,
    LessonKind,
    Origin,
    Reliability,
    lesson_id,
)
from counsel.model.ids import ProjectKey

PROGRAMS: Final[dict[str, tuple[str, ...]]] = {
    "git": ("commit", "push", "rebase", "checkout", "stash", "merge", "log", "diff", "add"),
    "gh": ("pr", "issue", "run", "api"), "docker": ("build", "run", "compose", "exec"),
    "kubectl": ("apply", "get", "logs", "delete"), "npm": ("install", "test", "run", "ci"),
    "pnpm": ("install", "test", "build"), "yarn": ("add", "build"),
    "cargo": ("test", "build", "fmt"),
    "go": ("test", "build", "vet", "mod"), "uv": ("sync", "run", "pip"), "pip": ("install", "show"),
    "make": ("test", "lint", "build"), "pytest": (), "ruff": ("check", "format"), "mypy": (),
    "python": (), "python3": (), "node": (), "deno": ("run", "test"), "bun": ("install", "test"),
    "rg": (), "grep": (), "sed": (), "awk": (), "find": (), "fd": (), "ls": (), "cat": (),
    "head": (),
    "tail": (), "jq": (), "curl": (), "wget": (), "ssh": (), "scp": (), "rsync": (), "tar": (),
    "unzip": (), "psql": (), "sqlite3": (), "mysql": (), "redis-cli": (),
    "terraform": ("plan", "apply"),
    "aws": ("s3", "ec2", "iam"), "gcloud": ("run", "auth"), "az": ("login",), "helm": ("install",),
    "ansible": (), "mvn": ("test", "package"), "gradle": ("test", "build"), "dotnet": ("test",),
    "ruby": (), "bundle": ("install", "exec"), "php": (), "composer": ("install",), "tsc": (),
    "eslint": (), "prettier": (), "vitest": (), "jest": (), "playwright": ("test",), "chmod": (),
}  # fmt: skip
"""61 programs with their sub-commands."""

_FLAGS = ("--all", "--json", "--force", "--verbose", "-x", "-q", "--no-verify", "--watch", "--fix")
_ERRORS = (
    "unknown flag: {word}", "no such file or directory: {word}", "permission denied: {word}",
    "error: unrecognized arguments: {word}", "fatal: {word} is not a commit",
    "ModuleNotFoundError: No module named '{word}'", "timeout while waiting for {word}",
)  # fmt: skip
_WORDS = "config cache session token schema parser index router worker client ledger page".split()
_PROMPTS = (
    "fix the failing tests of the parser", "deploy the service to staging",
    "add a column to the orders schema", "why is the index so slow", "review the login flow",
)  # fmt: skip
_KINDS: Final[tuple[tuple[LessonKind, Origin, int], ...]] = (
    ("recovery", "learnt", 20),
    ("sharp_edge", "learnt", 14),
    ("anti_pattern", "learnt", 12),
    ("preference", "user", 18),
    ("heuristic", "imported", 14),
    ("playbook", "imported", 8),
    ("context", "user", 6),
    ("sharp_edge", "user", 4),
    ("policy", "user", 2),
    ("guardrail", "imported", 2),
)
DAY_MS = 86_400_000
PROJECTS = 40
FILES = 60


class Workplace(Struct, frozen=True):
    """A project on the disk."""

    root: Path

    @property
    def key(self) -> ProjectKey:
        return ProjectKey(str(self.root))

    def file(self, number: int) -> Path:
        return self.root / f"src/{_WORDS[number % len(_WORDS)]}_{number % FILES}.py"


def workplace(root: Path) -> Workplace:
    """Make one: a repository with some small files."""
    made = Workplace(root)
    (root / ".git").mkdir(parents=True)
    for number in range(FILES):
        path = made.file(number)
        path.parent.mkdir(exist_ok=True)
        lines = (f"def part_{line}():\n    return {line}\n\n" for line in range(40))
        path.write_text("".join(lines))
    return made


def lessons(count: int, here: Workplace, now_ms: int, seed: int) -> list[Lesson]:
    """Three in ten hold everywhere, the others in one of forty projects, ours among them."""
    chance = Random(seed)
    return [_lesson(number, here, now_ms, chance) for number in range(count)]


def _lesson(number: int, here: Workplace, now_ms: int, chance: Random) -> Lesson:
    kind, origin, _ = chance.choices(_KINDS, weights=[weight for *_, weight in _KINDS])[0]
    condition = _condition(chance)
    where = chance.randrange(PROJECTS)
    project = ProjectKey("") if chance.random() < 0.3 else ProjectKey(f"/home/user/p{where}")
    if project and where == 0:
        project = here.key
    program = condition.program or "the tool"
    word = f"{chance.choice(_WORDS)}-{chance.randrange(900)}"
    last_ms = now_ms - chance.randrange(90 * DAY_MS)
    error = chance.choice(_ERRORS).format(word=word)
    counted = kind in ("recovery", "sharp_edge", "anti_pattern")
    seen = chance.randrange(2, 20)
    return Lesson(
        id=lesson_id(program, f"{number}"),
        kind=kind,
        project=project,
        condition=condition,
        signature=error if counted else "",
        failure_class="mistake" if counted else "other",
        failing=error if counted else "",
        action=f"run `{program} {chance.choice(_FLAGS)}` with the {chance.choice(_WORDS)} first",
        reason=f"the {chance.choice(_WORDS)} is only rebuilt then ({word})",
        evidence=Evidence(
            seen=seen,
            passed=chance.randrange(30),
            recovered=chance.randrange(seen),
            sessions=chance.randrange(1, 6),
            projects=1,
            steps=tuple(f"{chance.getrandbits(64):016x}" for _ in range(chance.randrange(1, 8))),
            first_ms=last_ms - DAY_MS,
            last_ms=last_ms,
        ),
        reliability=Reliability(alpha=1 + chance.randrange(6), beta=1 + chance.randrange(3)),
        origin=origin,
        created_ms=last_ms - DAY_MS,
        updated_ms=last_ms,
    )


def _condition(chance: Random) -> Condition:
    drawn = chance.random()
    if drawn < 0.75:
        program = chance.choice(list(PROGRAMS))
        subcommands = PROGRAMS[program]
        flags = (chance.choice(_FLAGS),) if chance.random() < 0.25 else ()
        return Condition(
            kind="shell",
            tool="Bash",
            program=program,
            subcommand=chance.choice(subcommands) if subcommands else "",
            flags=flags,
        )
    if drawn < 0.9:
        kind, tool = chance.choice((("edit", "Edit"), ("read", "Read"), ("write", "Write")))
        return Condition(
            kind=kind, tool=tool, path=f"*/{chance.choice(_WORDS)}_*.{_ending(chance)}"
        )
    return Condition(kind="shell", words=(f"{chance.choice(_WORDS)}_{chance.randrange(200)}",))


def _ending(chance: Random) -> str:
    return chance.choice(("py", "py", "ts", "go", "md", "sql"))


def patterns(count: int, now_ms: int, seed: int) -> dict[str, Experience]:
    """Experience by pattern of call; the first ones are those that `calls` meets."""
    chance = Random(seed + 1)
    names = [f"Bash {p} {s}".rstrip() for p, subs in PROGRAMS.items() for s in (subs or ("",))]
    names += [f"{tool} .{end}" for tool in ("Edit", "Read", "Write") for end in ("py", "md", "ts")]
    names += [f"Bash tool{number} run" for number in range(max(0, count - len(names)))]
    return {name: _experience(now_ms, chance) for name in names[:count]}


def _experience(now_ms: int, chance: Random) -> Experience:
    return Experience(
        fine=chance.randrange(5, 400),
        fine_sessions=chance.randrange(1, 30),
        words={
            word: _recalled(word, now_ms, chance)
            for word in chance.sample(_FLAGS, chance.randrange(4))
        },
        ends={
            end.signature: end
            for end in (_recalled("it", now_ms, chance) for _ in range(chance.randrange(1, 4)))
        },
    )


def _recalled(word: str, now_ms: int, chance: Random) -> Recalled:
    error = chance.choice(_ERRORS).format(word=word)
    return Recalled(
        signature=error,
        failure_class="mistake",
        times=chance.randrange(1, 9),
        fine=chance.randrange(3),
        sessions=[f"old-{chance.randrange(50)}" for _ in range(chance.randrange(1, 5))],
        last_ms=now_ms - chance.randrange(60 * DAY_MS),
        error=error,
        recovered=chance.randrange(3),
        recovery="without it" if chance.random() < 0.5 else "",
    )


# Calls, as Claude Code's hooks tell them


Payload = dict[str, Any]


def prompt(session: str, here: Workplace, number: int) -> Payload:
    return {
        "hook_event_name": "UserPromptSubmit",
        "session_id": session,
        "cwd": str(here.root),
        "prompt": _PROMPTS[number % len(_PROMPTS)],
    }


class Call(Struct, frozen=True):
    """A tool call: what is told before it and after it."""

    before: Payload
    after: Payload


def calls(count: int, session: str, here: Workplace, seed: int) -> Iterator[Call]:
    """Six in ten shell, the others reads and edits; one in ten fails."""
    chance = Random(f"{seed} {session}")
    for number in range(count):
        tool, given = _call(number, here, chance)
        head = {
            "session_id": session,
            "cwd": str(here.root),
            "tool_name": tool,
            "tool_input": given,
            "tool_use_id": f"{session}-{number}",
        }
        yield Call({**head, "hook_event_name": "PreToolUse"}, {**head, **_end(tool, chance)})


def _call(number: int, here: Workplace, chance: Random) -> tuple[str, Payload]:
    drawn = chance.random()
    if drawn < 0.6:
        return "Bash", {"command": _command(number, chance)}
    path = str(here.file(chance.randrange(FILES)))
    if drawn < 0.8:
        return "Read", {"file_path": path}
    line = chance.randrange(40)
    old = f"def part_{line}():\n    return {line}\n"
    return "Edit", {"file_path": path, "old_string": old, "new_string": f"{old}\n\n# {number}\n"}


def _command(number: int, chance: Random) -> str:
    program = chance.choice(list(PROGRAMS))
    subcommands = PROGRAMS[program]
    words = [program, chance.choice(subcommands)] if subcommands else [program]
    if chance.random() < 0.4:
        words.append(chance.choice(_FLAGS))
    words.append(f"{chance.choice(_WORDS)}_{number}")
    line = " ".join(words)
    if chance.random() < 0.25:
        line = f"cd src && {line} 2>&1 | tail -{chance.randrange(5, 50)}"
    return line


def _end(tool: str, chance: Random) -> Payload:
    if chance.random() < 0.1:
        error = chance.choice(_ERRORS).format(word=chance.choice(_FLAGS))
        return {"hook_event_name": "PostToolUseFailure", "error": f"Exit code 1\n{error}"}
    response: Payload = {"stdout": "done\n" * 20, "stderr": "", "interrupted": False}
    if tool != "Bash":
        response = {"type": "text", "file": {"content": "x = 1\n" * 40, "numLines": 40}}
    return {"hook_event_name": "PostToolUse", "tool_response": response}


def transcript(path: Path, sessions: int, calls_each: int, seed: int) -> Path:
    """A file in the format of the recorded sessions."""
    here = Workplace(Path("/home/user/project"))
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for session in range(sessions):
            name = f"generated-{session}"
            for seq, row in enumerate(_session(name, calls_each, here, seed + session)):
                day, second = 1 + session % 28, seq % 60
                stamp = (
                    f"2026-01-{day:02}T{9 + seq // 3600:02}:{seq // 60 % 60:02}:{second:02}.000Z"
                )
                head = {"session": name, "seq": seq, "ts": stamp, "agent": "claude-code"}
                file.write(json.dumps({**head, "cwd": str(here.root), **row}) + "\n")
    return path


def _session(name: str, count: int, here: Workplace, seed: int) -> Iterator[Payload]:
    yield {"event": "session_start", "input": {"version": "2.0.76"}}
    yield {"event": "prompt", "text": _PROMPTS[seed % len(_PROMPTS)]}
    for call in calls(count, name, here, seed):
        ok = "error" not in call.after
        same = {"action_id": call.before["tool_use_id"], "tool": call.before["tool_name"]}
        yield {"event": "action", **same, "input": call.before["tool_input"]}
        output = "done\n" if ok else ""
        error = call.after.get("error")
        yield {"event": "outcome", **same, "ok": ok, "error": error, "output": output}
    yield {"event": "session_end"}
