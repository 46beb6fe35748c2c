"""A lesson in words, made from its fields; and how good a text is as advice.

Rules of this module:

- A text that a human gave wins; otherwise `When {condition}: {action} because {reason}`, of which
  any part may be missing.
- One line, bounded, never a dangling "because" or an empty pair of quotes.
- What counts as directive, reasoned, conditional or specific is said here once, for the quality of
  a text as for the write gate.
"""

import re

from counsel.memory.lesson import Condition, Evidence, Lesson

LONGEST = 400
"""Characters of a worded lesson: an answer has 500 for everything it says."""
LONGEST_PART = 160
LONGEST_REASON = 120

_VERBS = (
    "add|ask|avoid|build|cache|call|change|check|choose|clean|commit|configure|confirm|copy|create"
    "|define|delete|do|edit|ensure|escape|export|fetch|fix|follow|format|generate|give|handle"
    "|include|install|invoke|keep|leave|let|limit|lint|list|load|log|look|make|mark|match|merge"
    "|mock|move|name|open|pass|pin|prefer|pull|push|put|quote|raise|read|rebase|rebuild|reload"
    "|remove|rename|replace|rerun|reset|restart|retry|return|reuse|review|run|save|search|send|set"
    "|show|skip|sort|split|squash|start|stop|store|switch|sync|tell|test|touch|treat|trim|try|turn"
    "|type|update|upgrade|use|validate|verify|wait|wrap|write"
)
VERB = rf"(?:{_VERBS})"
"""Verbs in the imperative that advice to a coding agent begins with."""

_DIRECTIVE = re.compile(
    rf"\b(?:always|never|must|should|ought to|do not|don'?t|make sure|ensure|avoid|prefer|need to"
    rf"|instead of|rather than|remember to|from now on)\b"
    rf"|(?:^|[:.;,]\s+|\b(?:please|then|first|and)\s+){VERB}\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|so that|so as to|otherwise|as it|as they|due to|to avoid|to prevent|"
    r"or else|in order to|the reason|therefore)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:when|whenever|before|after|if|unless|while|until|every time|once|on (?:each|every)"
    r"|for (?:each|every|all))\b",
    re.IGNORECASE,
)
_SPECIFIC = re.compile(
    r"`[^`]+`|--?[a-z][\w-]+|\b[\w-]+\.[a-z]{1,5}\b|\b\w+_\w+\b|\b[a-z]+[A-Z]\w*|\b[A-Z]{2,}\b"
    r"|(?<!\w)[~.]?/[\w./-]+|\b\d+\b"
)
PROGRAMS = frozenset(
    "ansible apt aws az bash bazel black brew bun bundle cargo clang cmake composer curl deno "
    "docker dotnet eslint fd find flake8 flutter gcc gcloud gem gh git go golangci-lint gradle "
    "grep helm hg isort jest jq just kubectl make mise mocha mvn mypy ninja node npm npx nvm perl "
    "php pip pip3 pipenv playwright pnpm podman poetry pre-commit prettier psql pyenv pylint "
    "pyright pytest python python3 rails rake rg rm rspec rsync ruby ruff rustc rustfmt sed sh ssh "
    "sudo swift tar terraform tox tsc turbo uv uvx vite vitest wget yarn".split()
)
"""Programs known by name, so that plain words of a sentence can tell what it speaks of."""
_WORD = re.compile(r"[A-Za-z][\w+-]*")


def is_directive(text: str) -> bool:
    """Whether `text` tells somebody to do, or not to do, something."""
    return _DIRECTIVE.search(text) is not None


def gives_reason(text: str) -> bool:
    return _REASON.search(text) is not None


def names_condition(text: str) -> bool:
    return _CONDITION.search(text) is not None


def specific_terms(text: str) -> int:
    """How many different things `text` names: code, flags, files, programs, numbers."""
    found = {match[0].strip("`").lower() for match in _SPECIFIC.finditer(text)}
    return len(found | {word for word in _WORD.findall(text.lower()) if word in PROGRAMS})


