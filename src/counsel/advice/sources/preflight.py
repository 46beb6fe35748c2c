"""Preflight: the call checked against facts, before it runs.

Each rule is a small pure function from the call, the session's facts and the world to at most one
foreseen failure. A rule is silent when the fact it needs is unknown. The signature it names is
the agent's own message for that failure.
"""

from collections.abc import Callable, Iterator

from counsel.advice.foreseen import Foreseen
from counsel.advice.sources.check import Check, short
from counsel.advice.sources.preflight_paths import missing_operand, missing_path
from counsel.memory.facts import Failed, Touch, fingerprint, pattern_of
from counsel.memory.signature import signature
from counsel.model.advice import FailureClass

HALF_HOUR_MS = 1_800_000
_SHOWN = 120


Rule = Callable[[Check], Foreseen | None]


def foreseen(check: Check) -> Iterator[Foreseen]:
    """All failures that any rule foresees for this call, most certain rules first."""
    for rule in RULES:
        found = rule(check)
        if found is not None:
            yield found


def _touch(check: Check) -> Touch | None:
    assert check.action.path is not None
    return check.facts.touched.get(check.facts.reader(check.action, check.action.path))


def unchanged_text(check: Check) -> Foreseen | None:
    """Edit: the old text equals the new text."""
    action = check.action
    if action.kind != "edit" or not action.old_text or action.old_text != action.new_text:
        return None
    return Foreseen(
        rule="unchanged_text",
        basis="unchanged_text",
        prior=0.95,
        signature=signature(
            action.tool,
            "No changes to make: old_string and new_string are exactly the same.",
        ),
        text="old and new text are identical, so this edit will be refused",
        object=short(action.path or ""),
        certain=True,
    )


def unread_file(check: Check) -> Foreseen | None:
    """Edit or overwrite: this reader has not read the file, or has forgotten it since."""
    action = check.action
    if not action.path or not _guarded(check):
        return None
    touch = _touch(check)
    if touch is None:
        sight = check.look(action.path)
        if action.kind == "write" and sight.exists is not True:
            return None
        if sight.certain and sight.exists is False:
            return None
        first = "cold" if not check.facts.touched else "warm"
        if action.path.rsplit("/", 1)[-1] in check.facts.prompt:
            first = "mentioned"
        elif not check.facts.prompt:
            first = "continued"
        how = "certain" if sight.certain else "remembered"
        return _unread(check, f"unread_file|never|{first}|{action.kind}|{how}", 0.6, "not read")
    if touch.restarts < check.facts.restarts:
        return _unread(check, "unread_file|restart", 0.42, "not read since the session restarted")
    age, calls = check.now_ms - touch.at_ms, check.facts.calls - touch.calls
    if age >= HALF_HOUR_MS and calls > 30:
        hours = "hour" if age >= 2 * HALF_HOUR_MS else "half"
        return _unread(check, f"unread_file|old|{hours}", 0.45, "not read for a long time")
    return None


def _guarded(check: Check) -> bool:
    """Only Claude Code's own edit tools insist on a read before."""
    return check.action.tool in ("Edit", "Write", "NotebookEdit", "MultiEdit")


def _unread(check: Check, basis: str, prior: float, why: str) -> Foreseen:
    action = check.action
    return Foreseen(
        rule="unread_file",
        basis=basis,
        prior=prior,
        signature=signature(
            action.tool, "File has not been read yet. Read it first before writing to it."
        ),
        text=f"{short(action.path or '')} was {why}: read it first, then edit",
        object=f"{action.path}:{hash_of(action.old_text or '')}",
    )


def changed_file(check: Check) -> Foreseen | None:
    """Edit: the file changed behind the reader's back since it was read."""
    action = check.action
    if not action.path or not _guarded(check):
        return None
    touch = _touch(check)
    if touch is None:
        return None
    by = check.facts.disturbed.get(action.path, "")
    sight = check.look(action.path)
    if sight.certain and touch.mtime_ns and sight.mtime_ns > touch.mtime_ns:
        basis, by = "changed_on_disk", by or "another process"
    elif by:
        basis = "changed_file|redirected"
    elif check.facts.swept_calls > touch.calls:
        basis, by = f"changed_file|swept|{check.facts.swept}", f"`{check.facts.swept}`"
    else:
        return None
    return Foreseen(
        rule="changed_file",
        basis=basis,
        prior=0.8 if basis == "changed_on_disk" else 0.1,
        signature=signature(
            action.tool,
            "File has been modified since read, either by the user or by a linter. "
            "Read it again before attempting to write it.",
        ),
        text=f"{short(action.path)} was changed by {by} since it was read: read it again first",
        object=action.path,
    )


