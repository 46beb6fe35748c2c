"""What past failures teach about one kind of call: refused words, vocabularies, recurring ends.

Kept per pattern (`counsel.memory.facts.pattern_of`), over all sessions:
- a *refused word*: the error named a word of the call (a flag, a field, an agent's type);
- a *vocabulary*: the error listed what would have been accepted ("Available fields: ...");
- *ends*: how often calls of the pattern went fine, and with which signatures they failed.

Pure state; the learner folds ended calls in, the sources read it.
"""

import re
from copy import deepcopy

from msgspec import Struct, field

from counsel.memory.facts import Ended, pattern_of
from counsel.memory.recovery import Recovery
from counsel.memory.redaction import redact
from counsel.memory.refused import call_words
from counsel.model.advice import FailureClass
from counsel.model.ids import SessionId

MAX_WORDS = 64
MAX_ENDS = 16
MAX_SESSIONS = 12

_LISTED = re.compile(
    r"(?:available|valid|possible|allowed|supported|known|accepted|expected)"
    r" (?:json )?(?:fields|values|options|choices|agents|types|commands|subcommands|names|tools)"
    r"(?: are| include)?\s*:\s*",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[\w.:/-]{2,60}")


class Recalled(Struct):
    """One way a pattern (or a pattern with a word) ended badly."""

    signature: str
    failure_class: FailureClass
    times: int = 0
    fine: int = 0
    """Calls with the same word that went fine since."""
    sessions: list[str] = field(default_factory=list)
    last_ms: int = 0
    error: str = ""
    """The error's first line, for the reader."""
    recovered: int = 0
    recovery: str = ""
    """What worked the last time."""
    saved: int = 0
    """Calls that lay between the last failure and its recovery."""


class Experience(Struct):
    """All that is remembered of one pattern."""

    fine: int = 0
    fine_sessions: int = 0
    last_session: str = ""
    words: dict[str, Recalled] = field(default_factory=dict)
    vocabulary: list[str] = field(default_factory=list)
    vocabulary_signature: str = ""
    ends: dict[str, Recalled] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        return sum(end.times for end in self.ends.values())


def learn(experience: Experience, session: SessionId, ended: Ended, now_ms: int) -> None:
    """Fold one ended call of the pattern in."""
    failure = ended.failure_class
    if failure is None:
        if ended.outcome.status == "ok":
            _went_fine(experience, session, ended)
        return
    recalled = experience.ends.setdefault(ended.signature, _new(ended, failure))
    _again(recalled, session, ended, now_ms)
    _keep(experience.ends, MAX_ENDS)
    if failure != "mistake":
        return
    if ended.word is not None and ended.word != ended.call.action.path:
        refused = experience.words.setdefault(ended.word, _new(ended, failure))
        _again(refused, session, ended, now_ms)
        _keep(experience.words, MAX_WORDS)
    listed = vocabulary_in(redact((ended.outcome.error or "")[:8_000]))
    if listed:
        experience.vocabulary = sorted({*experience.vocabulary, *listed})[:400]
        experience.vocabulary_signature = ended.signature


def _went_fine(experience: Experience, session: SessionId, ended: Ended) -> None:
    experience.fine += 1
    if session != experience.last_session:
        experience.fine_sessions += 1
        experience.last_session = session
    if experience.words:
        for word in call_words(ended.call.action) & experience.words.keys():
            experience.words[word].fine += 1


def _new(ended: Ended, failure: FailureClass) -> Recalled:
    return Recalled(signature=ended.signature, failure_class=failure)


def _again(recalled: Recalled, session: SessionId, ended: Ended, now_ms: int) -> None:
    recalled.times += 1
    recalled.signature = ended.signature
    recalled.last_ms = now_ms
    recalled.error = first_line(redact((ended.outcome.error or "")[:4_000]))
    if session not in recalled.sessions:
        recalled.sessions.append(session)
        del recalled.sessions[:-MAX_SESSIONS]


def _keep(kept: dict[str, Recalled], most: int) -> None:
    while len(kept) > most:
        del kept[min(kept, key=lambda key: (kept[key].times, kept[key].last_ms))]


def vocabulary_in(error: str) -> tuple[str, ...]:
    """The accepted words that an error lists, or nothing."""
    match = _LISTED.search(error[:4_000])
    if match is None:
        return ()
    listed = error[match.end() : match.end() + 3_000].split("\n\n", 1)[0]
    if "\n" in listed.strip():
        rows = [row.strip() for row in listed.strip().splitlines()]
        items = [row for row in rows if _ITEM.fullmatch(row)]
    else:
        items = [item.strip(" .") for item in listed.split(",")]
        items = [item for item in items if _ITEM.fullmatch(item)]
    return tuple(items) if len(items) >= 3 else ()


def first_line(error: str) -> str:
    """The first line of an error that says something, at most 160 characters.

    A usage text is only scenery: the line with `error:` behind it says what is wrong.
    """
    lines = [line.strip() for line in error[:4_000].splitlines()]
    lines = [line for line in lines if line and not line.startswith("Exit code")]
    if lines and lines[0].lower().startswith("usage:"):
        told = [line for line in lines if "error:" in line.lower()]
        lines = told or lines
    return lines[0][:160] if lines else ""


class Book(Struct):
    """The experiences of all patterns of one scope."""

    patterns: dict[str, Experience] = field(default_factory=dict)

    def of(self, pattern: str) -> Experience | None:
        return self.patterns.get(pattern)

    def learn(self, session: SessionId, ended: Ended, now_ms: int) -> str:
        """Fold an ended call in; returns the pattern that changed.

        The changed experience replaces the old one whole: a reader in another thread sees either.
        """
        pattern = pattern_of(ended.call.action)
        experience = deepcopy(self.patterns.get(pattern)) or Experience()
        learn(experience, session, ended, now_ms)
        self.patterns[pattern] = experience
        return pattern

    def recovered(self, failed: Ended, recovery: Recovery) -> str | None:
        """Note what overcame a failure; returns the pattern, None where nothing is kept of it."""
        pattern = pattern_of(failed.call.action)
        experience = deepcopy(self.patterns.get(pattern))
        if experience is None:
            return None
        kept = [experience.ends.get(failed.signature), experience.words.get(failed.word or "")]
        for recalled in kept:
            if recalled is not None:
                recalled.recovered += 1
                recalled.recovery = redact(recovery.text)
                recalled.saved = recovery.calls
        self.patterns[pattern] = experience
        return pattern
