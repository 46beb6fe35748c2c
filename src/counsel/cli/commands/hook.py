"""`counsel hook` and `counsel hook-command`: the hook client, for people."""

import click

from counsel.cli.output import emit, json_option
from counsel.hook.command import hook_command, hook_command_line


@click.command()
@click.argument("agent")
@json_option
def hook(agent: str, as_json: bool) -> None:
    """Send the hook payload on stdin to the service, as AGENT would; prints the answer.

    The answer is JSON with or without --json, and the exit code is 0 whatever happens.
    """
    from counsel.hook.client import main

    main([agent])


@click.command("hook-command")
@click.argument("agent")
@json_option
def hook_command_(agent: str, as_json: bool) -> None:
    """Print the command that AGENT is to run as its hook."""
    emit({"argv": hook_command(agent)}, hook_command_line(agent), as_json=as_json)
