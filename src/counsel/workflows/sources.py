"""The sources that a running Counsel asks, put together."""

from importlib.resources import files
from pathlib import Path

from counsel.advice.sources import Source
from counsel.advice.sources.banks import Banks, load_notes
from counsel.advice.sources.chips import Chips, load_pack
from counsel.advice.sources.lessons import Distillations, Insights
from counsel.advice.sources.trigger_rules import TriggerRules, load_rules
from counsel.memory.shelf import LessonShelf


def lesson_sources(shelf: LessonShelf) -> tuple[Source, ...]:
    """Sources over lessons; a packet can stand in for them."""
    return (Insights(shelf), Distillations(shelf))


def pack_sources(folder: Path | None = None) -> tuple[Source, ...]:
    """Chips and trigger rules: those that are shipped, and the user's own in `folder`.

    `*.chips.yaml` are packs, `*rules.yaml` if/then rules. Raises `BadInput` naming the problem.
    """
    shipped = sorted((files("counsel.advice") / "data").iterdir(), key=lambda one: one.name)
    packs = [one.read_text("utf-8") for one in shipped if one.name.endswith(".chips.yaml")]
    rules = [one.read_text("utf-8") for one in shipped if one.name == "rules.yaml"]
    if folder is not None and folder.is_dir():
        packs += [path.read_text("utf-8") for path in sorted(folder.glob("*.chips.yaml"))]
        rules += [path.read_text("utf-8") for path in sorted(folder.glob("*rules.yaml"))]
    chips = Chips(load_pack(text) for text in packs)
    return (chips, TriggerRules([rule for text in rules for rule in load_rules(text)]))


def bank_sources(folder: Path) -> tuple[Source, ...]:
    """The user's own notes: every `*.md` of the folder. Raises `BadInput`."""
    if not folder.is_dir():
        return ()
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.md"))]
    return (Banks(note for text in texts for note in load_notes(text)),) if texts else ()
