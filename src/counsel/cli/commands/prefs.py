"""`counsel prefs`: how much is said, and which sources of advice are silent."""

import os
from typing import get_args

import click
from msgspec import Struct

from counsel.cli.config_file import write_key
from counsel.cli.output import emit, json_option, table
from counsel.config import Settings, home_of, load_settings
from counsel.model.advice import SourceName

GUIDANCE = ("concise", "balanced", "coach")


class Prefs(Struct, frozen=True):
    guidance: str
    muted_sources: tuple[str, ...]


@click.group()
def prefs() -> None:
    """How much is said, and by whom. Each sub-command takes `--json`."""


@prefs.command()
@json_option
def show(as_json: bool) -> None:
    """What is set."""
    _tell(load_settings(os.environ), as_json=as_json)


@prefs.group("set")
def set_() -> None:
    """Change one, in config.toml; a running service takes it over when it is restarted."""


@set_.command()
@click.argument("amount", type=click.Choice(GUIDANCE))
@json_option
def guidance(amount: str, as_json: bool) -> None:
    """How much is said with a piece of advice."""
    write_key(home_of(os.environ), "guidance", amount)
    _tell(load_settings(os.environ), as_json=as_json)


@set_.command()
@click.argument("sources", nargs=-1, type=click.Choice(get_args(SourceName)))
@json_option
def mute(sources: tuple[str, ...], as_json: bool) -> None:
    """Silence exactly these SOURCES; none: all may speak again."""
    write_key(home_of(os.environ), "muted_sources", sorted(set(sources)))
    _tell(load_settings(os.environ), as_json=as_json)


def _tell(settings: Settings, *, as_json: bool) -> None:
    found = Prefs(settings.guidance, tuple(sorted(settings.muted_sources)))
    rows = [("guidance", found.guidance), ("muted", ", ".join(found.muted_sources) or "none")]
    emit(found, table(rows), as_json=as_json)
