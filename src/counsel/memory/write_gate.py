"""The one gate that every write to memory goes through.

    echo, origin -> injection -> noise -> ethics -> novelty -> six dimensions -> verdict

Rules of this module:

- Six dimensions of 0 to 2 each, 12 in all: at least **4.5** is accepted, at least **2** is pending
  (kept, never advised), less is rejected.
- Some things no score can buy: what Counsel itself said, what an agent or a system prompt asserts,
  an attempt to command a model, noise, harm, and what is known already.
- Counted evidence earns outcome points, words about outcomes only a part of them; a lesson that
  claims to be learnt and has no evidence stays pending, however well it is put.
- Newness is worth nothing where there is no substance: small talk cannot pass on it.
- An exception rejects (`guarded`); nothing is stored because the gate broke.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable
from hashlib import blake2b
from typing import Literal, TypeAlias
from unicodedata import normalize

from msgspec import Struct

from counsel.memory.injection import injection_reason
from counsel.memory.lesson import Condition, Evidence, LessonKind, Origin
from counsel.memory.noise import noise_reason
from counsel.memory.ports import QuarantineStage
from counsel.memory.wording import gives_reason, is_directive, names_condition, specific_terms

ACCEPT_AT = 4.5
PENDING_AT = 2.0
DUPLICATE_BELOW = 0.1
"""Novelty under which a text says what is known: its evidence is merged, the text is not kept."""

DraftOrigin: TypeAlias = Origin | Literal["agent", "system"]
"""`agent`: what a model asserted; `system`: boot and system-prompt text. Neither is a fact."""


class Draft(Struct, frozen=True, kw_only=True):
    """A lesson that wants to be written: redacted already, not yet judged."""

    kind: LessonKind = "heuristic"
    condition: Condition = Condition()
    signature: str = ""
    failing: str = ""
    action: str = ""
    reason: str = ""
    text: str = ""
    evidence: Evidence = Evidence()
    origin: DraftOrigin = "learnt"
    echo: bool = False
    """Counsel itself emitted this text (`is_echo`)."""

    @property
    def statement(self) -> str:
        """What it says: its own wording, or action and reason."""
        if self.text.strip():
            return self.text.strip()
        return " because ".join(part for part in (self.action.strip(), self.reason.strip()) if part)


class Dimensions(Struct, frozen=True, kw_only=True):
    """The six marks, 0 to 2 each."""

    actionability: float = 0.0
    novelty: float = 0.0
    reasoning: float = 0.0
    specificity: float = 0.0
    outcome_link: float = 0.0
    ethics: float = 0.0

    def marks(self) -> dict[str, float]:
        """Each dimension by name, in the order of the gate's description."""
        return {
            "actionability": self.actionability,
            "novelty": self.novelty,
            "reasoning": self.reasoning,
            "specificity": self.specificity,
            "outcome_link": self.outcome_link,
            "ethics": self.ethics,
        }

    @property
    def total(self) -> float:
        """0 to 12."""
        return sum(self.marks().values())

    def weak(self) -> tuple[str, ...]:
        """The dimensions with less than half of their marks."""
        return tuple(name for name, mark in self.marks().items() if mark < 1.0)


Status = Literal["accept", "pending", "reject"]


class Verdict(Struct, frozen=True, kw_only=True):
    """`reasons` are rule names, `<rule>` or `<rule>:<detail>`, the deciding one first."""

    status: Status
    score: float
    dimensions: Dimensions = Dimensions()
    reasons: tuple[str, ...] = ()
    stage: QuarantineStage = "write_gate"
    """Where a rejected draft is filed."""


Novelty: TypeAlias = Callable[[str], float]
"""How new a text is: 0 (known) to 1. Built once over what is known by `novelty_against`."""

Judge: TypeAlias = Callable[[Draft, Collection[str] | Novelty], Verdict]


def judge(draft: Draft, known: Collection[str] | Novelty) -> Verdict:
    """The verdict on `draft`, given the texts (or the novelty) of what is `known`."""
    if refusal := _refusal(draft):
        return refusal
    novelty = known if callable(known) else novelty_against(known)
    newness = min(1.0, max(0.0, novelty(draft.statement)))
    if newness < DUPLICATE_BELOW:
        return Verdict(status="reject", score=0.0, reasons=("duplicate",))
    dimensions = _dimensions(draft, newness)
    score = dimensions.total
    status, rule = _status(score, lacks_evidence=_lacks_evidence(draft, dimensions))
    reasons = (rule, *(f"weak:{name}" for name in dimensions.weak()))
    return Verdict(status=status, score=score, dimensions=dimensions, reasons=reasons)


