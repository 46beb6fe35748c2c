"""What `/api/status` answers: apart, so that a client can read it without loading the server."""

from msgspec import Struct

from counsel.server.recorder import Tally


class Status(Struct, frozen=True, kw_only=True):
    """`trouble` names what is degraded, empty if nothing is."""

    version: str
    pid: int
    home: str
    socket: str
    port: int
    uptime_ms: int
    events: int
    """Sequence number of the last event in the log."""
    learnt_upto: int = 0
    """The last event that was learnt from."""
    agents: tuple[str, ...]
    workers: tuple[str, ...]
    trouble: str
    tallies: tuple[Tally, ...]
