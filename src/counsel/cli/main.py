"""`counsel`: the list of commands, and what an error looks like.

A command's module is imported only when the command is used, so `counsel --help` costs the
import of click and no more. Every command takes `--json`; then an error is JSON, too.

Exit codes:

    0   done; for checks: all is well
    1   a check failed, or an unexpected error
    2   wrong usage, a bad setting or input
    3   conflict: somebody else holds it
    4   what was named does not exist
    5   the service cannot be reached
"""

import importlib
import os
import sys
from typing import NamedTuple, NoReturn

import click

from counsel import __version__
from counsel.cli.errors import Unreachable
from counsel.model.errors import BadInput, Conflict, CounselError, NotFound


class Entry(NamedTuple):
    """One command: where it is, under which heading it is listed, and what the list says."""

    target: str
    heading: str
    text: str


COMMANDS: dict[str, Entry] = {
    "demo": Entry("demo:demo", "Set up", "Watch an agent stumble once, and not again."),
    "init": Entry("init:init", "Set up", "Wire Counsel into an agent, or out of it."),
    "doctor": Entry("doctor:doctor", "Set up", "Check everything, and say what to do."),
    "config": Entry("config:config", "Set up", "Show the settings and where they come from."),
    "serve": Entry("serve:serve", "Service", "Run the service in the foreground."),
    "status": Entry("status:status", "Service", "What the service is doing."),
    "stop": Entry("stop:stop", "Service", "Stop the service in good order."),
    "hook": Entry("hook:hook", "Agents", "Send one hook payload from stdin, as an agent would."),
    "hook-command": Entry("hook:hook_command_", "Agents", "Print the command an agent is given."),
    "advise": Entry("advise:advise", "Advice", "What should be known before a call."),
    "outcome": Entry("advise:outcome", "Advice", "Tell how a call ended."),
    "feedback": Entry("feedback:feedback", "Advice", "Say what an advice was worth."),
    "advice": Entry("feedback:advice", "Advice", "What was advised lately, and its fate."),
    "import": Entry("import_:import_", "Memory", "Learn from the transcripts that are here."),
    "memory": Entry("memory:memory", "Memory", "Look at the lessons, add, forget, move them."),
    "opportunities": Entry(
        "opportunities:opportunities", "Memory", "Suggestions from what went unexpectedly."
    ),
    "prefs": Entry("prefs:prefs", "Memory", "How much is said, and which sources are silent."),
    "replay": Entry("replay:replay_", "Evidence", "What advice would have been worth, on record."),
}

EXIT_CODES: tuple[tuple[type[CounselError], int], ...] = (
    (Unreachable, 5),
    (NotFound, 4),
    (Conflict, 3),
    (BadInput, 2),
)


class Commands(click.Group):
    """Commands by name from `COMMANDS`, imported on use, listed under their headings."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.target.partition(":")
        command = getattr(importlib.import_module(f"counsel.cli.commands.{module}"), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.target} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading in dict.fromkeys(entry.heading for entry in COMMANDS.values()):
            rows = [
                (name, entry.text) for name, entry in COMMANDS.items() if entry.heading == heading
            ]
            with formatter.section(heading):
                formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="counsel")
def cli() -> None:
    """Counsel sits beside AI agents: advises before they act, learns after, keeps the record."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """The entry point: errors become one line on stderr and an exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        code = cli.main(given, prog_name="counsel", standalone_mode=False)
    except CounselError as error:
        _complain(error.code, error.message, error.advice, as_json="--json" in given)
        sys.exit(exit_code_of(error))
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        advice = f"See `{context.command_path if context else 'counsel'} --help`."
        _complain("usage", error.format_message(), advice, as_json="--json" in given)
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        # The reader had enough. What is still buffered must not fail on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    except Exception as error:
        import logging

        logging.getLogger(__name__).debug("unexpected", exc_info=True)
        message = f"unexpected: {type(error).__name__}: {error}."
        _complain("internal", message, "This is a defect of Counsel.", as_json="--json" in given)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def exit_code_of(error: CounselError) -> int:
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def _complain(code: str, message: str, advice: str, *, as_json: bool) -> None:
    if as_json:
        import json

        row = {"error": {"code": code, "message": message, "advice": advice, "trace": ""}}
        line = json.dumps(row)
    else:
        line = f"counsel: {message} {advice}".rstrip()
    click.echo(" ".join(line.split()), err=True)