def _status(score: float, *, lacks_evidence: bool) -> tuple[Status, str]:
    if score < PENDING_AT:
        return "reject", "low_score"
    if score < ACCEPT_AT:
        return "pending", "low_score"
    return ("pending", "no_evidence") if lacks_evidence else ("accept", "score")


def _lacks_evidence(draft: Draft, dimensions: Dimensions) -> bool:
    return draft.origin == "learnt" and dimensions.outcome_link < 1.0


def guarded(judge: Judge) -> Judge:
    """`judge`, but an exception inside it rejects with stage `error` instead of escaping."""

    def judge_or_reject(draft: Draft, known: Collection[str] | Novelty) -> Verdict:
        try:
            return judge(draft, known)
        except Exception as error:  # noqa: BLE001 - whatever broke the gate, nothing passes it
            reason = f"error:{type(error).__name__}"
            return Verdict(status="reject", score=0.0, reasons=(reason,), stage="error")

    return judge_or_reject


def _refusal(draft: Draft) -> Verdict | None:
    """The verdict that no score can change, if there is one."""
    everything = "\n".join((draft.text, draft.action, draft.reason, draft.failing))
    if draft.echo or has_marker(draft.statement):
        return _rejected("echo")
    if draft.origin in ("agent", "system"):
        return _rejected(f"origin:{draft.origin}")
    if injection := injection_reason(everything):
        return _rejected(f"injection:{injection}", "safety")
    if noise := noise_reason(draft.statement):
        return _rejected(f"noise:{noise}")
    if _ethics(f"{draft.text}\n{draft.action}") == 0.0:
        return _rejected("ethics", "safety")
    return None


def _rejected(reason: str, stage: QuarantineStage = "write_gate") -> Verdict:
    return Verdict(status="reject", score=0.0, reasons=(reason,), stage=stage)


def _dimensions(draft: Draft, newness: float) -> Dimensions:
    actionability = _actionability(draft)
    reasoning = _reasoning(draft)
    specificity = _specificity(draft)
    substance = min(1.0, 0.5 * actionability + 0.25 * (reasoning + specificity))
    return Dimensions(
        actionability=actionability,
        novelty=2.0 * newness * substance,
        reasoning=reasoning,
        specificity=specificity,
        outcome_link=_outcome_link(draft),
        ethics=_ethics(f"{draft.text}\n{draft.action}"),
    )


def _actionability(draft: Draft) -> float:
    if draft.action.strip():
        return 2.0
    if is_directive(draft.text):
        return 2.0
    return 0.5 if draft.failing.strip() else 0.0


def _reasoning(draft: Draft) -> float:
    if draft.reason.strip():
        return 2.0
    if gives_reason(draft.statement):
        return 1.5
    return 1.0 if draft.signature or names_condition(draft.statement) else 0.0


def _specificity(draft: Draft) -> float:
    condition = draft.condition
    fields = (condition.program, condition.subcommand, condition.path, condition.tool)
    named = sum(bool(field) for field in fields) + bool(condition.flags) + bool(draft.signature)
    named += specific_terms(f"{draft.statement} {draft.failing}")
    return min(2.0, float(named))


_OUTCOME_WORDS = re.compile(
    r"\b(?:fail(?:s|ed|ing|ure)?|break(?:s|ing)?|broke|errors?|crash(?:es|ed)?|pass(?:es)?|fix(?:es)?"
    r"|slow(?:er)?|faster|hangs?|timeouts?|conflicts?|rejects?|rejected|loses?|lost|flaky)\b",
    re.IGNORECASE,
)


def _outcome_link(draft: Draft) -> float:
    """What happened, by count; words are half a point, and so is a user's own word."""
    evidence = draft.evidence
    worked_twice = evidence.recovered >= 2 or (not draft.action and evidence.seen >= 3)
    if worked_twice and evidence.sessions >= 2:
        return 2.0
    counted = 1.0 if evidence.recovered >= 1 or evidence.seen >= 2 else 0.0
    by_person = 0.5 if draft.origin == "user" else 0.0
    told = 0.5 if _OUTCOME_WORDS.search(draft.statement) else 0.0
    return max(counted, by_person + told)


