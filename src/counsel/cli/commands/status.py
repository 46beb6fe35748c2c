"""`counsel status`: what the service is doing."""

import os

import click

from counsel.cli.output import emit, json_option, table
from counsel.cli.service import Service
from counsel.config import home_of
from counsel.server.status import Status


@click.command()
@json_option
def status(as_json: bool) -> None:
    """What the service is doing; exit code 5 if there is none."""
    found = Service(home_of(os.environ).socket).get("/api/status", Status)
    answered = sum(
        tally.value for tally in found.tallies if tally.figure == "counsel_requests_total"
    )
    rows = [
        ("version", found.version),
        ("pid", str(found.pid)),
        ("home", found.home),
        ("socket", found.socket),
        ("http", f"http://127.0.0.1:{found.port}" if found.port else "not bound"),
        ("up", f"{found.uptime_ms // 1000} s"),
        ("events", str(found.events)),
        ("answered", str(answered)),
        ("agents", ", ".join(found.agents)),
        ("workers", ", ".join(found.workers) or "none"),
        ("trouble", found.trouble or "none"),
    ]
    emit(found, table(rows), as_json=as_json)
