"""Where agents keep their settings, and whether Counsel is in them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from counsel.agents.install import (
    Plan,
    Scope,
    Transport,
    plan_install,
    plan_remove,
    settings_file,
)
from counsel.agents.settings_file import read_settings
from counsel.config import Settings
from counsel.hook.command import hook_command_line
from counsel.model.errors import BadInput

Wiring = Literal["wired", "outdated", "not_wired", "unreadable"]

FOLDER_VARIABLES = {"claude-code": "CLAUDE_CONFIG_DIR", "codex": "CODEX_HOME"}
"""With these an agent is told to keep its user settings elsewhere."""


def settings_path(agent: str, scope: Scope, environ: Mapping[str, str]) -> Path:
    """The agent's settings file, for this user or for the project in the working folder."""
    relative = Path(settings_file(agent, scope))
    if scope == "project":
        return Path.cwd() / relative
    moved = environ.get(FOLDER_VARIABLES[agent], "")
    return Path(moved) / relative.name if moved else Path.home() / relative


def planned(
    agent: str, path: Path, settings: Settings, transport: Transport, *, remove: bool
) -> Plan:
    """What is to be written there. Raises `BadInput`."""
    current = read_settings(path)
    if remove:
        return plan_remove(agent, current, path=str(path))
    if transport == "http" and not settings.port:
        raise BadInput(
            "an agent cannot call a service on any free port.",
            advice="Set `port` in config.toml, or use --transport command.",
        )
    url = f"http://127.0.0.1:{settings.port}/v1/agents/{agent}"
    return plan_install(
        agent,
        current,
        hook_command_line(agent),
        transport=transport,
        http_url=url if transport == "http" else "",
        path=str(path),
    )


def wiring(agent: str, settings: Settings, environ: Mapping[str, str]) -> Wiring:
    """The best of the user's and the project's settings."""
    states = set()
    for scope in ("user", "project"):
        try:
            states.add(_wiring_of(agent, settings_path(agent, scope, environ), settings))
        except BadInput:
            states.add("unreadable")
    for state in ("wired", "outdated", "unreadable"):
        if state in states:
            return state
    return "not_wired"


def _wiring_of(agent: str, path: Path, settings: Settings) -> Wiring:
    if not planned(agent, path, settings, "command", remove=True).changes:
        return "not_wired"
    transports: list[Transport] = ["command"]
    if agent == "claude-code" and settings.port:
        transports.append("http")
    current = [planned(agent, path, settings, each, remove=False) for each in transports]
    return "wired" if any(not plan.changes for plan in current) else "outdated"
