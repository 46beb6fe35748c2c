"""What a user wants in general, taken from what the user says in passing.

Rules of this module:

- Only a sentence that the user wrote as a rule counts: quotes, code, logs, diffs, pasted or long
  texts and questions say nothing about what the user wants in general.
- A task is not a preference. "Add a login page", "use X instead of Y here" and "it should never
  create a branch" speak of the work at hand or of the program, not of how to work: marks of the
  moment ("for now", "this time", "here") and a subject other than the agent take points away.
- A sentence is worth its strongest cue, plus a little for a reason, a known program, a condition
  and emphasis. From **0.72** it is saved, from **0.60** suggested (both tuneables).
"""

import re
from typing import Literal, NamedTuple

from msgspec import Struct

from counsel.memory.lesson import Condition
from counsel.memory.wording import PROGRAMS, VERB, gives_reason, names_condition
from counsel.model.actions import Action

AUTO_SAVE_AT = 0.72
SUGGEST_AT = 0.60

LONGEST_TEXT = 1_500
MOST_LINES = 15
LONGEST_SENTENCE = 280
FEWEST_WORDS = 3
"""Beyond these a text was pasted, or a sentence is no rule."""

Strength = Literal["always", "never", "prefer", "avoid"]


class PreferenceDraft(Struct, frozen=True, kw_only=True):
    """A preference as heard, not yet judged by the write gate. `score` is its importance."""

    text: str
    """The rule as an imperative, without "remember" and "please"."""
    condition: Condition
    reason: str = ""
    strength: Strength
    score: float


class _Cue(NamedTuple):
    score: float
    pattern: re.Pattern[str]


def _cue(score: float, pattern: str) -> _Cue:
    return _Cue(score, re.compile(pattern, re.IGNORECASE))


_START = (
    r"^\W{0,3}(?:(?:no|ok|okay|also|and|but|so|yes|please|hey|btw|again|claude|codex)\b[,:.]?\s+)*"
)
_AGENT = (
    r"(?:(?:please|you (?:should|must|need to|have to)|we (?:should|must|need to|have to)?)\s+)?"
)
_MEMORY_FILE = r"(?:CLAUDE|AGENTS|GEMINI|COPILOT-INSTRUCTIONS|copilot-instructions)\.md"
_PLAIN = r"(?!\w+(?:[^s\W]s|ed|ing)\b)[a-z]\w+"
"""A verb that may be an imperative: "always run", not "always returns"."""

_CUES = (
    _cue(0.80, rf"{_START}(?:remember|memori[sz]e)\s*(?:this|that)?\s*[:,-]\s"),
    _cue(0.68, rf"{_START}(?:please\s+)?(?:remember|make a note)\s+that\s"),
    _cue(
        0.76,
        rf"{_START}(?:from now on|going forward|for future reference|in (?:the )?future|hard rule"
        r"|as a rule|in general|general rule)\s*[:,]?\s*(?:please\s+)?(?:(?:you|we)\s+)?"
        rf"(?:always|never|do not|don'?t|should|must|i want you|no\b|stop|{VERB}\b)",
    ),
    _cue(0.72, rf"\b{_MEMORY_FILE}\s+(?:so\s+)?that\s+(?:we|you)\b"),
    _cue(0.68, rf"{_START}{_AGENT}(?:always|never)\s+{_PLAIN}\b"),
    _cue(
        0.68, rf"\b(?:we|you|i)\s+(?:should\s+|must\s+|want you to\s+)?(?:always|never)\s+{VERB}\b"
    ),
    _cue(
        0.66,
        rf"{_START}(?:please\s+)?(?:don'?t|do not|stop)\s+(?:ever\s+)?(?:\w+\s+){{1,8}}?"
        r"(?:again|ever|any ?more|unless (?:i|asked|told)|without (?:asking|my|me|being))\b",
    ),
    _cue(0.66, rf"{_START}(?:every time|whenever)\s.{{3,80}}\b{VERB}\b"),
    _cue(0.64, rf"{_START}(?:please\s+)?(?:remember to|don'?t forget to)\s"),
    _cue(
        0.62,
        rf"{_START}i\s+(?:(?:generally|personally|usually|always|really)\s+)*prefer\s",
    ),
    _cue(0.48, rf"{_START}i(?:'d| would)?\s+(?:\w+ly\s+)?(?:prefer|like you to|want you to)\s"),
    _cue(0.62, rf"{_START}i\s+(?:hate|can'?t stand|don'?t (?:like|want))\s+(?:it when|you|when)\b"),
    _cue(0.62, rf"{_START}prefer\s+\S+(?:\s+\S+){{0,8}}?\s+(?:over|to|instead of|rather than)\s"),
    _cue(
        0.60,
        rf"{_START}we\s+(?:use|prefer|run|write|call)\s.{{2,60}}\b(?:not|instead of|over|rather"
        r" than)\b",
    ),
    _cue(
        0.56,
        rf"{_START}(?:please\s+)?use\s+\S+(?:\s+\S+){{0,4}}?,?\s+(?:instead of|rather than|over"
        r"|not|and not)\s",
    ),
    _cue(
        0.56,
        r"\bi\s+(?:did ?n[o']?t|never)\s+(?:say|ask(?:ed)?|tell|told|said)\b(?:\s+you)?"
        rf"(?:\s+to)?\s+(?:to\s+)?{VERB}\b",
    ),
    _cue(0.54, rf"{_START}stop\s+\w+ing\b"),
    _cue(0.50, rf"{_START}prefer\s"),
    _cue(
        0.46,
        rf"{_START}(?:please\s+)?(?:don'?t|do not)\s+(?!know|see|think|worry|mind)"
        rf"{_PLAIN}\b",
    ),
    _cue(0.44, rf"{_START}please\s+use\s"),
)
"""Strongest cue wins. Cues under the threshold need a known program, a reason, or a refusal that
they answer, to be heard."""

