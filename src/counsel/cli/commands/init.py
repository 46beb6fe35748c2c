"""`counsel init`: wire Counsel into an agent's settings, or take it out again."""

import os
from collections.abc import Mapping
from typing import cast

import click
from msgspec import Struct

from counsel.agents.install import INSTALLABLE, NOTES, Scope, Transport
from counsel.agents.settings_file import write_settings
from counsel.cli.output import emit, json_option
from counsel.cli.wiring import planned, settings_path
from counsel.config import Settings, load_settings
from counsel.model.errors import NotFound


class Change(Struct, frozen=True, kw_only=True):
    """What was (or with `dry_run` would be) done to one agent's settings."""

    agent: str
    path: str
    changed: bool
    dry_run: bool
    diff: str
    note: str


@click.command()
@click.argument("agent", required=False)
@click.option("--scope", type=click.Choice(["user", "project"]), default="user", show_default=True)
@click.option(
    "--transport",
    type=click.Choice(["command", "http"]),
    default="command",
    show_default=True,
    help="http: the agent calls the service itself; needs COUNSEL_TOKEN in its environment.",
)
@click.option("--dry-run", is_flag=True, help="Only show the change.")
@click.option("--remove", is_flag=True, help="Take Counsel out again.")
@json_option
def init(
    agent: str | None, scope: str, transport: str, dry_run: bool, remove: bool, as_json: bool
) -> None:
    """Wire Counsel into AGENT (claude-code or codex); without AGENT, into all that are here.

    Shows the change as a diff, keeps one backup of the original, and can be repeated.
    """
    settings = load_settings(os.environ)
    changes = [
        _change(
            each,
            cast(Scope, scope),
            cast(Transport, transport if each == "claude-code" or agent else "command"),
            settings,
            dry_run=dry_run,
            remove=remove,
        )
        for each in ([agent] if agent else _present(cast(Scope, scope), os.environ))
    ]
    emit(changes, "\n".join(_told(change, remove=remove) for change in changes), as_json=as_json)


def _change(
    agent: str,
    scope: Scope,
    transport: Transport,
    settings: Settings,
    *,
    dry_run: bool,
    remove: bool,
) -> Change:
    path = settings_path(agent, scope, os.environ)
    plan = planned(agent, path, settings, transport, remove=remove)
    if not dry_run:
        write_settings(path, plan)
    return Change(
        agent=agent,
        path=str(path),
        changed=plan.changes,
        dry_run=dry_run,
        diff=plan.diff,
        note=_note(agent) if plan.changes else "",
    )


def _present(scope: Scope, environ: Mapping[str, str]) -> list[str]:
    """The agents whose settings folder exists."""
    found = [agent for agent in INSTALLABLE if settings_path(agent, scope, environ).parent.is_dir()]
    if not found:
        raise NotFound(
            "no agent was found here.",
            advice=f"Name one: `counsel init AGENT`, AGENT being {' or '.join(INSTALLABLE)}.",
        )
    return found


def _note(agent: str) -> str:
    if "COUNSEL_HOME" in os.environ:
        return f"{NOTES[agent]} COUNSEL_HOME must be set for the agent, too."
    return NOTES[agent]


def _told(change: Change, *, remove: bool) -> str:
    if not change.changed:
        state = "not in" if remove else "already in"
        return f"Counsel is {state} {change.path}; nothing to change."
    done = "Would write" if change.dry_run else "Wrote"
    return f"{change.diff}{done} {change.path}. {change.note}"
