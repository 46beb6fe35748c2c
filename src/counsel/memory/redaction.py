"""Secrets and personal data leave a text before anything is stored.

Rules of this module:

- What is removed leaves a `[redacted:<what>]` mark, so that a reader sees that something was there;
  redacting twice changes nothing more.
- Each rule names the literals without which it cannot match. A clean text costs one `lower()` and
  some forty substring searches, and no regular expression runs (12 us for 300 characters on the
  slow core it was measured on).
- No pattern can backtrack: a run of characters is entered only at its start (look-behind) or is
  bounded, so that time grows linearly with the text whatever its author intends.
- In doubt a secret goes. Only variables (`$TOKEN`), marks and, after a colon, plain words stay
  (`token: string` is a type, `Authorization: required` is prose).
"""

import re
from collections.abc import Callable
from typing import NamedTuple

Replacement = str | Callable[[re.Match[str]], str]


class _Rule(NamedTuple):
    literals: tuple[str, ...]
    """Lower case; one of them is in every text that the pattern matches."""
    pattern: re.Pattern[str]
    replacement: Replacement


_FLAGS = re.ASCII | re.IGNORECASE

_DENSE = r"(?=[^\s\"'0-9]{0,200}+[0-9])"
"""The value holds a digit early on: a key, not a word of prose."""

_NAME = (
    r"(?:passw(?:or)?d|passphrase|secret|token|credentials?|(?<=[_-])pass"
    r"|pwd(?![\"']?[ \t]{0,3}[=:][ \t]{0,3}[\"']?[/~.])"
    r"|(?:api|access|secret|private|signing|encryption|account)[_-]?key(?:[_-]?id)?)"
)
_VALUE = r"[^\s\"'`,;&|<>(){}]"
_NOT_A_SECRET = r"(?!\[redacted:|\$|\*\*\*)"

_ASSIGNED = re.compile(
    rf"({_NAME}[\"']?[ \t]{{0,3}}:?=[ \t]{{0,3}}`?){_NOT_A_SECRET}{_VALUE}{{4,}}+",
    _FLAGS,
)
_QUOTED = re.compile(
    rf"({_NAME}[\"']?[ \t]{{0,3}}[=:][ \t]{{0,3}}(?:\"(?!\[redacted:[a-z-]+\]\"|\$)|"
    rf"'(?!\[redacted:[a-z-]+\]'|\$)))(?:(?<=\")[^\"\n]{{4,}}+|(?<=')[^'\n]{{4,}}+)",
    _FLAGS,
)
_AFTER_COLON = re.compile(
    rf"({_NAME}[\"'`]?[ \t]{{0,3}}:[ \t]{{0,3}}`?){_NOT_A_SECRET}{_DENSE}{_VALUE}{{6,}}+", _FLAGS
)
_PASSWORD_AFTER_COLON = re.compile(
    rf"((?:passw(?:or)?d|passphrase)[\"'`]?[ \t]{{0,3}}:[ \t]{{0,3}}`?){_NOT_A_SECRET}"
    rf"(?!(?:string|number|boolean|required|optional|missing|invalid|incorrect|expired)\b)"
    rf"{_VALUE}{{6,}}+",
    _FLAGS,
)
_OPTION = re.compile(
    rf"((?<![a-z0-9-])--?[a-z-]{{0,20}}{_NAME}[ \t]{{1,3}}){_NOT_A_SECRET}{_DENSE}(?!-)"
    rf"[^\s\"']{{4,}}+",
    _FLAGS,
)
_AUTHORIZATION = re.compile(
    r"(authorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?:(?:basic|bearer|token)[ \t]{1,3})?+)"
    r"(?=[a-z0-9._~+/=-]{12})[a-z0-9._~+/=-]++",
    _FLAGS,
)
_BEARER = re.compile(
    r"(?<![a-z0-9])(bearer[ \t]{1,3})(?=[^\s0-9]{0,200}+[0-9])[a-z0-9._~+/=-]{12,}+", _FLAGS
)
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)"
)
_URL_PASSWORD = re.compile(r"(://[^\s/:@]{0,200}+:)(?!\[redacted:)[^\s/@]++(?=@)")
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{6,}+\.[\w-]{6,}+(?:\.[\w-]*+)?", re.ASCII)
_KEY_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-(?=[A-Za-z_-]{0,200}+[0-9])[\w-]{16,}+"
    r"|[srp]k_(?:live|test)_\w{10,}+"
    r"|gh[a-z]_[A-Za-z0-9]{20,}+"
    r"|github_pat_\w{20,}+"
    r"|glpat-[\w-]{20,}+"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16,}+"
    r"|xox[a-z]-[\w-]{10,}+"
    r"|xapp-[\w-]{10,}+"
    r"|AIza[\w-]{30,}+"
    r"|npm_[A-Za-z0-9]{30,}+"
    r"|pypi-[\w-]{32,}+"
    r"|hf_[A-Za-z0-9]{30,}+"
    r"|[0-9]{8,10}:AA[\w-]{30,}+)",
    re.ASCII,
)
_SLACK_HOOK = re.compile(r"(hooks\.slack\.com/services/)[\w/]++", _FLAGS)
_EMAIL = re.compile(
    r"(?<![\w.%+-])([\w.%+-]++)@(?![0-9]+\.)([A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++)(?<=[A-Za-z]{2})",
    re.ASCII,
)
_UNIX_HOME = re.compile(r"(?<![\w.~-])/(?:home|Users)/(?!Shared\b)[\w.@+-]++", re.ASCII)
_WINDOWS_HOME = re.compile(
    r"(?<![a-z])[a-z]:(?:\\{1,2}|/)Users(?:\\{1,2}|/)(?!Public\b)[^\\/\s:\"'<>|~]++", _FLAGS
)
_FOLDED_HOME = re.compile(r"(?<=/)-(?:home|Users)-[^-/\s~]++", re.ASCII)
"""How Claude Code names the folder of a project: `-home-ann-work-app`."""

