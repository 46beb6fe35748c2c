"""Items in words, in the preferred style."""

from counsel.advice.synthesize import Spoken, synthesize
from counsel.model.advice import Considered

from .samples import candidate

SEEN = "seen 7 times in 3 sessions"
MADE = candidate("replay:a", "replay", text="Use rg.", evidence=SEEN, signature="Bash|no file #")


def considered(*, shown: bool = True) -> Considered:
    return Considered(
        candidate=MADE, score=0.6, authority="note", shown=shown, reason="shown" if shown else "x"
    )


def test_balanced_says_the_evidence() -> None:
    assert synthesize([considered()]) == (
        Spoken("replay:a", "note", "Use rg.", SEEN, remembered=True),
    )


def test_concise_says_the_advice_alone() -> None:
    assert synthesize([considered()], "concise")[0].evidence == ""


def test_coach_also_says_what_is_foreseen() -> None:
    assert synthesize([considered()], "coach")[0].evidence == f"{SEEN}; foresees: no file #"


def test_what_is_not_shown_is_not_said() -> None:
    assert synthesize([considered(shown=False)]) == ()


def test_only_the_own_sentences_of_preflight_and_stuck_are_not_remembered_text() -> None:
    said = [
        Considered(
            candidate=candidate(f"{source}:a", source),
            score=0.6,
            authority="note",
            shown=True,
            reason="shown",
        )
        for source in ("preflight", "stuck", "replay", "chip", "mind")
    ]
    own = [spoken.id for spoken in synthesize(said) if not spoken.remembered]
    assert own == ["preflight:a", "stuck:a"]