def text_quality(text: str) -> float:
    """In [0, 1]: directive 0.30, condition 0.20, reason 0.20, specific 0.20, length 0.10.

    One thing named is worth half of what two are; between 20 and 240 characters is a good length.
    """
    if not text.strip():
        return 0.0
    return (
        0.30 * is_directive(text)
        + 0.20 * names_condition(text)
        + 0.20 * gives_reason(text)
        + 0.10 * min(2, specific_terms(text))
        + 0.10 * (20 <= len(text) <= 240)
    )


def lesson_text(lesson: Lesson) -> str:
    """The lesson on one line of at most `LONGEST` characters; empty if it says nothing at all."""
    if given := _line(lesson.text, LONGEST):
        return given
    action = _clause(lesson.action, LONGEST_PART) or _avoidance(lesson)
    if not action:
        return ""
    condition = condition_text(lesson.condition)
    said = f"When {condition}: {action}" if condition else action[0].upper() + action[1:]
    reason = _clause(re.sub(r"^because\s+", "", lesson.reason.strip(), flags=re.I), LONGEST_REASON)
    return _line(f"{said} because {reason}" if reason else said, LONGEST)


def condition_text(condition: Condition) -> str:
    """The part after "When": "running `git push --force` in the validate phase", or empty."""
    parts = (_doing(condition), _about(condition), _phase(condition))
    return _clause(" ".join(part for part in parts if part), LONGEST_PART)


_DOING = {
    "shell": "running a command",
    "edit": "editing",
    "write": "writing",
    "read": "reading",
    "search": "searching",
    "fetch": "fetching",
    "subagent": "starting a sub-agent",
    "plan": "planning",
    "ask": "asking the user",
    "mcp": "calling an MCP tool",
}
_TAKES_A_PATH = frozenset({"edit", "write", "read"})


def _doing(condition: Condition) -> str:
    command = " ".join(
        part for part in (condition.program, condition.subcommand, *condition.flags) if part
    )
    if command:
        return f"running `{command}`" + (f" on `{condition.path}`" if condition.path else "")
    doing = _DOING.get(condition.kind, "")
    if not doing and condition.tool:
        doing = f"using {condition.tool}"
    if condition.path:
        if not doing:
            return f"working on `{condition.path}`"
        return (
            f"{doing} `{condition.path}`"
            if _takes_a_path(condition)
            else (f"{doing} on `{condition.path}`")
        )
    return f"{doing} files" if condition.kind in {"edit", "write", "read"} else doing


def _takes_a_path(condition: Condition) -> bool:
    return condition.kind in _TAKES_A_PATH


def _about(condition: Condition) -> str:
    if not condition.words or condition.program:
        return ""
    words = ", ".join(condition.words[:4])
    return f"with {words}" if _doing(condition) else f"it is about {words}"


def _phase(condition: Condition) -> str:
    return f"in the {condition.phase} phase" if condition.phase else ""


def _avoidance(lesson: Lesson) -> str:
    failing = _clause(lesson.failing, LONGEST_PART)
    return f"avoid what failed before: {failing}" if failing else ""


def evidence_line(evidence: Evidence, now_ms: int) -> str:
    """ "seen 7 times in 3 sessions, last 2 days ago"; empty if it was never seen."""
    if evidence.seen <= 0:
        return ""
    seen = "seen once" if evidence.seen == 1 else f"seen {evidence.seen} times"
    if evidence.sessions > 0:
        seen += f" in {_count(evidence.sessions, 'session')}"
    if evidence.last_ms <= 0:
        return seen
    return f"{seen}, last {ago(now_ms - evidence.last_ms)}"


_UNITS = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"))


def ago(elapsed_ms: int) -> str:
    """ "2 days ago", "just now"."""
    for unit_ms, unit in _UNITS:
        if elapsed_ms >= unit_ms:
            return f"{_count(elapsed_ms // unit_ms, unit)} ago"
    return "just now"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _clause(text: str, longest: int) -> str:
    """A part of a sentence: one line, bounded, without the full stop it may have ended with."""
    return _line(text, longest).rstrip(" .;:,")


def _line(text: str, longest: int) -> str:
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    return line[: longest - 1].rsplit(" ", 1)[0].rstrip(" .;:,") + "…"
