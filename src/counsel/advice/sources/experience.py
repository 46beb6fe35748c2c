"""What happened the last times: refused words, closed vocabularies, ends that recur."""

from collections.abc import Iterator

from counsel.advice.foreseen import Foreseen
from counsel.advice.sources.check import Check
from counsel.memory.experience import Book, Experience, Recalled
from counsel.memory.facts import pattern_of
from counsel.memory.lesson import lesson_id
from counsel.memory.refused import call_words

DAY_MS = 86_400_000


def foreseen_from(book: Book, check: Check) -> Iterator[Foreseen]:
    """What the experience with this pattern of call foresees."""
    pattern = pattern_of(check.action)
    experience = book.of(pattern)
    if experience is None:
        return
    yield from _refused_words(experience, pattern, check)
    yield from _outside_vocabulary(experience, pattern, check)
    yield from _recurring(experience, pattern, check)


def _refused_words(experience: Experience, pattern: str, check: Check) -> Iterator[Foreseen]:
    if not experience.words:
        return
    for word in sorted(call_words(check.action) & experience.words.keys()):
        recalled = experience.words[word]
        kind = "flag" if word.startswith("-") else "path" if "/" in word else "word"
        proven = "fine" if recalled.fine else "never"
        scopes = "many" if len(recalled.sessions) > 1 else "one"
        yield Foreseen(
            rule="refused_word",
            basis=f"refused_word|{kind}|{proven}|{scopes}",
            prior=0.65 if kind == "flag" else 0.4,
            signature=recalled.signature,
            text=f"`{_plain(pattern)}` refused `{word}` before: {recalled.error}"
            + _worked(recalled),
            object=f"{pattern} {word}",
            lesson=lesson_id(pattern, word),
            evidence=seen(recalled, check.now_ms),
        )


def _outside_vocabulary(experience: Experience, pattern: str, check: Check) -> Iterator[Foreseen]:
    if not experience.vocabulary:
        return
    accepted = set(experience.vocabulary)
    strange = next((word for word in _listed_words(check) if word not in accepted), None)
    if strange is None or strange in experience.words:
        return
    yield Foreseen(
        rule="unknown_name",
        basis="unknown_name",
        prior=0.7,
        signature=experience.vocabulary_signature,
        text=f"`{strange}` is not among what `{pattern}` accepts: "
        + ", ".join(closest(strange, experience.vocabulary)),
        object=f"{pattern} {strange}",
    )


def _listed_words(check: Check) -> tuple[str, ...]:
    if check.action.kind == "subagent":
        return (check.action.target,) if check.action.target else ()
    for command in check.commands:
        for before, word in zip(command.words, command.words[1:], strict=False):
            if before == "--json" and not word.startswith("-"):
                return tuple(word.split(","))
    return ()


def closest(word: str, accepted: list[str]) -> list[str]:
    """A few accepted words that share most with the strange one."""
    letters = set(zip(word.lower(), word.lower()[1:], strict=False))

    def shared(other: str) -> float:
        pairs = set(zip(other.lower(), other.lower()[1:], strict=False))
        return len(letters & pairs) / max(1, len(letters | pairs))

    return sorted(accepted, key=lambda other: (-shared(other), other))[:4]


def _recurring(experience: Experience, pattern: str, check: Check) -> Iterator[Foreseen]:
    """The pattern itself ends the same way again and again, over distinct sessions."""
    total = experience.fine + experience.failures
    for recalled in experience.ends.values():
        scopes = len(recalled.sessions)
        if recalled.times < 2 or recalled.failure_class == "signal":
            continue
        rate = recalled.times / total
        if rate < (0.3 if recalled.failure_class == "refusal" else 0.08):
            continue
        recent = "now" if check.facts.last_failed.get(pattern) == recalled.signature else "past"
        tenths = min(9, int(rate * 10))
        spread = "many" if scopes > 1 else "one"
        yield Foreseen(
            rule="recurring",
            basis=f"recurring|{recalled.failure_class}|{spread}|{recent}|{tenths}",
            prior=min(0.9, rate * (0.9 if scopes > 1 else 0.6)),
            signature=recalled.signature,
            text=_recurring_text(pattern, recalled, total),
            object=f"{pattern} {recalled.signature[:60]}",
            lesson=lesson_id(pattern, recalled.signature),
            failure_class=recalled.failure_class,
            evidence=seen(recalled, check.now_ms),
        )


def _recurring_text(pattern: str, recalled: Recalled, total: int) -> str:
    if recalled.failure_class == "refusal":
        return (
            f"the human refused {recalled.times} of {total} `{_plain(pattern)}` calls: "
            "say what you intend and ask first"
        )
    return (
        f"`{_plain(pattern)}` failed {recalled.times} of {total} times: {recalled.error}"
        + _worked(recalled)
    )


def seen(recalled: Recalled, now_ms: int) -> str:
    """`seen 7 times in 3 sessions, last 2 days ago`."""
    times = "once" if recalled.times == 1 else f"{recalled.times} times"
    sessions = len(recalled.sessions)
    where = "1 session" if sessions == 1 else f"{sessions} sessions"
    days = max(0, now_ms - recalled.last_ms) // DAY_MS
    last = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
    return f"seen {times} in {where}, last {last}"


def _worked(recalled: Recalled) -> str:
    return f"; then {recalled.recovery}" if recalled.recovery else ""


def _plain(pattern: str) -> str:
    """Without the tool's name where a command says more."""
    tool, _, rest = pattern.partition(" ")
    return rest if rest and not rest.startswith(".") else pattern