_HARMFUL = re.compile(
    r"\brm\s+-(?:rf|fr)\s+(?:/|~|\$HOME)(?:\s|$)"
    r"|\b(?:commit|hard-?code|push|log|print|share|upload|send|exfiltrate|leak)(?:ting|ing)?\s+"
    r"(?:the |any |all |your |our |user )*(?:secrets?|passwords?|credentials?|api keys?|tokens?)\b"
    r"|\b(?:steal|exfiltrate|deceive|mislead|blackmail|manipulate)\b"
    r"|\b(?:disable|turn off|skip)(?:ping|ing)?\s+(?:the |all |any )*(?:tls|ssl|certificate|auth\w*"
    r"|security)\s+(?:check|verif\w+|validation|scan)\w*"
    r"|\bforce[- ]push(?:ing)?\s+(?:to\s+)?(?:main|master)\b"
    r"|\bdrop\s+(?:the\s+)?(?:production|prod)\s+(?:database|db|tables?)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"\b(?:never|not|don'?t|avoid|without|instead of|rather than|refuse to|cannot)\b", re.IGNORECASE
)
_CARING = re.compile(
    r"\b(?:secrets?|passwords?|credentials?|privacy|personal data|back ?ups?|ask (?:the user|first|"
    r"before)|confirm(?:ation)?|permission|consent)\b",
    re.IGNORECASE,
)


def _ethics(text: str) -> float:
    """0 harms, 1 is neutral, 2 guards: warns of a harm, or speaks of secrets or consent."""
    for match in _HARMFUL.finditer(text):
        if not _NEGATED.search(text[max(0, match.start() - 60) : match.start()]):
            return 0.0
    return 2.0 if _HARMFUL.search(text) or _CARING.search(text) else 1.0


# What Counsel said, and what is known: by words, not by characters.

_MARKER = re.compile(r"\[COUNSEL(?: WARNING)?\]|\(counsel:", re.IGNORECASE)
_EVIDENCE = re.compile(
    r"\(?seen (?:once|\d+ times)(?: in \d+ sessions?)?(?:, last (?:just now|\d+ \w+ ago))?\)?", re.I
)
_WORD = re.compile(r"\w+(?:['’]t\b)?")
_PIECE = re.compile(r"\n|(?<=[.!?])\s+|(?=\[COUNSEL)|(?=\(counsel:)")
_FEWEST_WORDS = 4
"""A shorter piece ("run the tests") is said by everybody and proves nothing."""

_NEGATIONS = frozenset({"not", "never", "no", "avoid", "without", "don't", "dont", "stop"})


def words_of(text: str) -> tuple[str, ...]:
    """Its words, folded, without Counsel's marks and the evidence that changes by the day."""
    plain = _EVIDENCE.sub(" ", _MARKER.sub(" ", normalize("NFKC", text))).casefold()
    return tuple(word.replace("’", "'") for word in _WORD.findall(plain))


def fingerprint(text: str) -> str:
    """16 hex digits, the same for texts that differ in marks, case, spacing and punctuation."""
    joined = " ".join(words_of(text)).encode("utf-8", "surrogatepass")
    return blake2b(joined, digest_size=8).hexdigest()


def emitted_fingerprints(text: str) -> frozenset[str]:
    """What to remember of an emitted text: the whole, and each line and sentence of some length."""
    pieces = (piece for piece in _PIECE.split(text) if len(words_of(piece)) >= _FEWEST_WORDS)
    return frozenset((fingerprint(text), *map(fingerprint, pieces)))


def has_marker(text: str) -> bool:
    """Whether `text` carries one of the marks that Counsel puts before what it says."""
    return _MARKER.search(text) is not None


def is_echo(text: str, emitted: Container[str]) -> bool:
    """Whether `text` is, or repeats a sentence of, what Counsel said.

    `emitted` holds the `emitted_fingerprints` of what was said.
    """
    if has_marker(text):
        return True
    return any(mark in emitted for mark in emitted_fingerprints(text))


def novelty_against(known: Iterable[str]) -> Novelty:
    """1 minus the greatest share of words (Jaccard) that a text has in common with a known one.

    A text that denies what a known one says, or names another number, is never the same as it.
    Costs one pass over `known` now, and then only what shares words with a text.
    """
    texts = [frozenset(words_of(text)) for text in known]
    holders: dict[str, list[int]] = {}
    for index, words in enumerate(texts):
        for word in words:
            holders.setdefault(word, []).append(index)

    def novelty(text: str) -> float:
        words = frozenset(words_of(text))
        shared = Counter(index for word in words for index in holders.get(word, ()))
        return 1.0 - max((_likeness(words, texts[i], n) for i, n in shared.items()), default=0.0)

    return novelty


def _likeness(one: frozenset[str], other: frozenset[str], shared: int) -> float:
    likeness = shared / (len(one) + len(other) - shared)
    return min(likeness, 0.5) if _tells_apart(one ^ other) else likeness


def _tells_apart(difference: frozenset[str]) -> bool:
    return any(word in _NEGATIONS or word.isdigit() for word in difference)
