"""What the tests of memory's commands share: transcripts, JSON answers, looks into the store."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from counsel.config import Home
from counsel.storage.sqlite.store import SqliteStore
from tests.server.processes import PATIENCE, environ_for, run_counsel

PUSH = "Use `git push --force-with-lease`, because `--force` loses the commits of others"
WHEN_PUSHED = ("--when", "program=git", "--when", "subcommand=push", "--when", "flag=--force")


def told(home: Home, *arguments: str, **settings: object) -> Any:
    """The JSON that a command prints when all is well."""
    done = run_counsel(home, *arguments, "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def as_user(home: Home, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """With the user's own folder beside the home."""
    return subprocess.run(
        [sys.executable, "-m", "counsel", *arguments],
        env={**environ_for(home), "HOME": str(home.root.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def transcript(path: Path, session: str, calls: int = 4) -> Path:
    """A Claude Code session in which every other read finds no file."""
    head = {"sessionId": session, "cwd": "/home/user/p", "version": "2.0"}
    lines = []
    for number in range(calls):
        at = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        call = f"{session}-{number}"
        use = {"type": "tool_use", "id": call, "name": "Read"}
        use["input"] = {"file_path": f"/home/user/p/{number % 2}.py"}  # type: ignore[assignment]
        result: dict[str, object] = {"type": "tool_result", "tool_use_id": call, "content": "x = 1"}
        if number % 2:
            result |= {
                "is_error": True,
                "content": "<tool_use_error>File does not exist.</tool_use_error>",
            }
        row = {**head, "timestamp": at}
        said = {"role": "assistant", "content": [use]}
        heard = {"role": "user", "content": [result]}
        lines.append({**row, "type": "assistant", "uuid": f"a{call}", "message": said})
        lines.append({**row, "type": "user", "uuid": f"u{call}", "message": heard})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def log_of(home: Home) -> list[str]:
    """The ids in the log, in its order."""
    store = SqliteStore(home.database)
    try:
        rows = store.events.read(limit=10_000_000)
    finally:
        store.close()
    return [str(getattr(row.event, "id", "")) for row in rows]


def learnt(home: Home) -> tuple[int, int]:
    """How far the learner came, and how far there is to come."""
    store = SqliteStore(home.database)
    try:
        return store.learning.learnt_upto(), store.events.last_seq()
    finally:
        store.close()


def running_import(home: Home, *paths: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "counsel", "import", *map(os.fspath, paths)],
        env=environ_for(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
