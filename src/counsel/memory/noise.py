"""What is not worth remembering: the one set of noise patterns that every write goes through.

Each pattern has a name, which is the reason that the ledger and the quarantine show. A pattern
must describe the *whole* of a worthless text or its beginning: a lesson may well mention a tool,
a number or an error ("when the API answers 429, wait as long as Retry-After says").
"""

import re
from typing import NamedTuple

LONGEST_READ = 2_000
"""Characters that are looked at: noise shows at the start, and a lesson is short anyway."""

_TOOL = (
    r"(?:Bash|Edit|MultiEdit|Write|Read|Grep|Glob|LS|Task|TodoWrite|WebFetch|WebSearch|"
    r"NotebookEdit|exec_command|apply_patch|write_stdin|shell)"
)


class _Noise(NamedTuple):
    reason: str
    pattern: re.Pattern[str]


def _noise(reason: str, *patterns: str) -> _Noise:
    return _Noise(reason, re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE))


_NOISES = (
    _noise(
        "tool_sequence",
        rf"\b{_TOOL}\b\s*(?:->|→|=>|>|,\s*then|then)\s*{_TOOL}\b",
        r"^\W*(?:successful |failed |common |tool )*(?:tool )?(?:sequence|pattern)s?\s*:",
        rf"^\W*(?:used|ran|called|heavy|executed)\s+(?:the\s+)?{_TOOL}\b(?:\s+tool)?\s*"
        r"(?:usage|\d+\s*(?:x|times)|again|tool|successfully|$)",
        rf"^\W*{_TOOL}(?:\s+tool)?\s+(?:succeeded|failed|completed|was used|returned)\W*$",
    ),
    _noise(
        "statistics",
        r"\b(?:success|failure|error|pass|hit|acceptance) rate\b[^.]{0,20}\d",
        r"\b\d+(?:\.\d+)?\s*%\s*(?:success|failure|confidence|accuracy|reliab|of (?:calls|runs))",
        r"\b\d+ (?:tool uses|tool calls|tokens used|traces|validations)\b",
        r"^\W*(?:total|count|average|avg|mean|median|n)\s*[:=]\s*\d",
    ),
    _noise(
        "api_error",
        r"\b(?:overloaded|invalid_request|rate_limit|authentication|api)_error\b",
        r"^\W*(?:api error|error code|http error|request failed|request timed out|"
        r"internal server error|rate limit exceeded|connection (?:reset|refused|error|aborted)|"
        r"too many requests|service unavailable|bad gateway|gateway timeout)\b",
        r"^\W*[45]\d\d\b\W{0,3}(?:\{|error|too many|internal|bad|service|overloaded|forbidden)",
    ),
    _noise(
        "telemetry",
        r"^\W*\d{4}-\d\d-\d\d[T ]\d\d:\d\d",
        r"^\W*(?:INFO|DEBUG|TRACE|WARN|WARNING|ERROR)\b\s*[\[:|]",
        r"^\W*(?:latency|duration|elapsed|uptime|heartbeat|cpu|rss|memory usage|p50|p95|p99)\b"
        r"[^a-z]{0,10}\d",
        r"^\W*(?:[\w.]{1,40}=[^\s=]{1,80}[,;\s]+){2,}[\w.]{1,40}=[^\s=]{1,80}\W*$",
        r"^\W*(?:session|trace|event|request)[_ ]id\s*[:=]",
    ),
    _noise(
        "boilerplate",
        r"^\W*as an ai\b",
        r"^\W*(?:sure|certainly|of course|absolutely|great question|you're absolutely right)"
        r"\s*[,!.]",
        r"^\W*(?:i'd be happy to|i'll (?:start by|now|help)|i will now|let me (?:know|start|check"
        r"|first|now|see)|here(?:'s| is) (?:the|a|an|my|what))\b",
        r"^\W*this session is being continued from a previous conversation",
        r"^\W*caveat: the messages below",
        r"\[request interrupted by user",
        r"^\W*(?:the )?(?:user|assistant|agent) (?:said|asked|wanted|wants|requested|is asking)\b",
        r"^\W*(?:task|session|episode) (?:completed|started|ended|finished)\b",
        r"^\W*(?:implement the following plan|command (?:output|completed|failed))\b",
    ),
)

_PLATITUDE = re.compile(
    r"\b(?:be (?:careful|thorough|consistent|mindful|proactive)|best practices?|clean code"
    r"|(?:communication|consistency|quality|context|testing|simplicity) (?:is|are) "
    r"(?:key|important|essential|crucial|king)"
    r"|double[- ]check (?:your|the|all|everything)(?: work)?|pay attention(?: to details?)?"
    r"|think (?:before|carefully|twice)|keep it simple|quality matters|stay focused"
    r"|learn from (?:your )?(?:mistakes|errors|failures)|do (?:it )?better(?: next time)?"
    r"|(?:always )?test your code|try again|work(?:ed|s) (?:well|fine|great)|iterate quickly"
    r"|understand the (?:problem|requirements|context|code)|avoid (?:mistakes|errors|bugs)"
    r"|continuous improvement|attention to detail|write good (?:code|tests))\b",
    re.IGNORECASE,
)
_PLATITUDE_WORDS = 9
"""A longer text may use such a phrase and still say something."""

_SPECIFIC = re.compile(r"[`/\\]|\w\.\w|--\w|\w_\w|\d|\b(?:because|since|otherwise|when|before)\b")
_FEWEST_LETTERS = 0.4
"""Share of letters under which a text is no prose (the predecessor's distiller uses 40 % too)."""


def noise_reason(text: str) -> str | None:
    """The name of the pattern that makes `text` noise, or None.

    One of `empty`, `not_prose`, `tool_sequence`, `statistics`, `api_error`, `telemetry`,
    `boilerplate`, `platitude`.
    """
    text = text[:LONGEST_READ].strip()
    if not text:
        return "empty"
    for noise in _NOISES:
        if noise.pattern.search(text):
            return noise.reason
    if _is_platitude(text):
        return "platitude"
    return "not_prose" if _letters(text) < _FEWEST_LETTERS else None


def _is_platitude(text: str) -> bool:
    short = text.count(" ") < _PLATITUDE_WORDS
    return short and not _SPECIFIC.search(text) and _PLATITUDE.search(text) is not None


def _letters(text: str) -> float:
    seen = [character.isalpha() for character in text if not character.isspace()]
    return sum(seen) / len(seen)
