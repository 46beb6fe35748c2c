"""The table of routes, and how a path finds its own.

To add one: a handler in a module of this package, and a line in `TABLE`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from counsel.model.errors import NotFound
from counsel.server.exchange import NotAllowed
from counsel.server.routes import advice, agents, figures, health, memory
from counsel.server.serving import Route

__all__ = ["TABLE", "Found", "Routes"]

TABLE: tuple[Route, ...] = (
    Route("GET", "/health", "health", health.health, open=True),
    Route("GET", "/ready", "ready", health.ready),
    Route("GET", "/metrics", "metrics", figures.metrics),
    Route("GET", "/api/status", "status", figures.status),
    Route("POST", "/v1/agents/{agent}", "agents", agents.hear),
    Route("POST", "/v1/advise", "advise", advice.advise),
    Route("POST", "/v1/outcomes", "outcomes", advice.observe),
    Route("POST", "/v1/feedback", "feedback", advice.mark),
    Route("GET", "/v1/advice", "past_advice", advice.past),
    Route("GET", "/v1/advice/worth", "advice_worth", advice.effect),
    Route("GET", "/v1/memory/lessons", "lessons", memory.lessons),
    Route("POST", "/v1/memory/lessons", "add_lesson", memory.add),
    Route("GET", "/v1/memory/lessons/{id}", "lesson", memory.lesson),
    Route("DELETE", "/v1/memory/lessons/{id}", "forget_lesson", memory.forget_one),
    Route("POST", "/v1/memory/forget", "forget", memory.forget),
    Route("GET", "/v1/memory/export", "export", memory.export),
    Route("POST", "/v1/memory/import", "import", memory.restore),
    Route("GET", "/v1/memory/quarantine", "quarantine", memory.quarantine),
    Route("POST", "/v1/memory/quarantine/{id}/restore", "release", memory.release),
    Route("GET", "/v1/opportunities", "opportunities", memory.opportunities),
    Route("POST", "/v1/opportunities/{id}/accept", "accept", memory.accept),
    Route("POST", "/v1/opportunities/{id}/dismiss", "dismiss", memory.dismiss),
)


class Found(Struct, frozen=True):
    """What a path led to: a route, or only the methods that it would take."""

    route: Route | None = None
    given: Mapping[str, str] = {}
    methods: tuple[str, ...] = ()

    def one(self, method: str, path: str) -> Route:
        """The route; raises `NotAllowed` or `NotFound`."""
        if self.route is not None:
            return self.route
        if self.methods:
            raise NotAllowed(method, path, self.methods)
        raise NotFound(f"there is nothing at {path[:200]!r}.", advice="GET /api/status works.")


class Routes:
    """Exact paths by a dictionary, those with open parts by a walk over the few there are."""

    def __init__(self, table: Sequence[Route]) -> None:
        self._exact: dict[str, dict[str, Route]] = defaultdict(dict)
        self._open: dict[tuple[str, ...], dict[str, Route]] = defaultdict(dict)
        for route in table:
            if "{" in route.path:
                self._open[tuple(route.path.split("/"))][route.method] = route
            else:
                self._exact[route.path][route.method] = route

    def find(self, method: str, path: str) -> Found:
        """HEAD is taken for GET."""
        wanted = "GET" if method == "HEAD" else method
        by_method = self._exact.get(path)
        if by_method is not None:
            return Found(by_method.get(wanted), {}, tuple(by_method))
        parts = path.split("/")
        for pattern, by_method in self._open.items():
            given = _given(pattern, parts)
            if given is not None:
                return Found(by_method.get(wanted), given, tuple(by_method))
        return Found()


def _given(pattern: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    given = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{") and part:
            given[wanted[1:-1]] = part
        elif wanted != part:
            return None
    return given
