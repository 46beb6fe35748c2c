"""Memory banks: notes that people keep, global or for one project, one line each.

    # lines that begin with # are comments
    Deployments go through the bastion host :: deploy staging bastion
    The fixtures in tests/golden are generated, run `make golden`

What stands after ` :: ` are the words a note is found by; without them its own words are.

Rules:
- a note is offered when enough of its words are in the prompt or in the call: two at least, or
  all of them;
- rare words count for more than frequent ones, and relevance is the share that was met;
- a word that stands in very many notes finds none of them.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha1
from math import log

from msgspec import Struct

from counsel.advice.rank import SOURCE_TIER
from counsel.advice.sources import Query, words_in, words_of
from counsel.model.advice import Candidate, SourceName
from counsel.model.ids import ProjectKey

GLOBAL = ProjectKey("")
"""The project of notes that hold everywhere."""

_MOST_NOTES = 200
"""Notes under one word beyond which it tells nothing, and would make a lookup slow."""
_LEAST_RELEVANCE = 0.34
"""A third of a note's words: below it, meeting was chance."""
_OFFERED = 8
_TRUST = 0.5
"""A person wrote it down; whether it helps nobody has measured."""

_STOP = frozenset(
    """the and for are was were with this that from into when then than you your our not but all
    any can has have had will its it is in on of to as at by or be an do go if no so we use used
    using should must always never please run make file files""".split()
)


class Note(Struct, frozen=True, kw_only=True):
    """One note; `project` is empty for a global one."""

    id: str
    text: str
    words: frozenset[str]
    project: ProjectKey = GLOBAL


def load_notes(text: str, project: ProjectKey = GLOBAL) -> tuple[Note, ...]:
    """The notes in a text, one per line; a line that says nothing findable is left out."""
    notes = {}
    for line in text.splitlines():
        said, _, given = line.strip().partition(" :: ")
        words = words_in(given or said) - _STOP
        if said and not said.startswith("#") and words:
            digest = sha1(f"{project}\0{said}".encode("utf-8", "surrogatepass"))
            note = Note(id=digest.hexdigest()[:12], text=said.strip(), words=words, project=project)
            notes[note.id] = note
    return tuple(notes.values())


class Banks:
    """The source over all notes; a project's notes are only offered in that project."""

    name: SourceName = "bank"
    quality = SOURCE_TIER["bank"]

    def __init__(self, notes: Iterable[Note]) -> None:
        self._notes: dict[str, Note] = {note.id: note for note in notes}
        found: dict[tuple[str, str], list[str]] = {}
        for note in self._notes.values():
            for word in note.words:
                found.setdefault((note.project, word), []).append(note.id)
        self._by_word = {key: ids for key, ids in found.items() if len(ids) <= _MOST_NOTES}
        self._weights = {key: 1.0 / (1.0 + log(len(ids))) for key, ids in found.items()}

    def candidates(self, query: Query) -> list[Candidate]:
        met: dict[str, int] = {}
        words = words_of(query)
        for project in {GLOBAL, query.project}:
            for word in words:
                for note in self._by_word.get((project, word), ()):
                    met[note] = met.get(note, 0) + 1
        relevant = self._relevant(met, words)
        best = sorted(relevant.items(), key=lambda pair: (-pair[1], pair[0]))[:_OFFERED]
        return [self._candidate(self._notes[note], relevance) for note, relevance in best]

    def _relevant(self, met: Mapping[str, int], words: frozenset[str]) -> dict[str, float]:
        relevant = {}
        for name, count in met.items():
            note = self._notes[name]
            if count < 2 and count < len(note.words):
                continue
            weights = {word: self._weights[note.project, word] for word in note.words}
            share = sum(weights[word] for word in note.words & words) / sum(weights.values())
            if share >= _LEAST_RELEVANCE:
                relevant[name] = share
        return relevant

    def _candidate(self, note: Note, relevance: float) -> Candidate:
        return Candidate(
            id=f"{self.name}:{note.id}",
            source=self.name,
            text=note.text,
            relevance=relevance,
            trust=_TRUST,
            evidence="note of this project" if note.project else "note",
        )
