"""`counsel opportunities`: suggestions that come from predictions that failed."""

import os

import click

from counsel.cli.inside import counterpart
from counsel.cli.output import emit, json_option, table
from counsel.cli.places import url
from counsel.memory.gaps import Opportunity
from counsel.workflows.memory_view import Whole


@click.group()
def opportunities() -> None:
    """Suggestions from what went unexpectedly. Each sub-command takes `--json`."""


@opportunities.command("list")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(min=0))
@json_option
def list_(limit: int, as_json: bool) -> None:
    """Those that are neither accepted nor dismissed, best first."""
    with counterpart(os.environ, changes=False) as other:
        rows = other.get(url("/v1/opportunities", limit=limit), list[Opportunity])
    text = table([(row.id, f"{row.score:.1f}", row.text) for row in rows])
    emit(rows, text or "Nothing to suggest yet.", as_json=as_json)


@opportunities.command()
@click.argument("opportunity")
@json_option
def accept(opportunity: str, as_json: bool) -> None:
    """Make a lesson of it, so that it is advised."""
    with counterpart(os.environ, changes=True) as other:
        found = other.post(url("/v1/opportunities/{}/accept", opportunity), {}, Whole)
    emit(found, f"Remembered as {found.lesson.id}.", as_json=as_json)


@opportunities.command()
@click.argument("opportunity")
@json_option
def dismiss(opportunity: str, as_json: bool) -> None:
    """Never suggest it again."""
    with counterpart(os.environ, changes=True) as other:
        found = other.post(url("/v1/opportunities/{}/dismiss", opportunity), {}, Opportunity)
    emit(found, f"Dismissed {found.id}.", as_json=as_json)
