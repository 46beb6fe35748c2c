"""`counsel advise` and `counsel outcome`: what a program would ask and tell, by hand."""

import os

import click
import msgspec
from msgspec import Raw, Struct

from counsel.cli.inside import counterpart
from counsel.cli.output import emit, json_option
from counsel.model.errors import BadInput
from counsel.server.replies import Advice, Recorded

SESSION = "cli"


class _Call(Struct, kw_only=True, omit_defaults=True):
    session: str
    tool: str
    input: Raw
    cwd: str = ""
    call_id: str = ""
    ok: bool | None = None
    error: str = ""
    exit_code: int | None = None


def _given(text: str, option: str) -> Raw:
    try:
        msgspec.json.decode(text, type=dict[str, Raw])
    except msgspec.DecodeError as error:
        raise BadInput(
            f"{option} is no JSON object: {error}.",
            advice="""Write for example --input '{"command": "ls"}'.""",
        ) from error
    return Raw(text.encode())


@click.command()
@click.option("--tool", required=True, help="The tool's name: Bash, Edit, ...")
@click.option("--input", "given", default="{}", metavar="JSON", help="The tool's input.")
@click.option("--session", default=SESSION, show_default=True)
@click.option("--cwd", default="", help="Where the call would run. Default: here.")
@json_option
def advise(tool: str, given: str, session: str, cwd: str, as_json: bool) -> None:
    """What should be known before this call. It is recorded like any agent's."""
    call = _Call(
        session=session,
        tool=tool,
        input=_given(given, "--input"),
        cwd=os.path.abspath(cwd or os.getcwd()),
    )
    with counterpart(os.environ, changes=True) as other:
        found = other.post("/v1/advise", call, Advice)
    emit(found, _told(found), as_json=as_json)


def _told(found: Advice) -> str:
    if not found.text:
        return f"Nothing to say ({found.reason or found.route}). Call {found.action_id}."
    lines = [found.text]
    lines += [f"  {item.id}: {item.evidence}" for item in found.items if item.evidence]
    lines.append(f"Advice {found.advice_id} ({found.authority}) on call {found.action_id}.")
    return "\n".join(lines)


@click.command()
@click.option("--tool", required=True, help="The tool's name: Bash, Edit, ...")
@click.option("--input", "given", default="{}", metavar="JSON", help="The input, as advised on.")
@click.option("--call", default="", help="The call's id, as `counsel advise` said.")
@click.option("--session", default=SESSION, show_default=True)
@click.option("--cwd", default="", help="Where the call ran. Default: here.")
@click.option("--ok/--failed", default=None, help="How it ended.")
@click.option("--error", default="", help="What it said when it failed.")
@click.option("--exit-code", type=int)
@json_option
def outcome(
    tool: str,
    given: str,
    call: str,
    session: str,
    cwd: str,
    ok: bool | None,
    error: str,
    exit_code: int | None,
    as_json: bool,
) -> None:
    """Tell how a call ended: with --call, or with the same tool and input as it was advised on."""
    if ok is None and exit_code is None and not error:
        raise click.UsageError("Say how it ended: --ok, --failed, --error or --exit-code.")
    ended = _Call(
        session=session,
        tool=tool,
        input=_given(given, "--input"),
        cwd=os.path.abspath(cwd or os.getcwd()),
        call_id=call,
        ok=ok,
        error=error,
        exit_code=exit_code,
    )
    with counterpart(os.environ, changes=True) as other:
        found = other.post("/v1/outcomes", ended, Recorded)
    emit(found, "Recorded.", as_json=as_json)
