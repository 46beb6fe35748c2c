"""Native tools to canonical actions: one table per agent, shared by adapters and readers.

A table names, for each native tool, its kind and under which native keys the canonical fields
are found; several keys are tried in order. A field with an unexpected type stays None: agents
do call tools with wrong inputs, and such calls are worth recording.

Canonical fields are whole (a check against a file needs them so); only `arguments` is cut.
"""

import re
import shlex
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct

from counsel.agents.texts import ARGUMENT_LIMIT, cut
from counsel.model.actions import Action, ToolKind
from counsel.model.ids import ActionId

Field = Literal[
    "command", "workdir", "path", "old_text", "new_text", "content", "pattern", "target"
]


class Shape(Struct, frozen=True, kw_only=True):
    """What one native tool is: kind, native keys per field, keys that say "only a part"."""

    kind: ToolKind
    keys: Mapping[Field, tuple[str, ...]] = {}
    replace_all: str = ""
    background: str = ""
    partial: tuple[str, ...] = ()


Shapes: TypeAlias = Mapping[str, Shape]


def _shape(
    kind: ToolKind,
    *,
    replace_all: str = "",
    background: str = "",
    partial: str = "",
    **keys: str,
) -> Shape:
    fields: dict[Field, tuple[str, ...]] = {
        name: tuple(keys[name].split()) for name in _FIELDS if name in keys
    }
    return Shape(
        kind=kind,
        keys=fields,
        replace_all=replace_all,
        background=background,
        partial=tuple(partial.split()),
    )


_FIELDS: tuple[Field, ...] = (
    "command",
    "workdir",
    "path",
    "old_text",
    "new_text",
    "content",
    "pattern",
    "target",
)

_PLAN = _shape("plan")
_ASK = _shape("ask")
_OTHER = _shape("other")

CLAUDE_CODE: Shapes = {
    "Bash": _shape("shell", command="command", background="run_in_background"),
    "PowerShell": _shape("shell", command="command", background="run_in_background"),
    "Edit": _shape(
        "edit",
        path="file_path",
        old_text="old_string",
        new_text="new_string",
        replace_all="replace_all",
    ),
    "MultiEdit": _shape("edit", path="file_path"),
    "NotebookEdit": _shape("edit", path="notebook_path", new_text="new_source"),
    "Write": _shape("write", path="file_path", content="content"),
    "Read": _shape("read", path="file_path", partial="offset limit pages"),
    "NotebookRead": _shape("read", path="notebook_path"),
    "Glob": _shape("search", pattern="pattern", path="path"),
    "Grep": _shape("search", pattern="pattern", path="path"),
    "LS": _shape("search", path="path"),
    "LSP": _shape("search", path="filePath", pattern="query"),
    "WebFetch": _shape("fetch", target="url"),
    "WebSearch": _shape("fetch", pattern="query"),
    "Agent": _shape("subagent", target="subagent_type", background="run_in_background"),
    "Task": _shape("subagent", target="subagent_type", background="run_in_background"),
    "TodoWrite": _PLAN,
    "TodoRead": _PLAN,
    "TaskCreate": _PLAN,
    "TaskUpdate": _PLAN,
    "TaskList": _PLAN,
    "TaskGet": _PLAN,
    "EnterPlanMode": _PLAN,
    "ExitPlanMode": _PLAN,
    "AskUserQuestion": _ASK,
    "Skill": _shape("other", target="skill"),
    "ListMcpResourcesTool": _shape("mcp", target="server"),
    "ReadMcpResourceTool": _shape("mcp", target="server"),
}

CODEX: Shapes = {
    "Bash": _shape("shell", command="command cmd", workdir="workdir"),
    "shell": _shape("shell", command="command cmd", workdir="workdir"),
    "shell_command": _shape("shell", command="command cmd", workdir="workdir"),
    "exec_command": _shape("shell", command="cmd command", workdir="workdir"),
    "local_shell": _shape("shell", command="command", workdir="working_directory"),
    "container.exec": _shape("shell", command="cmd command", workdir="workdir"),
    "apply_patch": _shape("edit", content="input command patch"),
    "write_stdin": _OTHER,
    "update_plan": _PLAN,
    "view_image": _shape("read", path="path"),
    "read_file": _shape("read", path="file_path path", partial="offset limit"),
    "list_dir": _shape("search", path="dir_path path"),
    "grep_files": _shape("search", pattern="pattern", path="path"),
    "web_search": _shape("fetch", pattern="query"),
    "spawn_agent": _shape("subagent", target="agent_type"),
    "request_user_input": _ASK,
}

GEMINI_CLI: Shapes = {
    "run_shell_command": _shape(
        "shell", command="command", workdir="dir_path directory", background="is_background"
    ),
    "replace": _shape(
        "edit",
        path="file_path",
        old_text="old_string",
        new_text="new_string",
        replace_all="allow_multiple",
    ),
    "write_file": _shape("write", path="file_path", content="content"),
    "read_file": _shape("read", path="file_path absolute_path", partial="offset limit start_line"),
    "read_many_files": _shape("read", path="path"),
    "glob": _shape("search", pattern="pattern", path="dir_path path"),
    "search_file_content": _shape("search", pattern="pattern", path="dir_path path"),
    "grep_search": _shape("search", pattern="pattern", path="dir_path path"),
    "list_directory": _shape("search", path="dir_path path"),
    "web_fetch": _shape("fetch", target="url prompt"),
    "google_web_search": _shape("fetch", pattern="query"),
    "invoke_agent": _shape("subagent", target="agent_name"),
    "write_todos": _PLAN,
    "ask_user": _ASK,
    "save_memory": _OTHER,
}

