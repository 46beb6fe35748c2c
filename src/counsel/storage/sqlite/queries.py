"""Named queries: `sql/*.sql`, where `-- name: append_event` opens a query.

The names are the same for every SQL engine, the texts its own. A name stands once in all files.
"""

import re
from collections.abc import Mapping
from pathlib import Path

_OPENING = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def parse_queries(text: str) -> list[tuple[str, str]]:
    """(name, query) in order; what stands before the first name is a comment on the file."""
    _, *parts = _OPENING.split(text)
    return [(name, query.strip()) for name, query in zip(parts[::2], parts[1::2], strict=True)]


def load_queries(folder: Path) -> Mapping[str, str]:
    """All queries of a folder; raises `ValueError` where a name is given twice."""
    queries: dict[str, str] = {}
    for file in sorted(folder.glob("*.sql")):
        for name, query in parse_queries(file.read_text("utf-8")):
            if name in queries:
                raise ValueError(f"query {name!r} of {file.name!r} exists already: rename one.")
            queries[name] = query
    return queries


QUERIES = load_queries(Path(__file__).with_name("sql"))