_PUBLIC_MAILBOXES = frozenset({"noreply", "no-reply", "git"})
_PUBLIC_DOMAINS = ("example.com", "example.org", "example.net")


def _email(match: re.Match[str]) -> str:
    mailbox, domain = match[1].lower(), match[2].lower()
    if mailbox in _PUBLIC_MAILBOXES or domain in _PUBLIC_DOMAINS:
        return match[0]
    return "[redacted:email]"


_SECRET_NAMES = ("passw", "passphrase", "secret", "token", "credential", "pwd", "_pass", "-pass")
_KEY_NAMES = ("key",)
_NAMES = _SECRET_NAMES + _KEY_NAMES

_RULES = (
    _Rule(("private key",), _PEM, "[redacted:private-key]"),
    _Rule(("://",), _URL_PASSWORD, r"\1[redacted:password]"),
    _Rule(("authorization",), _AUTHORIZATION, r"\1[redacted:authorization]"),
    _Rule(("bearer",), _BEARER, r"\1[redacted:token]"),
    _Rule(_NAMES, _QUOTED, r"\1[redacted:secret]"),
    _Rule(_NAMES, _ASSIGNED, r"\1[redacted:secret]"),
    _Rule(_NAMES, _AFTER_COLON, r"\1[redacted:secret]"),
    _Rule(("passw", "passphrase"), _PASSWORD_AFTER_COLON, r"\1[redacted:secret]"),
    _Rule(_NAMES, _OPTION, r"\1[redacted:secret]"),
    _Rule(("eyj",), _JWT, "[redacted:jwt]"),
    _Rule(
        (
            *("sk-", "k_live_", "k_test_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
            *("glpat-", "akia", "asia", "xox", "xapp-", "aiza", "npm_", "pypi-", "hf_", ":aa"),
        ),
        _KEY_SHAPES,
        "[redacted:key]",
    ),
    _Rule(("hooks.slack.com",), _SLACK_HOOK, r"\1[redacted:key]"),
    _Rule(("@",), _EMAIL, _email),
    _Rule(("/home/", "/users/"), _UNIX_HOME, "~"),
    _Rule((":\\users", ":\\\\users", ":/users"), _WINDOWS_HOME, "~"),
    _Rule(("/-home-", "/-users-"), _FOLDED_HOME, "-~"),
)

_LITERALS = tuple(dict.fromkeys(literal for rule in _RULES for literal in rule.literals))


def redact(text: str) -> str:
    """`text` without secrets, mail addresses and user names in home folders.

    The very same object comes back when there is nothing to remove.
    """
    lowered = text.lower()
    for literal in _LITERALS:
        if literal in lowered:
            return _redacted(text, lowered)
    return text


def _redacted(text: str, lowered: str) -> str:
    for rule in _RULES:
        if any(literal in lowered for literal in rule.literals):
            replaced, count = rule.pattern.subn(rule.replacement, text)
            text = replaced if count and replaced != text else text
    return text
