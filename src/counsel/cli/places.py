"""Paths and times as people write and read them."""

import os
import time
from urllib.parse import quote, urlencode

from counsel.memory.wording import ago


def project_of(given: str) -> str:
    """`.`, or any folder that exists, stands for its project; anything else is a project's key."""
    if not given or not os.path.isdir(given):
        return given
    from counsel.bootstrap import Projects, SystemClock

    return Projects(SystemClock()).of(os.path.abspath(given))


def url(path: str, *parts: str, **query: object) -> str:
    """`path` with its open parts filled in, and the query fields that are not empty."""
    place = path.format(*(quote(part, safe="") for part in parts))
    fields = {name: value for name, value in query.items() if value not in ("", None)}
    return f"{place}?{urlencode(fields)}" if fields else place


def since(at_ms: int) -> str:
    """ "3 hours ago"."""
    return ago(time.time_ns() // 1_000_000 - at_ms)