COPILOT_CLI: Shapes = {
    "bash": _shape("shell", command="command"),
    "powershell": _shape("shell", command="command"),
    "edit": _shape("edit", path="path", old_text="old_str", new_text="new_str"),
    "str_replace_editor": _shape("edit", path="path", old_text="old_str", new_text="new_str"),
    "create": _shape("write", path="path", content="file_text content"),
    "view": _shape("read", path="path", partial="view_range"),
    "glob": _shape("search", pattern="pattern", path="path"),
    "grep": _shape("search", pattern="pattern", path="path"),
    "rg": _shape("search", pattern="pattern", path="path"),
    "web_fetch": _shape("fetch", target="url"),
    "web_search": _shape("fetch", pattern="query"),
    "task": _shape("subagent", target="agent_type"),
    "update_todo": _PLAN,
    "report_intent": _PLAN,
    "ask_user": _ASK,
    "read_bash": _OTHER,
    "write_bash": _OTHER,
    "stop_bash": _OTHER,
}

GENERIC: Shapes = {**COPILOT_CLI, **GEMINI_CLI, **CODEX, **CLAUDE_CODE}
"""For agents without a table: any tool name of the others means what it means there."""

SHAPES: Mapping[str, Shapes] = {
    "claude-code": CLAUDE_CODE,
    "codex": CODEX,
    "gemini-cli": GEMINI_CLI,
    "copilot-cli": COPILOT_CLI,
}


def shapes_of(agent: str) -> Shapes:
    """The table of an agent, `GENERIC` for an agent that has none."""
    return SHAPES.get(agent, GENERIC)


_native = msgspec.json.Decoder()
_PATCHED = re.compile(r"^\*\*\* (?:Update|Add|Delete) File: (.+)$", re.MULTILINE)
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "fish"})


def action_of(
    shapes: Shapes,
    *,
    id: ActionId,
    tool: str,
    native_input: bytes | Raw,
    subagent: str | None = None,
    kind: ToolKind | None = None,
) -> Action:
    """The canonical form of one call; `kind` overrides the table's.

    Raises one of `payload.DECODE_ERRORS` when `native_input` is no JSON.
    """
    value = _native.decode(native_input or b"{}")
    given = _fields(value)
    shape = shapes.get(tool) or _mcp_shape(tool)
    text = {name: _first_text(given, shape.keys.get(name, ())) for name in _FIELDS}
    path = text["path"]
    if path is None and shape.kind == "edit" and text["content"]:
        path = patched_file(text["content"])
    return Action(
        id=id,
        tool=tool,
        kind=kind or shape.kind,
        arguments=_arguments(value, len(bytes(native_input))),
        command=text["command"],
        workdir=text["workdir"],
        path=path,
        old_text=text["old_text"],
        new_text=text["new_text"],
        replace_all=given.get(shape.replace_all) is True,
        content=text["content"],
        pattern=text["pattern"],
        whole_file=all(given.get(key) is None for key in shape.partial),
        target=mcp_target(tool) or text["target"],
        background=given.get(shape.background) is True,
        subagent=subagent,
    )


def arguments_of(native_input: bytes | Raw) -> str:
    """`Action.arguments` for a native input; raises one of `payload.DECODE_ERRORS`."""
    return _arguments(_native.decode(native_input or b"{}"), len(bytes(native_input)))


def mcp_target(tool: str) -> str | None:
    """`server/tool` for `mcp__server__tool`, None for any other name."""
    if not tool.startswith("mcp__"):
        return None
    server, _, name = tool[len("mcp__") :].partition("__")
    return f"{server}/{name}"


def patched_file(patch: str) -> str | None:
    """The first file that an `apply_patch` patch names."""
    found = _PATCHED.search(patch)
    return found[1].strip() if found else None


def _mcp_shape(tool: str) -> Shape:
    return Shape(kind="mcp") if tool.startswith("mcp__") else _OTHER


def _fields(value: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    return {"input": value} if isinstance(value, str) else {}


def _first_text(given: Mapping[str, object], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = given.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
            return _command_line(value)
    return None


def _command_line(argv: list[str]) -> str:
    """The script of `bash -lc SCRIPT`, else the words quoted as a shell would need them."""
    if len(argv) == 3 and argv[0].rsplit("/", 1)[-1] in _SHELLS and argv[1] in ("-c", "-lc"):
        return argv[2]
    return shlex.join(argv)


def _arguments(value: object, size: int) -> str:
    # No string can be longer than the bytes it was read from (a \u escape takes six).
    bounded = value if size <= ARGUMENT_LIMIT else _cut_strings(value)
    return msgspec.json.encode(bounded).decode("utf-8")


def _cut_strings(value: object) -> object:
    if isinstance(value, str):
        return cut(value, ARGUMENT_LIMIT)
    if isinstance(value, list):
        return [_cut_strings(item) for item in value]
    if isinstance(value, dict):
        return {cut(key, ARGUMENT_LIMIT): _cut_strings(item) for key, item in value.items()}
    return value
