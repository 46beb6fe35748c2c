"""`counsel config`: the settings."""

import os

import click
from msgspec import Struct

from counsel.cli.output import emit, json_option, table
from counsel.config import as_table, load_settings, origins


class Shown(Struct, frozen=True):
    value: object
    origin: str


@click.group()
def config() -> None:
    """The settings: from COUNSEL_* variables, config.toml in the home, or the default."""


@config.command()
@json_option
def show(as_json: bool) -> None:
    """Every setting, its value, and where the value comes from."""
    from_where = origins(os.environ)
    rows = {
        name: Shown(value, from_where.get(name, "COUNSEL_HOME or ~/.counsel"))
        for name, value in as_table(load_settings(os.environ)).items()
    }
    text = table([(name, str(row.value), row.origin) for name, row in rows.items()])
    emit(rows, text, as_json=as_json)
