"""What any advisor must beat, in the same run, learning only from what came before.

- silent: nothing;
- always: the most frequent failure of the tool;
- vector: the failure of the most similar failed input of the tool, if cosine >= 0.6;
- pattern: the most frequent failure of the call's pattern (tool, program, sub-command or file
  extension), if it failed >= 2 times in >= 2 sessions at a rate >= 20 %;
- preflight4: four fixed rules, see `Preflight4`;
- predecessor: what the predecessor's rule picks, see `counsel.evidence.predecessor`.

All but `preflight4` learn across sessions, at once. `pattern` and `vector` are the advisors (c)
and (d), `always` is (b) of the floor in the datasets' README; there an advisor knows only what
had ended before the session began, and nothing is learnt from refusals.
"""

from collections import Counter
from collections.abc import Collection

from counsel.evidence.calls import LEARNT, Calls, Named
from counsel.evidence.player import Player, ShownAdvice
from counsel.evidence.predecessor import Predecessor
from counsel.evidence.vectors import VectorMemory
from counsel.memory import facts
from counsel.memory.facts import Facts, fingerprint, pattern_of
from counsel.memory.signature import signature
from counsel.model.actions import Action
from counsel.model.advice import FailureClass
from counsel.model.events import ActionProposed, Event
from counsel.model.ids import SessionId
from counsel.model.outcomes import OutcomeStatus

NEAR = 0.6
LEAST_FAILURES = 2
LEAST_SESSIONS = 2
LEAST_RATE = 0.2
UNCHANGED = "No changes to make: old_string and new_string are exactly the same."
UNREAD = "File has not been read yet. Read it first before writing to it."
"""Both as Claude Code 2.0 and 2.1 say it."""


def all_baselines() -> tuple[Player, ...]:
    """One of each, knowing nothing yet."""
    return (Silent(), Always(), Vector(), Predecessor(), Pattern(), Preflight4())


class Silent:
    """Says nothing: what advice costs nothing and gives nothing."""

    name = "silent"

    def before(self, event: ActionProposed) -> tuple[ShownAdvice, ...]:
        return ()

    def observe(self, event: Event) -> None:
        return None

    def lessons(self) -> int:
        return 0


class Always:
    """Before every call of a tool, its most frequent failure so far; of equals the first met."""

    name = "always"

    def __init__(self, learnt: Collection[OutcomeStatus] = LEARNT) -> None:
        self._calls = Calls(learnt)
        self._named = Named()
        self._failures: dict[str, Counter[str]] = {}

    def before(self, event: ActionProposed) -> tuple[ShownAdvice, ...]:
        failures = self._failures.get(event.action.tool)
        return self._named.advice(self.name, _most_frequent(failures)) if failures else ()

    def observe(self, event: Event) -> None:
        end = self._calls.end(event)
        if end is not None and end.failure_class is not None:
            self._failures.setdefault(end.action.tool, Counter())[end.signature] += 1
            self._named.learn(end)

    def lessons(self) -> int:
        return len(self._named)


class Vector:
    """Plain vector memory: every failed input embedded, the nearest of the same tool speaks."""

    name = "vector"

    def __init__(self, learnt: Collection[OutcomeStatus] = LEARNT) -> None:
        self._calls = Calls(learnt)
        self._named = Named()
        self._memories: dict[str, VectorMemory] = {}
        self._stored = 0

    def before(self, event: ActionProposed) -> tuple[ShownAdvice, ...]:
        memory = self._memories.get(event.action.tool)
        nearest = memory.nearest(event.action.arguments) if memory else None
        if nearest is None or nearest.cosine < NEAR:
            return ()
        return self._named.advice(self.name, nearest.label)

    def observe(self, event: Event) -> None:
        if isinstance(event, ActionProposed):
            memory = self._memories.setdefault(event.action.tool, VectorMemory())
            memory.see(event.action.arguments)
        end = self._calls.end(event)
        if end is not None and end.failure_class is not None:
            self._memories[end.action.tool].add(end.action.arguments, end.signature)
            self._named.learn(end)
            self._stored += 1

    def lessons(self) -> int:
        return self._stored


class _Record:
    """How the calls of one pattern ended."""

    def __init__(self) -> None:
        self.ended = 0
        self.failures: Counter[str] = Counter()
        self.sessions: set[SessionId] = set()

    def risky(self) -> bool:
        failed = self.failures.total()
        return (
            failed >= LEAST_FAILURES
            and len(self.sessions) >= LEAST_SESSIONS
            and failed >= LEAST_RATE * self.ended
        )


class Pattern:
    """Warns of patterns that fail often, in more than one session."""

    name = "pattern"

    def __init__(self, learnt: Collection[OutcomeStatus] = LEARNT) -> None:
        self._calls = Calls(learnt)
        self._named = Named()
        self._records: dict[str, _Record] = {}

    def before(self, event: ActionProposed) -> tuple[ShownAdvice, ...]:
        record = self._records.get(pattern_of(event.action))
        if record is None or not record.risky():
            return ()
        return self._named.advice(self.name, _most_frequent(record.failures))

    def observe(self, event: Event) -> None:
        end = self._calls.end(event)
        if end is None:
            return
        record = self._records.setdefault(pattern_of(end.action), _Record())
        record.ended += 1
        if end.failure_class is not None:
            record.failures[end.signature] += 1
            record.sessions.add(end.session)
            self._named.learn(end)

    def lessons(self) -> int:
        return sum(record.risky() for record in self._records.values())


class Preflight4:
    """Four rules over what the session itself has shown; the first that applies speaks.

    1. unchanged text: an edit whose new text is its old text;
    2. edit without read: Claude Code's Edit of a file this reader has not read or written;
    3. broken tool: the tool's last failure was its own, not the call's;
    4. the same call again: it failed, and nothing was written since.
    """

    name = "preflight4"

    def __init__(self) -> None:
        self._sessions: dict[SessionId, Facts] = {}

    def before(self, event: ActionProposed) -> tuple[ShownAdvice, ...]:
        known = self._sessions.setdefault(event.session, Facts())
        action = event.action
        edits = event.agent == "claude-code" and action.old_text is not None
        if edits and action.old_text == action.new_text:
            return _rule("unchanged_text", signature(action.tool, UNCHANGED))
        if edits and action.path and known.reader(action, action.path) not in known.touched:
            return _rule("edit_without_read", signature(action.tool, UNREAD))
        if action.tool in known.broken:
            return _rule("broken_tool", known.broken[action.tool])
        return self._again(known, action)

    def observe(self, event: Event) -> None:
        facts.observe(self._sessions.setdefault(event.session, Facts()), event)

    def lessons(self) -> int:
        return 0

    def _again(self, known: Facts, action: Action) -> tuple[ShownAdvice, ...]:
        failed = known.failed.get(fingerprint(action))
        if failed is None or failed.writes != known.writes:
            return ()
        if failed.signature == signature(action.tool, UNREAD):
            # The second rule would have spoken if the file were still unread.
            return ()
        return _rule("same_call_again", failed.signature, failed.failure_class)


def _rule(
    name: str, named: str, failure_class: FailureClass = "mistake"
) -> tuple[ShownAdvice, ...]:
    text = f"{name.replace('_', ' ')}: {named.partition('|')[2]}"
    return (ShownAdvice(f"preflight4:{name}", name, "warning", named, text, failure_class),)


def _most_frequent(failures: Counter[str]) -> str:
    return max(failures, key=failures.__getitem__)
