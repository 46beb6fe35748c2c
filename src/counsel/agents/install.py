"""Plans what `counsel init AGENT` writes into an agent's settings. Pure: text in, text out.

Design:
- **Transport.** Claude Code can call HTTP by itself, which saves a process per call, but its
  `http` handlers fill the bearer token in only from variables that exist in the environment of
  Claude Code itself, and SessionStart cannot use http at all. A token that is missing in one
  terminal would silence Counsel there. So the default is `command` for every event: the hook
  speaks over the Unix socket (mode 0600, no token) and starts the service when needed.
  `http` is for those who export `COUNSEL_TOKEN` themselves; SessionStart stays a command.
- **Codex** runs commands only, and wants every hook trusted again when its definition changes:
  the command string must be stable, so it names nothing that varies from run to run.
- **Ours and theirs.** A handler is ours when its command runs a file in `counsel/hook/` (or
  `counsel-hook`, `counsel hook`) for this agent, or its URL ends in `/v1/agents/<agent>`. All
  else is kept as it was, in its order. A second run changes nothing; removal takes out only our
  handlers, and the lists that became empty by that.
- **Bounds.** 5 seconds per call (the agents' default is 600); where Codex allows no more than 3,
  3. A settings file that is no JSON, or has `hooks` in an unknown shape, is refused untouched.
"""

import difflib
import json
import re
import shlex
from typing import Literal, NoReturn, TypeAlias

from msgspec import Struct

from counsel.model.errors import BadInput

Scope = Literal["user", "project"]
Transport = Literal["command", "http"]
Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

TOKEN_VARIABLE = "COUNSEL_TOKEN"
TIMEOUT_S = 5
INSTALLABLE = ("claude-code", "codex")


class HookEvent(Struct, frozen=True):
    """One event we listen to. `matched`: it has a matcher; `command_only`: no http there."""

    name: str
    matched: bool = False
    command_only: bool = False
    timeout_s: int = TIMEOUT_S


EVENTS: dict[str, tuple[HookEvent, ...]] = {
    "claude-code": (
        HookEvent("SessionStart", command_only=True),
        HookEvent("UserPromptSubmit"),
        HookEvent("PreToolUse", matched=True),
        HookEvent("PostToolUse", matched=True),
        HookEvent("PostToolUseFailure", matched=True),
        HookEvent("PermissionDenied", matched=True),
        HookEvent("PreCompact"),
        HookEvent("Stop"),
        HookEvent("SubagentStop"),
        HookEvent("SessionEnd"),
    ),
    "codex": (
        HookEvent("SessionStart"),
        HookEvent("UserPromptSubmit"),
        HookEvent("PreToolUse", matched=True),
        HookEvent("PostToolUse", matched=True),
        HookEvent("PreCompact"),
        HookEvent("Stop"),
        HookEvent("SubagentStop"),
        HookEvent("Interrupt", timeout_s=3),
        HookEvent("SessionEnd", timeout_s=3),
    ),
}

NOTES: dict[str, str] = {
    "claude-code": "Claude Code reads the hooks when it starts: restart running sessions.",
    "codex": "Codex runs a new or changed hook only when you trust it: open /hooks in Codex.",
}
"""What the human has to know or do after the installation."""


class Plan(Struct, frozen=True):
    """The settings as they will be, and the way there as a unified diff (empty: no change)."""

    text: str
    diff: str

    @property
    def changes(self) -> bool:
        return bool(self.diff)


def settings_file(agent: str, scope: Scope) -> str:
    """Where the agent keeps its hooks: a path below the home (user) or project folder."""
    _require_known(agent)
    if agent == "codex":
        return ".codex/hooks.json"
    return ".claude/settings.json"


def hook_command(agent: str, python: str, hook_file: str) -> str:
    """The command line of the hook, quoted for a shell.

    The real interpreter runs the file isolated (`-I`) and without site packages (`-S`).
    """
    return shlex.join([python, "-I", "-S", hook_file, agent])


def plan_install(
    agent: str,
    current: str | None,
    command: str,
    *,
    transport: Transport = "command",
    http_url: str = "",
    path: str = "",
) -> Plan:
    """Settings with our hooks merged in; `current` is None where there is no file yet.

    `command` is what `hook_command` made; `http_url` (`http://127.0.0.1:PORT/v1/agents/AGENT`)
    is needed for the `http` transport; `path` only names the file in the diff. Raises `BadInput`.
    """
    _require_known(agent)
    if transport == "http" and (agent != "claude-code" or not _is_our_url(http_url, agent)):
        raise BadInput(
            f"no http transport for {agent!r} at {http_url!r}.",
            advice="Only Claude Code speaks http, to a URL that ends in /v1/agents/claude-code.",
        )
    settings = _settings(current, path)
    hooks = _hooks(settings, path)
    wanted = {
        event.name: _handler(event, command, http_url if transport == "http" else "")
        for event in EVENTS[agent]
    }
    matched = {event.name for event in EVENTS[agent] if event.matched}
    for name in [*hooks, *(name for name in wanted if name not in hooks)]:
        groups = hooks.get(name, [])
        kept = _merged(groups, wanted.get(name), agent, command, matched=name in matched)
        if kept:
            hooks[name] = kept
        elif groups:
            del hooks[name]
    return _plan(current, {**settings, "hooks": dict(hooks)}, path)


