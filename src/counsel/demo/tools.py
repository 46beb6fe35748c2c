"""The agent's four tools, really executed, with Claude Code's own rules and error texts.

A file must have been read before it is changed; a text to replace must be there, and once only;
a failing command's error is `Exit code N` and its output.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

ToolName = Literal["Bash", "Read", "Edit", "Write"]
Response = Mapping[str, object]
LONGEST_RUN = 60.0


class Call(Struct, frozen=True):
    """One call as the agent makes it. `path` is relative to the repository."""

    tool: ToolName
    command: str = ""
    path: str = ""
    old: str = ""
    new: str = ""

    @property
    def title(self) -> str:
        return f"{self.tool} {self.command or self.path}"

    def input(self, root: Path) -> dict[str, object]:
        """`tool_input`, as Claude Code writes it."""
        full = str(root / self.path)
        match self.tool:
            case "Bash":
                return {"command": self.command}
            case "Read":
                return {"file_path": full}
            case "Edit":
                return {
                    "file_path": full,
                    "old_string": self.old,
                    "new_string": self.new,
                    "replace_all": False,
                }
            case "Write":
                return {"file_path": full, "content": self.new}


class Result(Struct, frozen=True):
    """`response` is `tool_response`; a failure has an `error` instead."""

    response: Response = {}
    error: str = ""

    @property
    def ok(self) -> bool:
        return not self.error


class Toolbox:
    """The tools over one working folder. `seen` are the files read so far."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self._environ = dict(environ)
        self.seen: set[str] = set()

    def run(self, call: Call) -> Result:
        if call.tool == "Bash":
            return self._bash(call.command)
        if call.tool == "Read":
            return self._read(call)
        return self._edit(call) if call.tool == "Edit" else self._write(call)

    def would_fail(self, call: Call, scratch: Path) -> str:
        """The error that `call` would bring, found out on a copy of the folder; empty if none."""
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(self.root, scratch, symlinks=True)
        copy = Toolbox(scratch, self._environ)
        copy.seen = set(self.seen)
        return copy.run(call).error

    def _bash(self, command: str) -> Result:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.root,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LONGEST_RUN,
            check=False,
        )
        if done.returncode:
            output = "\n".join(part for part in (done.stderr, done.stdout) if part).strip()
            return Result(error=f"Exit code {done.returncode}\n{output}")
        return Result({"stdout": done.stdout, "stderr": done.stderr, "interrupted": False})

    def _read(self, call: Call) -> Result:
        path = self.root / call.path
        if not path.is_file():
            return Result(error="File does not exist.")
        text = path.read_text()
        self.seen.add(call.path)
        lines = len(text.splitlines())
        file = {
            "filePath": str(path),
            "content": text,
            "numLines": lines,
            "startLine": 1,
            "totalLines": lines,
        }
        return Result({"type": "text", "file": file})

    def _edit(self, call: Call) -> Result:
        path = self.root / call.path
        if not path.is_file():
            return Result(error="File does not exist.")
        if call.path not in self.seen:
            return _UNREAD
        text = path.read_text()
        found = text.count(call.old)
        if found == 0:
            return Result(error=f"String to replace not found in file.\nString: {call.old}")
        if found > 1:
            return Result(
                error=f"Found {found} matches of the string to replace, but replace_all is false. "
                "To replace all occurrences, set replace_all to true. To replace only one "
                "occurrence, please provide more context to uniquely identify the instance.\n"
                f"String: {call.old}"
            )
        path.write_text(text.replace(call.old, call.new, 1))
        return Result(
            {
                "filePath": str(path),
                "oldString": call.old,
                "newString": call.new,
                "originalFile": text,
                "structuredPatch": [],
                "userModified": False,
                "replaceAll": False,
            }
        )

    def _write(self, call: Call) -> Result:
        path = self.root / call.path
        there = path.is_file()
        if there and call.path not in self.seen:
            return _UNREAD
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(call.new)
        self.seen.add(call.path)
        kind = "update" if there else "create"
        return Result({"type": kind, "filePath": str(path), "content": call.new})


_UNREAD = Result(error="File has not been read yet. Read it first before writing to it.")
