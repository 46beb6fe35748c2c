"""Writes docs/reference.md from what is declared in the code: run it after a declaration changed.

python tools/docs.py            # write
python tools/docs.py --check    # exit 1 if the page is not what the code says
"""

import sys
from pathlib import Path

import click
import msgspec

from counsel.agents.matrix import capability_matrix
from counsel.agents.registry import ADAPTERS
from counsel.cli.main import COMMANDS, EXIT_CODES, cli
from counsel.config import Settings
from counsel.control.tuneables import as_markdown
from counsel.memory.lesson import Lesson
from counsel.server.routes import TABLE

PAGE = Path(__file__).parent.parent / "docs" / "reference.md"
INTRODUCTION = """# Reference

Everything here is written by `tools/docs.py` from the code's own declarations; the tests check
that it is up to date.
"""


def page() -> str:
    """The whole page."""
    parts = (
        INTRODUCTION,
        "## Agents\n\n" + capability_matrix(ADAPTERS.values()).strip() + "\n",
        "## Commands\n\n" + _commands(),
        "## Exit codes\n\n" + _exit_codes(),
        "## HTTP routes\n\n" + _routes(),
        "## Settings\n\n" + _settings(),
        "## Tuneables\n\n" + as_markdown().strip() + "\n",
        "## Lesson (the lines of `counsel memory export`)\n\n" + _lesson(),
    )
    return "\n".join(parts)


def _commands() -> str:
    blocks = []
    for name in COMMANDS:
        context = click.Context(cli, info_name="counsel")
        command = cli.get_command(context, name)
        assert command is not None
        inner = click.Context(command, parent=context, info_name=name, max_content_width=88)
        text = command.get_help(inner)
        blocks.append(f"### counsel {name}\n\n```text\n{text}\n```\n")
    return "\n".join(blocks)


def _exit_codes() -> str:
    rows = [f"| {code} | `{error.__name__}` |" for error, code in EXIT_CODES]
    return "\n".join(["| code | error |", "|---|---|", "| 0 | done |", *rows]) + "\n"


def _routes() -> str:
    rows = [
        f"| {route.method} | `{route.path}` | {'no' if route.open else 'yes'} |" for route in TABLE
    ]
    return "\n".join(["| method | path | token over TCP |", "|---|---|---|", *rows]) + "\n"


def _settings() -> str:
    rows = [
        f"| `{field.name}` | `{field.default!r}` |"
        for field in msgspec.structs.fields(Settings)
        if field.name != "home"
    ]
    return "\n".join(["| `config.toml` | default |", "|---|---|", *rows]) + "\n"


def _lesson() -> str:
    rows = [f"| `{field.name}` |" for field in msgspec.structs.fields(Lesson)]
    return "\n".join(["| field |", "|---|", *rows]) + "\n"


def main() -> int:
    if "--check" in sys.argv[1:]:
        current = PAGE.read_text("utf-8") if PAGE.exists() else ""
        if current != page():
            click.echo("docs/reference.md is not up to date: run python tools/docs.py", err=True)
            return 1
        return 0
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
