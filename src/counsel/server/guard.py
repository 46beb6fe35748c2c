"""Who may come in over TCP. The Unix socket is guarded by its mode and passes all of this.

- Host must name this machine (or a declared public name), so that a page on a foreign name that
  was rebound to 127.0.0.1 reaches nothing;
- Origin, if there is one, must do so too, so that a page in a browser can write nothing;
- a bearer token, save where the route is open.
"""

from collections.abc import Sequence

from counsel.config import LOOPBACK_HOSTS, Settings
from counsel.model.errors import Refused
from counsel.server.tokens import TokenRing

Headers = Sequence[tuple[bytes, bytes]]


class Guard:
    def __init__(self, settings: Settings, tokens: TokenRing) -> None:
        names = LOOPBACK_HOSTS | {name.lower() for name in settings.public_hosts}
        self._names = frozenset(name.encode() for name in names)
        self._tokens = tokens

    def check(self, headers: Headers, *, needs_token: bool) -> None:
        """Raises `Refused` with 400, 401 or 403."""
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1:
            raise Refused("exactly one Host header is needed.", status=400, advice="Send it.")
        if self._foreign(hosts[0]):
            raise Refused(
                f"Host {_shown(hosts[0])} is not this machine.",
                advice="Use http://127.0.0.1, or name the host in public_hosts.",
            )
        for name, value in headers:
            if name == b"origin" and self._foreign(value.rpartition(b"://")[2]):
                raise Refused(
                    f"Origin {_shown(value)} may not call this service.",
                    advice="Call it from a page of its own, or name the host in public_hosts.",
                )
        if needs_token and not self._has_token(headers):
            raise Refused(
                "a valid bearer token is needed.",
                status=401,
                advice="Send 'Authorization: Bearer <token>'; it is in the file `token` of the "
                "Counsel home.",
            )

    def _foreign(self, authority: bytes) -> bool:
        return _host_of(authority) not in self._names

    def _has_token(self, headers: Headers) -> bool:
        given = [value for name, value in headers if name == b"authorization"]
        return len(given) == 1 and self._tokens.accepts(given[0])


def _host_of(authority: bytes) -> bytes:
    """`localhost:80` -> `localhost`, `[::1]:80` -> `::1`; anything odd -> empty."""
    authority = authority.strip().lower()
    if authority.startswith(b"["):
        host, bracket, port = authority[1:].partition(b"]")
        if not bracket or (port and not port.startswith(b":")):
            return b""
        port = port[1:]
    else:
        host, _, port = authority.partition(b":")
    return host if not port or port.isdigit() else b""


def _shown(value: bytes) -> str:
    return repr(value[:100].decode("latin-1"))
