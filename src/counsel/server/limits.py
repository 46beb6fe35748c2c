"""How fast one source may send: a token bucket per source, a bounded number of buckets."""

from collections import OrderedDict

from counsel.model.clock import Clock

SOURCES_AT_MOST = 1024
"""Beyond that the bucket used longest ago is forgotten, which gives its source a full one."""


class RateLimit:
    """`burst` requests at once, `per_second` for ever."""

    def __init__(self, clock: Clock, *, per_second: float, burst: int) -> None:
        self._clock = clock
        self._per_ns = per_second / 1e9
        self._burst = float(burst)
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def admits(self, source: str) -> bool:
        """Take one from the bucket of `source`, if there is one."""
        now = self._clock.monotonic_ns()
        left, before = self._buckets.pop(source, (self._burst, now))
        left = min(self._burst, left + (now - before) * self._per_ns)
        admitted = left >= 1.0
        self._buckets[source] = (left - 1.0 if admitted else left, now)
        if len(self._buckets) > SOURCES_AT_MOST:
            self._buckets.popitem(last=False)
        return admitted
