"""Claude Code's side of the hooks: it reads `.claude/settings.json` and runs what stands there.

Each handler's command is run by a shell with the event as JSON on stdin, `CLAUDE_PROJECT_DIR` set;
what it prints counts only as `hookSpecificOutput.additionalContext` of the same event.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import msgspec
from msgspec import Struct

MODEL = "scripted"


class _Handler(Struct):
    type: str
    command: str = ""


class _Group(Struct):
    hooks: list[_Handler]
    matcher: str = ""


class _Settings(Struct):
    hooks: dict[str, list[_Group]]


class _Specific(Struct, rename="camel"):
    hook_event_name: str
    additional_context: str = ""


class _Output(Struct, rename="camel"):
    hook_specific_output: _Specific | None = None


class Hooks:
    """The hooks of one session of the agent. `cpu_ms` has one figure per run."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        settings = (root / ".claude" / "settings.json").read_bytes()
        self._groups = msgspec.json.decode(settings, type=_Settings).hooks
        self._root = root
        self._environ = {**environ, "CLAUDE_PROJECT_DIR": str(root)}
        self.session = str(uuid4())
        self.cpu_ms: list[float] = []

    def tell(self, event: str, tool: str = "", **fields: object) -> str:
        """Tell all handlers of an event; returns the context they answered with."""
        home = self._environ["HOME"]
        payload = {
            "session_id": self.session,
            "transcript_path": f"{home}/.claude/projects/shop/{self.session}.jsonl",
            "cwd": str(self._root),
            "permission_mode": "default",
            "hook_event_name": event,
            **({"tool_name": tool} if tool else {}),
            **fields,
        }
        said = [
            _context(self._run(handler.command, msgspec.json.encode(payload) + b"\n"), event)
            for group in self._groups.get(event, [])
            if not group.matcher or re.search(group.matcher, tool)
            for handler in group.hooks
        ]
        return "\n".join(text for text in said if text)

    def _run(self, command: str, payload: bytes) -> bytes:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self._root,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with process.stdin, process.stdout:
                process.stdin.write(payload)
                process.stdin.close()
                answer = process.stdout.read()
        except BaseException:
            process.kill()
            process.wait()
            raise
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_ms.append(1_000 * (usage.ru_utime + usage.ru_stime))
        return answer


def _context(answer: bytes, event: str) -> str:
    said = msgspec.json.decode(answer, type=_Output).hook_specific_output
    return said.additional_context if said is not None and said.hook_event_name == event else ""
