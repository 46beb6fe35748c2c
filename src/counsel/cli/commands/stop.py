"""`counsel stop`: end the service in good order."""

import os
import signal
import time

import click
from msgspec import Struct

from counsel.cli.output import emit, json_option
from counsel.config import home_of
from counsel.model.errors import Conflict
from counsel.server.instance import lock_holder


class Stopped(Struct, frozen=True):
    """`pid` of the service that was stopped, 0 if there was none."""

    pid: int


@click.command()
@click.option("--timeout", default=30.0, show_default=True, help="Seconds to wait for the end.")
@json_option
def stop(timeout: float, as_json: bool) -> None:
    """Stop the service: it finishes what it has begun, and every write.

    No service is no error. Exit code 3 if it has not ended in time.
    """
    home = home_of(os.environ)
    pid = lock_holder(home)
    if pid is None:
        emit(Stopped(0), "No service is running.", as_json=as_json)
        return
    if pid == 0:
        raise Conflict("a service is just starting or stopping.", advice="Try again in a moment.")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while lock_holder(home) == pid:
        if time.monotonic() > deadline:
            raise Conflict(
                f"the service with pid {pid} has not ended in {timeout:g} s.",
                advice=f"See {home.log}; `kill -9 {pid}` loses nothing that was acknowledged.",
            )
        time.sleep(0.02)
    emit(Stopped(pid), f"Stopped (pid {pid}).", as_json=as_json)