_MOMENT = re.compile(
    r"\b(?:for now|right now|this time|just now|(?<!from )now|yet|today|tonight|tomorrow|later|here"
    r"|this one"
    r"|at the moment|still|in this (?:pr|branch|commit|file|test|case|function|session)"
    r"|this (?:pr|branch|commit|file|test|function|change|issue|line)|that (?:one|file|test|line)"
    r"|until (?:i|we)|line \d+|#\d+|these|those|above|below)\b",
    re.IGNORECASE,
)
_LASTING = re.compile(
    r"\b(?:from now on|remember|going forward|in future|in the future)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:don'?t|do not|use|stop|prefer)\s+(?:\w+\s+)?(?:it|that|this|them)\b", re.IGNORECASE
)
_QUESTION = re.compile(
    rf"\?\W*$|{_START}(?:can|could|should|would|do|does|did|is|are|was|were|what|why|how|which|where"
    r"|who)\s+(?:we|you|i|it|this|that|the|there|they)\b",
    re.IGNORECASE,
)
_ASKS_TO_NOTE = re.compile(rf"\b{_MEMORY_FILE}\s+(?:so\s+)?that\b", re.IGNORECASE)
_SHOUT = re.compile(r"\b(?:ALWAYS|NEVER|MUST|NOT|DON'?T)\b|!\s*$")


def importance(text: str, *, after_refusal: bool = False) -> float:
    """How much `text` wants to be remembered, in [0, 1]: that of its strongest sentence."""
    sentences = _sentences(text)
    return max((_importance(each, after_refusal) for each in sentences), default=0.0)


def preferences_in(
    text: str, *, suggest_at: float = SUGGEST_AT, after_refusal: bool = False
) -> tuple[PreferenceDraft, ...]:
    """The preferences that the user's `text` states, each at least `suggest_at` important.

    `after_refusal`: the words came with a denial or right after an interruption, so they correct.
    """
    scored = ((each, _importance(each, after_refusal)) for each in _sentences(text))
    return tuple(_drafted(each, score) for each, score in scored if score >= suggest_at)


def denial_preference(
    action: Action, human_words: str, *, suggest_at: float = SUGGEST_AT
) -> PreferenceDraft | None:
    """The rule behind a refusal of `action`, where the human's words state one.

    "I did not say commit" refuses every commit that was not asked for; "no, wrong file" refuses
    one call and is no rule. The condition is the action's own where the words name none.
    """
    found = preferences_in(human_words, suggest_at=suggest_at, after_refusal=True)
    if not found:
        return None
    best = max(found, key=lambda draft: draft.score)
    if best.condition.program or best.condition.words:
        return best
    program, subcommand = _program_of(action.command or "")
    condition = Condition(kind=action.kind, program=program, subcommand=subcommand)
    return PreferenceDraft(
        text=best.text,
        condition=condition,
        reason=best.reason,
        strength=best.strength,
        score=best.score,
    )


# Sentences: what the user wrote, without what the user pasted.

