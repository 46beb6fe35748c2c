"""The demo tells the same story every time, because no note of it is held out."""

from pathlib import Path

import pytest

from counsel.bootstrap import open_house
from counsel.config import load_settings


@pytest.mark.parametrize(("given", "held_out"), [({}, True), ({"COUNSEL_HOLDOUT": "false"}, False)])
def test_notes_are_held_out_unless_the_setting_says_no(
    given: dict[str, str], held_out: bool, tmp_path: Path
) -> None:
    settings = load_settings({"COUNSEL_HOME": str(tmp_path), **given})
    house = open_house(settings)
    try:
        assert (house.desk.knowledge.holdout_key is not None) == held_out
    finally:
        house.close()
