"""A plain vector memory: hashed TF-IDF over words and word pairs, cosine, one nearest text.

Pure Python with an inverted index. What makes it cheap and what it costs:
- words and pairs are hashed into 2^18 buckets (CRC-32); two may fall together;
- a stored text keeps the weights that its words had when it came; the query is weighted by what
  is known now;
- only the first 2,000 characters of a text are looked at.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from math import log, sqrt
from typing import NamedTuple
from zlib import crc32

_BUCKETS = 2**18
_LONGEST = 2_000
_WORD = re.compile(r"\w+")


class Nearest(NamedTuple):
    """The stored text that is most like the query, and how like: cosine in [0, 1]."""

    label: str
    cosine: float


class VectorMemory:
    """Texts with labels. `see` counts words of every text, `add` stores one, `nearest` asks."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self._postings: dict[int, list[tuple[int, float]]] = {}
        self._texts_with: dict[int, int] = {}
        self._texts = 0

    def see(self, text: str) -> None:
        """Count the words of a text, stored or not, towards how rare each is."""
        self._texts += 1
        for bucket in _counts(text):
            self._texts_with[bucket] = self._texts_with.get(bucket, 0) + 1

    def add(self, text: str, label: str) -> None:
        """Store a text under a label."""
        number = len(self.labels)
        self.labels.append(label)
        for bucket, weight in self._weights(text).items():
            self._postings.setdefault(bucket, []).append((number, weight))

    def nearest(self, text: str) -> Nearest | None:
        """The most similar stored text, the latest of equals; None if it shares no word."""
        likeness: dict[int, float] = {}
        for bucket, weight in self._weights(text).items():
            for number, stored in self._postings.get(bucket, ()):
                likeness[number] = likeness.get(number, 0.0) + weight * stored
        if not likeness:
            return None
        best = max(likeness, key=lambda number: (likeness[number], number))
        return Nearest(self.labels[best], min(likeness[best], 1.0))

    def _weights(self, text: str) -> dict[int, float]:
        """Unit vector of count * (ln((1 + texts) / (1 + texts with it)) + 1), as scikit-learn."""
        weights = {
            bucket: count * (log((1 + self._texts) / (1 + self._texts_with.get(bucket, 0))) + 1)
            for bucket, count in _counts(text).items()
        }
        norm = sqrt(sum(weight * weight for weight in weights.values()))
        return {bucket: weight / norm for bucket, weight in weights.items()} if norm else {}


@lru_cache(maxsize=16)
def _counts(text: str) -> Mapping[int, int]:
    words = _WORD.findall(text[:_LONGEST].lower())
    counts: dict[int, int] = {}
    for token in (*words, *(f"{one} {two}" for one, two in zip(words, words[1:], strict=False))):
        bucket = crc32(token.encode("utf-8", "surrogatepass")) % _BUCKETS
        counts[bucket] = counts.get(bucket, 0) + 1
    return counts
