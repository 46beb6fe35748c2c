"""What may be said before a call: each source looks at the same `Query` and offers candidates.

A source reads what is in the process already: no disk, no network, no waiting.
"""

import re
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from counsel.advice.intent import Intent
from counsel.model.actions import Action
from counsel.model.advice import Candidate, SourceName
from counsel.model.commands import Command
from counsel.model.ids import ProjectKey, SessionId

__all__ = ["Query", "Source", "words_in", "words_of"]

_WORD = re.compile(r"[^\W_]{2,40}")
_READ = 4_000
"""Characters of a text that are read for words."""


class Query(Struct, frozen=True, kw_only=True):
    """The call at hand with everything that a source may look at."""

    action: Action
    commands: tuple[Command, ...]
    agent: str
    session: SessionId
    project: ProjectKey
    cwd: str
    prompt: str
    intent: Intent
    phase: str
    now_ms: int
    platform: str = ""
    """`linux`, `darwin` ...: where the call will run; empty when nobody knows."""


class Source(Protocol):
    """Where candidates come from."""

    @property
    def name(self) -> SourceName: ...

    @property
    def quality(self) -> float:
        """The source's tier, in [0, 1]."""
        ...

    def candidates(self, query: Query) -> list[Candidate]:
        """What this source would say, in no particular order."""
        ...


def words_of(query: Query) -> frozenset[str]:
    """The words of the prompt and of the call: command, pattern, path and target."""
    action = query.action
    called = (action.command, action.pattern, action.path, action.target)
    return words_in(query.prompt) | words_in(" ".join(text for text in called if text))


@lru_cache(maxsize=256)
def words_in(text: str) -> frozenset[str]:
    """Lower-case words of two letters or digits and more, of the first 4,000 characters."""
    return frozenset(_WORD.findall(text[:_READ].lower()))
