"""Text that tries to steer a model, and text made safe to quote.

Whatever is remembered was written by somebody: a user, a web page, a tool's output. `injection_
reason` names what makes a text an attempt to command the reader (such a text is never advised);
`neutralise` takes the power out of what is left: nothing hidden, one line, no markup that a model
could take for its host's.

Words are matched after folding (NFKC, look-alike letters, invisible characters out), so that
"i\u200bgnore prev\u0456ous instructions" is no way around.
"""

import re
import unicodedata
from typing import NamedTuple

LONGEST_READ = 20_000
"""Characters that are looked at; callers store less."""

_LOOK_ALIKES = str.maketrans("асеіјорѕухАВСЕНІЈКМОРЅТХαορυ", "aceijopsyxABCEHIJKMOPSTXaopu")

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f]")
_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]{0,40}+[ -/]{0,4}+[@-~]|\][^\x07\x1b]{0,400}+(?:\x07|\x1b\\)?|[@-Z\\^_])"
)
_SUSPECT = re.compile(
    "[\u200b\u2060-\u2064\u180e\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
    "|[\x00-\x08\x0e-\x1a\x7f]"
    r"|(?<=[A-Za-z])[\u200c\u200d\u00ad\ufeff](?=[A-Za-z])"
    r"|\x1b\[8m"
)
"""Hidden on purpose. A joiner inside an emoji or a Persian word, a byte order mark and the colours
of a terminal are not: `neutralise` drops them without an accusation."""


class _Attempt(NamedTuple):
    reason: str
    pattern: re.Pattern[str]


def _attempt(reason: str, *patterns: str) -> _Attempt:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return _Attempt(reason, re.compile(joined, re.IGNORECASE | re.MULTILINE))


_FILL = r"(?:(?:all|any|every|each|of|the|your|my|these|those|its|and)\s+){0,4}"
_ATTEMPTS = (
    _attempt(
        "overrides_instructions",
        rf"\b(?:ignore|disregard|forget|override|discard|bypass)\s+{_FILL}"
        r"(?:previous|prior|above|earlier|preceding|former|existing|system|developer|original)\s+"
        r"(?:(?:system|developer|user)\s+)?"
        r"(?:instruction|prompt|message|rule|context|direction|directive|guideline|command)s?\b",
        rf"\b(?:ignore|disregard|forget)\s+{_FILL}(?:instructions|prompts|guidelines|directives)\b",
        r"\b(?:ignore|disregard|forget)\s+(?:everything|anything|all|what)\s+"
        r"(?:above|before|prior|previous|you (?:were|have been|are) told|you know)\b",
        r"^\W*(?:new|updated|real|actual)\s+(?:system\s+)?instructions?\s*:",
        r"\byour\s+(?:new|real|true|only|actual)\s+(?:instructions?|task|goal|purpose|mission)\s+"
        r"(?:is|are)\b",
    ),
    _attempt(
        "assigns_identity",
        r"\byou\s+are\s+now\s+(?:an?|the|my|free|unrestricted|acting|operating|no\s+longer|dan|"
        r"in\s+\w+\s+mode)\b",
        r"\bfrom\s+now\s+on,?\s+you\s+(?:are|act|behave|respond|will\s+(?:act|be|behave|ignore))\b",
        r"\b(?:pretend|imagine)\s+(?:to\s+be|that\s+you\s+are|you\s+are)\b",
        r"\bact\s+as\s+(?:if\s+you|an?\s+(?:unrestricted|unfiltered|jailbroken|system|admin))",
    ),
    _attempt(
        "role_tag",
        r"<\|[a-z_]{1,30}\|>",
        r"\[/?INST\]|<</?SYS>>",
        r"^\s{0,8}(?:#{1,4}\s*)?(?:system|assistant|human|developer)(?:\s+(?:prompt|message))?\s*:"
        r"\s",
    ),
    _attempt(
        "system_markup",
        r"</?\s{0,3}(?:system|assistant|developer|system[-_](?:reminder|prompt|message)|"
        r"instructions?|function_(?:calls|results)|tool_(?:use|result|call)s?|antml:\w{1,30}|"
        r"important_instructions|admin)\b[^<>]{0,200}>",
    ),
    _attempt(
        "hides_from_user",
        r"\b(?:do\s+not|don'?t|never|without)\s+(?:tell|telling|inform|informing|mention|alert|"
        r"alerting|notify|notifying|show|showing)(?:\s+(?:this|it|that))?(?:\s+to)?\s+"
        r"(?:the\s+|your\s+)?(?:user|human|operator|owner)\b",
    ),
    _attempt(
        "asks_for_prompt",
        r"\b(?:reveal|print|repeat|output|show|leak|dump)\s+(?:me\s+)?(?:all\s+of\s+)?your\s+"
        r"(?:system\s+|initial\s+|hidden\s+|full\s+)*(?:prompt|instructions)\b",
    ),
    _attempt(
        "disables_safety",
        rf"\b(?:disable|bypass|turn\s+off|evade|circumvent)\s+{_FILL}(?:safety|guardrails?|"
        r"safeguards?|content\s+polic(?:y|ies)|permission\s+(?:checks?|prompts?)|approvals?)\b",
        r"\b(?:approve|allow|accept)\s+(?:all|every|any)\s+(?:tool|command|request|action)s?\b"
        r"[^.]{0,20}\bwithout\s+(?:asking|confirm)",
    ),
)

_NOT_NEGATED = re.compile(r"\b(?:never|not|don'?t|avoid|cannot|must\s?n[o']t)\W+(?:\w+\W+)?$", re.I)

_TAG = re.compile(r"<(/?[A-Za-z!|?][^<>]{0,300}+)>")
_TAG_START = re.compile(r"<(?=[A-Za-z/!|?<])")
_CHAT_TAG = re.compile(r"\[(/?INST)\]", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}")


def injection_reason(text: str) -> str | None:
    """Why `text` must not reach a model, or None.

    One of `hidden_characters`, `overrides_instructions`, `assigns_identity`, `role_tag`,
    `system_markup`, `hides_from_user`, `asks_for_prompt`, `disables_safety`.
    """
    text = text[:LONGEST_READ]
    if _SUSPECT.search(text):
        return "hidden_characters"
    folded = text if text.isascii() else _folded(text)
    for attempt in _ATTEMPTS:
        for match in attempt.pattern.finditer(folded):
            if not _warned_against(attempt.reason, folded, match.start()):
                return attempt.reason
    return None


def neutralise(text: str) -> str:
    """`text` on one line, without control and invisible characters, its tags made harmless.

    Angle brackets of tags become `‹` and `›`, fences a single backtick; everything a reader
    could see stays readable. Idempotent.
    """
    text = _CONTROL.sub("", _INVISIBLE.sub("", _ESCAPE.sub("", text)))
    text = " ".join(text.split())
    text = _TAG_START.sub("‹", _TAG.sub(r"‹\1›", text))
    return _FENCE.sub("`", _CHAT_TAG.sub(r"(\1)", text))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return plain.translate(_LOOK_ALIKES)


def _warned_against(reason: str, text: str, start: int) -> bool:
    """ "Never bypass the approvals" is advice, not an attack."""
    return reason == "disables_safety" and bool(
        _NOT_NEGATED.search(text[max(0, start - 40) : start])
    )