def plan_remove(agent: str, current: str | None, *, path: str = "") -> Plan:
    """Settings without our hooks and with everything else. Raises `BadInput`."""
    _require_known(agent)
    if current is None:
        return Plan("", "")
    settings = _settings(current, path)
    hooks = _hooks(settings, path)
    changed = False
    for name, groups in list(hooks.items()):
        kept = _without_ours(groups, agent, "")
        if kept == groups:
            continue
        changed = True
        if kept:
            hooks[name] = kept
        else:
            del hooks[name]
    if not changed:
        return Plan(current, "")
    rest: dict[str, Json] = {key: value for key, value in settings.items() if key != "hooks"}
    return _plan(current, {**settings, "hooks": dict(hooks)} if hooks else rest, path)


def is_ours(handler: Json, agent: str) -> bool:
    """Whether a handler in an agent's settings is one of Counsel's for that agent."""
    if not isinstance(handler, dict):
        return False
    command, url = handler.get("command"), handler.get("url")
    return (isinstance(command, str) and _is_our_command(command, agent)) or (
        isinstance(url, str) and _is_our_url(url, agent)
    )


_HOOK_FILE = re.compile(r"(?:^|[/\\])counsel[/\\]hook[/\\][^/\\]+\.py$")
_HOOK_PROGRAM = re.compile(r"(?:^|[/\\])counsel-hook(?:\.exe)?$")
_COUNSEL = re.compile(r"(?:^|[/\\])counsel(?:\.exe)?$")


def _is_our_command(command: str, agent: str) -> bool:
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    if not words or words[-1] != agent:
        return False
    if any(_HOOK_FILE.search(word) or _HOOK_PROGRAM.search(word) for word in words):
        return True
    return any(
        _COUNSEL.search(first) and second == "hook"
        for first, second in zip(words, words[1:], strict=False)
    )


def _is_our_url(url: str, agent: str) -> bool:
    return url.startswith(("http://", "https://")) and url.rstrip("/").endswith(
        f"/v1/agents/{agent}"
    )


def _require_known(agent: str) -> None:
    if agent not in INSTALLABLE:
        raise BadInput(
            f"nothing to install for {agent!r}.",
            advice=f"Known are: {', '.join(INSTALLABLE)}; others call the API by themselves.",
        )


def _handler(event: HookEvent, command: str, http_url: str) -> dict[str, Json]:
    if http_url and not event.command_only:
        return {
            "type": "http",
            "url": http_url,
            "timeout": event.timeout_s,
            "headers": {"Authorization": f"Bearer ${TOKEN_VARIABLE}"},
            "allowedEnvVars": [TOKEN_VARIABLE],
        }
    return {"type": "command", "command": command, "timeout": event.timeout_s}


def _merged(
    groups: list[Json],
    wanted: dict[str, Json] | None,
    agent: str,
    command: str,
    *,
    matched: bool,
) -> list[Json]:
    """The groups of one event with exactly our wanted handler among them, if any is wanted."""
    if wanted is None:
        return _without_ours(groups, agent, command)
    ours: dict[str, Json] = {"matcher": ""} if matched else {}
    ours["hooks"] = [wanted]
    present = [group for group in groups if _has_ours(group, agent, command)]
    if present == [ours]:
        return groups
    return [*_without_ours(groups, agent, command), ours]


def _has_ours(group: Json, agent: str, command: str) -> bool:
    return any(_matches(handler, agent, command) for handler in _handlers(group))


def _matches(handler: Json, agent: str, command: str) -> bool:
    exact = isinstance(handler, dict) and bool(command) and handler.get("command") == command
    return exact or is_ours(handler, agent)


def _handlers(group: Json) -> list[Json]:
    handlers = group.get("hooks") if isinstance(group, dict) else None
    return handlers if isinstance(handlers, list) else []


def _without_ours(groups: list[Json], agent: str, command: str) -> list[Json]:
    kept: list[Json] = []
    for group in groups:
        if not isinstance(group, dict) or not _has_ours(group, agent, command):
            kept.append(group)
            continue
        rest = [each for each in _handlers(group) if not _matches(each, agent, command)]
        if rest:
            kept.append({**group, "hooks": rest})
    return kept


def _settings(current: str | None, path: str) -> dict[str, Json]:
    if current is None or not current.strip():
        return {}
    try:
        settings = json.loads(current, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"the settings file {path!r} is not valid JSON: {error}.",
            advice="Repair it first; it was left as it is.",
        ) from error
    if not isinstance(settings, dict):
        raise _odd(path, "it is no object")
    return settings


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _hooks(settings: dict[str, Json], path: str) -> dict[str, list[Json]]:
    hooks = settings.get("hooks", {})
    if not isinstance(hooks, dict):
        raise _odd(path, "its `hooks` is no object")
    known: dict[str, list[Json]] = {}
    for name, groups in hooks.items():
        if not isinstance(groups, list):
            raise _odd(path, f"its hooks for {name!r} are no list")
        known[name] = groups
    return known


def _odd(path: str, why: str) -> BadInput:
    return BadInput(
        f"the settings file {path!r} has an unknown shape: {why}.",
        advice="Repair it first; it was left as it is.",
    )


def _plan(current: str | None, settings: dict[str, Json], path: str) -> Plan:
    if current is not None and current.strip() and json.loads(current) == settings:
        return Plan(current, "")
    text = json.dumps(settings, indent=_indent(current), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate came in as an escape: it leaves as one
        text = json.dumps(settings, indent=_indent(current))
    text += "\n"
    name = path or "settings"
    diff = difflib.unified_diff(
        (current or "").splitlines(keepends=True),
        text.splitlines(keepends=True),
        fromfile=name if current is not None else "/dev/null",
        tofile=name,
    )
    return Plan(text, "".join(line if line.endswith("\n") else f"{line}\n" for line in diff))


def _indent(current: str | None) -> int | str:
    """The indentation the file has, 2 where it has none."""
    found = re.search(r"^([ \t]+)\S", current or "", re.MULTILINE)
    return found[1] if found else 2
