"""Whether a later call does what an advice asked for. One rule per kind of advice.

| advice | followed by |
|---|---|
| read the file first | a read of that file, or an edit of it with other text |
| the path does not exist | a search, a listing, or the same intent with another path |
| the tool is broken | a call of another tool with the same end |
| a flag, field or name is refused | the same intent without that word |
| the human refused this kind of call | a question, a plan, or another kind of call |
| a lesson that names commands | a command line with all of them |
| anything else that foresees a failure | the same intent, put differently |
"""

import re
from collections.abc import Callable

from counsel.memory.facts import fingerprint
from counsel.memory.recovery import same_intent
from counsel.memory.refused import call_words
from counsel.model.actions import Action
from counsel.model.advice import Candidate
from counsel.model.commands import parse_command

Follows = Callable[[Action], bool]

_READ_FIRST = frozenset(("unread_file", "changed_file", "missing_text", "ambiguous_text"))
_NAMED = re.compile(r"`([^`]+)`")
_LISTING = frozenset(("ls", "find", "fd", "rg", "grep", "tree", "git"))


def follows(item: Candidate, proposed: Action) -> Follows:
    """The test for later calls, for one advice item given before `proposed`."""
    rule = item.category
    if rule in _READ_FIRST:
        return lambda later: _reads(later, proposed) or _edits_otherwise(later, proposed)
    if rule == "missing_path":
        return lambda later: _looks(later) or _otherwise(later, proposed)
    if rule == "broken_tool":
        return lambda later: later.tool != proposed.tool and later.kind in ("shell", "search")
    if rule in ("refused_word", "unknown_name"):
        word = item.id.rsplit(" ", 1)[-1]
        return lambda later: same_intent(proposed, later) and word not in call_words(later)
    if item.failure_class == "refusal":
        return lambda later: later.kind in ("ask", "plan") or later.kind != proposed.kind
    if not item.signature:
        named = _NAMED.findall(item.text)
        return lambda later: bool(named) and all(one in (later.command or "") for one in named)
    return lambda later: _otherwise(later, proposed)


def _reads(later: Action, proposed: Action) -> bool:
    if later.kind == "read":
        return later.path == proposed.path
    return bool(later.command and proposed.path and proposed.path in later.command)


def _edits_otherwise(later: Action, proposed: Action) -> bool:
    return (
        later.kind == "edit"
        and later.path == proposed.path
        and (later.old_text != proposed.old_text or later.replace_all != proposed.replace_all)
    )


def _looks(later: Action) -> bool:
    if later.kind == "search":
        return True
    return any(one.program in _LISTING for one in parse_command(later.command or ""))


def _otherwise(later: Action, proposed: Action) -> bool:
    return same_intent(proposed, later) and fingerprint(later) != fingerprint(proposed)