def text_to_replace(check: Check) -> Foreseen | None:
    """Edit: the text to replace is not in the file, or is there more than once."""
    action = check.action
    if action.kind != "edit" or not action.path or not action.old_text:
        return None
    sight = check.look(action.path, read=True)
    if sight.text is not None:
        found = sight.text.count(action.old_text)
        if found == 0:
            return _missing_text(check, "missing_text_on_disk", 0.95)
        if found > 1 and not action.replace_all:
            return _ambiguous(check, found)
        return None
    replaced = check.facts.replaced.get(action.path, [])
    if action.old_text in replaced:
        return _missing_text(check, "missing_text|replaced", 0.2)
    return None


def _missing_text(check: Check, basis: str, prior: float) -> Foreseen:
    action = check.action
    return Foreseen(
        rule="missing_text",
        basis=basis,
        prior=prior,
        signature=signature(
            action.tool, f"String to replace not found in file.\nString: {action.old_text}"
        ),
        text=f"the text to replace is not in {short(action.path or '')}: read the file again",
        object=f"{action.path}:{hash_of(action.old_text or '')}",
    )


def _ambiguous(check: Check, found: int) -> Foreseen:
    action = check.action
    return Foreseen(
        rule="ambiguous_text",
        basis="ambiguous_text|disk",
        prior=0.95,
        signature=signature(
            action.tool,
            f"Found {found} matches of the string to replace, but replace_all is false. To "
            "replace all occurrences, set replace_all to true. To replace only one occurrence, "
            "please provide more context",
        ),
        text=f"the text to replace occurs {found} times in {short(action.path or '')}: "
        "give more context around it, or replace all",
        object=f"{action.path}:{hash_of(action.old_text or '')}",
    )


def broken_tool(check: Check) -> Foreseen | None:
    """The tool itself failed to start in this session and has not worked since."""
    sign = check.facts.broken.get(check.action.tool)
    shared = check.facts.broken if check.action.pattern is not None else {}
    sign = sign or next(iter(shared.values()), None)
    if sign is None:
        return None
    own = "own" if check.action.tool in check.facts.broken else "sibling"
    tool = check.action.tool
    return Foreseen(
        rule="broken_tool",
        basis=f"broken_tool|{own}",
        prior=0.6 if own == "own" else 0.5,
        signature=f"{tool}|{sign.partition('|')[2]}",
        text=f"{tool} could not even start earlier in this session: use another tool "
        "(a shell command, say) until it works again",
        object=f"{tool}:{hash_of(fingerprint(check.action))}",
    )


def same_call_again(check: Check) -> Foreseen | None:
    """This very call failed before in this session and nothing was changed since."""
    failed = check.facts.failed.get(fingerprint(check.action))
    if failed is None or failed.failure_class == "signal":
        return None
    changed = "changed" if check.facts.writes > failed.writes else "same"
    near = "near" if check.facts.calls - failed.calls <= 3 else "later"
    often = "often" if failed.times > 1 else "once"
    return Foreseen(
        rule="same_call_again",
        basis=f"same_call_again|{failed.failure_class}|{changed}|{often}|{near}",
        prior=_AGAIN[failed.failure_class] * (1.0 if changed == "same" else 0.6),
        signature=failed.signature,
        text=_again_text(failed, changed=changed == "changed"),
        failure_class=failed.failure_class,
        object=hash_of(fingerprint(check.action)),
    )


_AGAIN: dict[FailureClass, float] = {"mistake": 0.5, "refusal": 0.1, "other": 0.3, "signal": 0.0}


def _again_text(failed: Failed, *, changed: bool) -> str:
    times = "" if failed.times == 1 else f" {failed.times} times"
    if failed.failure_class == "refusal":
        return f"the human refused this very call{times}: ask what they want instead"
    shown = failed.signature.partition("|")[2][:_SHOWN]
    since = "" if changed else " and nothing changed since"
    return f"this very call failed{times} before ({shown}){since}"


def refused_before(check: Check) -> Foreseen | None:
    """The human has just refused a call of this kind and has not spoken since."""
    refused = check.facts.refused
    if refused is None or refused.kind != check.action.kind:
        return None
    words = "words" if refused.words else "silent"
    when = "next" if refused.since == 0 else "later"
    streak = "again" if refused.streak > 1 else "once"
    return Foreseen(
        rule="refused_before",
        basis=f"refused_before|{check.action.kind}|{words}|{when}|{streak}",
        prior=0.3,
        signature=refused.signature,
        text="the human refused the last call of this kind: do what they asked for, or ask",
        failure_class="refusal",
        object=pattern_of(check.action),
    )


def hash_of(text: str) -> str:
    """A short name for a long text."""
    return f"{sum(ord(c) * (i % 251 + 1) for i, c in enumerate(text)) & 0xFFFFFFFF:08x}"


RULES: tuple[Rule, ...] = (
    unchanged_text,
    unread_file,
    changed_file,
    text_to_replace,
    missing_path,
    missing_operand,
    broken_tool,
    same_call_again,
    refused_before,
)