_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_PASTED_LINE = re.compile(
    r"^(?:>|\+|\||\$ |% |#\s|\s{4,}|\t|⏺|⎿|❯|●|diff |@@|- {2,}|\d{4}-\d\d-\d\d|\[?\d\d:\d\d|"
    r"(?:INFO|WARN|ERROR|DEBUG|Traceback|File|Error|error)\b[: ]|\s*at \w|/\w|you wrote\b)"
)
_BOX = re.compile("[\u2500-\u259f]")
"""Frames and blocks: the output of a terminal program."""
_QUOTED = re.compile(r"\"[^\"\n]{25,}\"|“[^”\n]{25,}”|<[^<>\n]{1,200}>")
_BREAK = re.compile(r"(?<=[.!?;])\s+(?=\S)|\n+")
_BRIEFING = re.compile(
    r"^\W*(?:implement the following|you are (?:the|a|an)\b|this session is being|caveat:|/\w|"
    r"\[request interrupted|<)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s{0,3}(?:[-*•]|\d{1,2}[.)])\s+")


def _sentences(text: str) -> tuple[str, ...]:
    """The sentences worth weighing; none of a text that looks pasted, long or commissioned."""
    if _BRIEFING.match(text) or len(text) > LONGEST_TEXT:
        return ()
    lines = [line for line in _FENCED.sub("\n", text).splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        return ()
    own = "\n".join(
        _BULLET.sub("", line)
        for line in lines
        if not _PASTED_LINE.match(line) and not _BOX.search(line)
    )
    pieces = (piece.strip() for piece in _BREAK.split(_QUOTED.sub(" … ", own)))
    return tuple(piece for piece in pieces if _is_a_sentence(piece))


def _is_a_sentence(piece: str) -> bool:
    return len(piece) <= LONGEST_SENTENCE and len(piece.split()) >= FEWEST_WORDS


def _importance(sentence: str, after_refusal: bool) -> float:
    if _QUESTION.search(sentence) and not _ASKS_TO_NOTE.search(sentence):
        return 0.0
    score = max((cue.score for cue in _CUES if cue.pattern.search(sentence)), default=0.0)
    if not score:
        return 0.0
    score += 0.06 * gives_reason(sentence) + 0.06 * bool(_programs(sentence))
    score += 0.04 * names_condition(sentence) + 0.04 * bool(_SHOUT.search(sentence))
    score += 0.06 * after_refusal
    score -= (0.08 if _LASTING.search(sentence) else 0.25) * bool(_MOMENT.search(sentence))
    score -= 0.20 * bool(_POINTING.search(sentence))
    return min(1.0, max(0.0, score))


# The draft: the rule in its own words, and when it applies.

_OPENING = re.compile(
    r"^\W*(?:(?:no|ok|okay|also|and|but|so|yes|please|hey|btw|again|claude|codex)\b[,:.]?\s+"
    r"|(?:remember|memori[sz]e)\s*(?:this|that)?\s*[:,-]\s*"
    r"|(?:remember|keep in mind|make a note)\s+(?:that|to)\s+"
    r"|don'?t forget to\s+"
    r"|(?:from now on|going forward|for future reference|in (?:the )?future|hard rule|as a rule|"
    r"in general|general rule)\s*[:,]?\s*(?:that\s+)?"
    rf"|(?:can|could|would) you .{{0,40}}{_MEMORY_FILE}\s+(?:so\s+)?that\s+"
    rf"|(?:update|change|extend) .{{0,20}}{_MEMORY_FILE}\s+(?:so\s+)?that\s+"
    r"|(?:you|we)\s+(?:should|must|need to|have to)\s+"
    r"|i\s+(?:want|(?:would |'d )?like)\s+you\s+to\s+"
    r"|i(?:'d| would)?\s+(?:(?:generally|personally|usually|really)\s+)*(?=prefer\b))+",
    re.IGNORECASE,
)
_UNASKED = re.compile(
    r"\bi\s+(?:did ?n[o']?t|never)\s+(?:say|ask(?:ed)?|tell|told|said)\b(?:\s+you)?(?:\s+to)?\s+"
    rf"(?:to\s+)?({VERB})\b",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r",?\s+(?:because|since|as otherwise|otherwise)\s+(.+)$", re.IGNORECASE)


def _drafted(sentence: str, score: float) -> PreferenceDraft:
    unasked = _UNASKED.search(sentence)
    if unasked:
        rule = f"do not {unasked[1].lower()} unless the user asked for it"
    else:
        rule = _OPENING.sub("", sentence).strip()
    because = _BECAUSE.search(rule)
    text = rule.rstrip(" .!;,")
    return PreferenceDraft(
        text=text[:1].lower() + text[1:] if text[:2].istitle() else text,
        condition=_condition(rule[: because.start()] if because else rule),
        reason=because[1].rstrip(" .!;,") if because else "",
        strength=_strength(rule),
        score=score,
    )


def _strength(rule: str) -> Strength:
    if re.search(r"\bnever\b|\b(?:ever|unless)\b", rule, re.IGNORECASE):
        return "never"
    if re.search(r"\b(?:don'?t|do not|stop|avoid|hate)\b", rule, re.IGNORECASE):
        return "avoid"
    if re.search(r"\b(?:prefer|rather|instead of|over)\b", rule, re.IGNORECASE):
        return "prefer"
    return "always"


_WORD = re.compile(r"[A-Za-z][\w.+-]*\w")
_CODE = re.compile(r"`([^`\n]{1,120})`")
_PLAIN_WORDS_TOO = frozenset({"go", "make", "just", "find", "fd", "node", "rails", "black", "sh"})
"""Programs whose names are English words count only between backticks."""

_ACTS = {
    "commit": ("git", "commit"),
    "push": ("git", "push"),
    "rebase": ("git", "rebase"),
    "merge": ("git", "merge"),
}
_ACT = re.compile(r"\b(commit|push|rebas|merg)(?:e|es|s|ing|ting|ed|ted)?\b", re.IGNORECASE)
_STEMS = {"rebas": "rebase", "merg": "merge"}
_TRIGGER = re.compile(
    r"\b(?:before|after|when|whenever|every time|on every|on each|if)\s+(?P<when>.+)$"
    r"|\b(?:instead of|rather than|and not|not|over|never|don'?t|do not|stop)\s+(?P<instead>.+)$",
    re.IGNORECASE,
)
_EDITS = re.compile(
    r"\b(?:comments?|docstrings?|type hints?|imports?|emojis?|variable names?|code style|indent\w*"
    r"|if-?else|switch|functions?|classes)\b",
    re.IGNORECASE,
)
_DELEGATES = re.compile(r"\bsub-?agents?\b", re.IGNORECASE)


def _condition(rule: str) -> Condition:
    """When the rule applies: the act or program it warns about or waits for, else the first named.

    "Run ruff before committing" applies to `git commit`, "use rg instead of grep" to `grep`.
    """
    trigger = _TRIGGER.search(rule)
    part = (trigger["when"] or trigger["instead"]) if trigger else rule
    program, subcommand = _act(part) or _act(rule) or ("", "")
    acts = (_STEMS.get(act.lower(), act.lower()) for act in _ACT.findall(rule))
    words = tuple(dict.fromkeys((*_programs(rule), *acts)))[:6]
    if program:
        # No words: the commit that lacks `ruff` is the very one to speak before.
        return Condition(kind="shell", program=program, subcommand=subcommand)
    if _DELEGATES.search(rule):
        return Condition(words=(*words, "subagent"))
    return Condition(kind="edit" if _EDITS.search(rule) else "", words=words)


def _act(part: str) -> tuple[str, str] | None:
    """(program, sub-command) that a part of a sentence speaks of."""
    for code in _CODE.findall(part):
        program, subcommand = _program_of(code)
        if program in PROGRAMS:
            return program, subcommand
    if act := _ACT.search(part):
        stem = act[1].lower()
        return _ACTS[_STEMS.get(stem, stem)]
    words = _WORD.findall(part.lower())
    for place, word in enumerate(words):
        if word in PROGRAMS and word not in _PLAIN_WORDS_TOO:
            following = words[place + 1] if place + 1 < len(words) else ""
            return word, following if following in _SUBCOMMANDS else ""
    return None


_SUBCOMMANDS = frozenset(
    "add apply build check commit compose exec fetch format init install lint merge pull push "
    "rebase reset run stash start sync test up update".split()
)


def _program_of(command: str) -> tuple[str, str]:
    """Program and sub-command of a simple command line; assignments, `sudo` and `cd` skipped."""
    last = re.split(r"&&|\|\||[;|\n]", re.sub(r"^\s*cd\s+\S+\s*&&", "", command, count=1))[0]
    words = [word for word in last.split() if not re.match(r"\w+=", word) and word != "sudo"]
    if not words:
        return "", ""
    program = words[0].rsplit("/", 1)[-1]
    following = words[1] if len(words) > 1 else ""
    return program, following if re.fullmatch(r"[a-z][a-z-]*", following) else ""


def _programs(sentence: str) -> tuple[str, ...]:
    """Known programs that the sentence names, in its order."""
    plain = (
        word
        for word in _WORD.findall(sentence.lower())
        if word in PROGRAMS and word not in _PLAIN_WORDS_TOO
    )
    coded = (_program_of(code)[0] for code in _CODE.findall(sentence))
    return tuple(dict.fromkeys((*plain, *(program for program in coded if program in PROGRAMS))))
