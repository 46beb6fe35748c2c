"""`counsel feedback` and `counsel advice`: what was advised, and what it was worth."""

import getpass
import os
from typing import get_args

import click

from counsel.cli.inside import counterpart
from counsel.cli.output import emit, json_option
from counsel.cli.places import since, url
from counsel.server.replies import Mark, Marked
from counsel.workflows.advice_record import PastAdvice, Worth


@click.command()
@click.argument("advice_id")
@click.argument("mark", type=click.Choice(get_args(Mark)))
@click.option(
    "--item", default="", help="Only this item of the advice (see `counsel advice list`)."
)
@click.option("--note", default="", help="Why.")
@json_option
def feedback(advice_id: str, mark: str, item: str, note: str, as_json: bool) -> None:
    """Say what the advice ADVICE_ID was worth; `withdrawn` takes it back.

    The last mark counts. An item that was marked noisy too often is no longer shown.
    """
    body = {
        "advice": advice_id,
        "mark": mark,
        "item": item,
        "note": note,
        "by": os.environ.get("USER") or getpass.getuser(),
    }
    with counterpart(os.environ, changes=True) as other:
        found = other.post("/v1/feedback", body, Marked)
    said = f"Marked {mark}." if found.changed else f"It was {mark} already."
    emit(found, said, as_json=as_json)


@click.group()
def advice() -> None:
    """What was advised. Each sub-command takes `--json`."""


@advice.command("list")
@click.option("--session", default="", help="Only of this session.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=0))
@json_option
def list_(session: str, limit: int, as_json: bool) -> None:
    """The last advice that was shown, and what became of it."""
    with counterpart(os.environ, changes=False) as other:
        rows = other.get(url("/v1/advice", session=session, limit=limit), list[PastAdvice])
    text = "\n".join(_told(row) for row in rows)
    emit(rows, text or "Nothing was advised yet.", as_json=as_json)


@advice.command("worth")
@json_option
def worth_(as_json: bool) -> None:
    """What advice was worth: success when shown against success when held out."""
    with counterpart(os.environ, changes=False) as other:
        found = other.get("/v1/advice/worth", Worth)
    emit(found, _said_of(found), as_json=as_json)


def _said_of(found: Worth) -> str:
    effect = found.effect
    arms = (
        f"shown: {effect.shown.successes} of {effect.shown.n} calls went well; "
        f"held out: {effect.held_out.successes} of {effect.held_out.n}"
    )
    if effect.estimate is None:
        sum_up = "Not measured yet: one of the two has no calls."
    else:
        low, high = effect.interval.low, effect.interval.high
        sum_up = f"Difference {effect.estimate:+.2f}, 95 % between {low:+.2f} and {high:+.2f}."
    verdicts = ", ".join(f"{name} {count}" for name, count in found.verdicts.items())
    return f"{arms}\n{sum_up}\nWhat became of what was shown: {verdicts or 'nothing judged yet'}."


def _told(row: PastAdvice) -> str:
    about = " ".join(row.about.split())[:80]
    lines = [f"{row.id}  {since(row.at_ms)}  {row.tool or 'session start'}  {about}".rstrip()]
    lines += [f"    {line}" for line in row.text.splitlines()]
    for item in row.items:
        fate = ", ".join(
            word.replace("_", " ")
            for word in (item.heeded, item.verdict, f"marked {item.mark}" if item.mark else "")
            if word
        )
        lines.append(f"    {item.id}: {fate or 'not judged yet'}")
    return "\n".join(lines)
