"""What an agent is about to do: a tool call in one canonical shape, whoever the agent is.

Adapters fill the fields their agent's tool really has; everything else stays None. `arguments`
keeps the native input as JSON text, so nothing is lost by being canonical.
"""

from typing import Literal

from msgspec import Struct

from counsel.model.ids import ActionId

ToolKind = Literal[
    "shell", "edit", "write", "read", "search", "fetch", "subagent", "plan", "ask", "mcp", "other"
]
"""Canonical tools. `plan` is bookkeeping (todo lists), `ask` a question to the human."""


class Action(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tool call as proposed.

    `id` is the agent's own call id, or one the adapter made; `tool` the agent's own tool name.
    Paths are as the agent wrote them. `arguments` is the native input as JSON text, each string
    cut at 16,000 characters.
    """

    id: ActionId
    tool: str
    kind: ToolKind = "other"
    arguments: str = "{}"
    command: str | None = None
    """shell: the command line."""
    workdir: str | None = None
    """shell: where it runs, if the call says so."""
    path: str | None = None
    """edit, write, read, search: the file or folder."""
    old_text: str | None = None
    """edit: text to replace."""
    new_text: str | None = None
    """edit: its replacement."""
    replace_all: bool = False
    """edit: replace every occurrence."""
    content: str | None = None
    """write: the whole new content; `apply_patch`: the patch."""
    pattern: str | None = None
    """search: what is looked for."""
    whole_file: bool = True
    """read: False when only a part (offset, limit, pages) is asked for."""
    target: str | None = None
    """fetch: the URL; subagent: its type; mcp: `server/tool`."""
    background: bool = False
    """shell: does not wait for the end."""
    subagent: str | None = None
    """Which sub-agent makes the call, if one does."""
