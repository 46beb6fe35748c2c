"""`counsel demo`: the main job on real input, in a temporary home."""

import os
import signal
from pathlib import Path

import click

from counsel.cli.output import emit, json_option
from counsel.demo.play import play
from counsel.demo.screen import Screen, Silence


@click.command()
@click.option("--keep", is_flag=True, help="Keep the temporary folder, and say where it is.")
@json_option
def demo(keep: bool, as_json: bool) -> None:
    """Watch an agent stumble once, and not again. Real service, hooks, tools and repository.

    The agent is scripted: it has no model, and its one policy is explicit. Exit code 1 if the
    second session was not warned of what the first one learnt.
    """
    # The clean-up of Ctrl-C, for those who end it from outside, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if as_json:
        figures = play(Silence(), os.environ, Path.home(), keep=keep)
        emit(figures, "", as_json=True)
    else:
        screen = Screen()
        figures = play(screen, os.environ, Path.home(), keep=keep)
        screen.end(figures)
    if not figures.passed:
        raise SystemExit(1)
