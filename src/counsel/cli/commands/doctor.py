"""`counsel doctor`: is everything as it should be, and if not, what to do."""

import os
import sys

import click

from counsel.cli.checks import CHECKS, Check
from counsel.cli.output import emit, json_option, table
from counsel.config import load_settings
from counsel.model.errors import BadSetting


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check everything. Exit code 1 if a check failed; warnings and unknowns do not count."""
    checks = _checks()
    rows: list[tuple[str, str, str]] = []
    for check in checks:
        rows.append((check.verdict, check.name, check.found))
        if check.advice:
            rows.append(("", "", check.advice))
    emit(checks, table(rows), as_json=as_json)
    sys.exit(any(check.verdict == "fail" for check in checks))


def _checks() -> list[Check]:
    try:
        settings = load_settings(os.environ)
    except BadSetting as error:
        return [Check(name="settings", verdict="fail", found=error.message, advice=error.advice)]
    settings_read = Check(name="settings", verdict="ok", found=f"read, home {settings.home.root}")
    return [settings_read, *(check(settings) for check in CHECKS)]
