"""`counsel serve`: the service, in the foreground."""

import os
import sys

import click

from counsel.cli.output import emit, json_option
from counsel.config import load_settings
from counsel.server.instance import ServiceState
from counsel.server.service import serve as run_service


@click.command()
@json_option
def serve(as_json: bool) -> None:
    """Run the service in the foreground until it is told to stop.

    There is one service for each home; a second one refuses to start (exit code 3).
    """

    def started(state: ServiceState) -> None:
        # Started by a hook, stdout is the log, which says it already.
        if as_json or sys.stdout.isatty():
            place = f"http://127.0.0.1:{state.port}" if state.port else state.trouble
            emit(state, f"Counsel serves {state.socket} and {place}.", as_json=as_json)

    run_service(load_settings(os.environ), os.environ, started)
