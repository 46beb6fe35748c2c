"""The checks of `counsel doctor`: each looks at one thing and says what to do about it.

`unknown` is an answer of its own: what could not be looked at is neither well nor ill.
"""

import os
import shutil
import socket
import sqlite3
import stat
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import Literal

from msgspec import Struct

from counsel.agents.install import INSTALLABLE
from counsel.cli.service import exchange
from counsel.cli.wiring import wiring
from counsel.config import Settings
from counsel.server.instance import ServiceState, lock_holder, read_state

Verdict = Literal["ok", "warn", "fail", "unknown"]

LITTLE_DISK = 1_000_000_000
NO_DISK = 100_000_000
_TIMEOUT = 5.0


class Check(Struct, frozen=True, kw_only=True):
    """What was looked at, what was found, what to do (empty where there is nothing to do)."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""


def python(_settings: Settings) -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if not sys.executable:
        return Check(
            name="python",
            verdict="fail",
            found=f"{version} does not know its own path",
            advice="Start Counsel by the full path of its interpreter; hooks need it.",
        )
    return Check(name="python", verdict="ok", found=f"{version} at {sys.executable}")


def home(settings: Settings) -> Check:
    root = settings.home.root
    try:
        found = root.stat()
    except FileNotFoundError:
        return Check(
            name="home",
            verdict="unknown",
            found=f"{root} does not exist yet",
            advice="The first start of the service makes it.",
        )
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.getuid():
        return Check(
            name="home",
            verdict="fail",
            found=f"{root} belongs to user {found.st_uid}",
            advice="Set COUNSEL_HOME to a folder of your own.",
        )
    if mode & 0o077:
        return Check(
            name="home",
            verdict="fail",
            found=f"{root} is open to others (mode {mode:o})",
            advice=f"Run `chmod 700 {root}`.",
        )
    return Check(name="home", verdict="ok", found=str(root))


def token(settings: Settings) -> Check:
    path = settings.home.token
    try:
        mode, size = stat.S_IMODE(path.stat().st_mode), path.stat().st_size
    except FileNotFoundError:
        return Check(
            name="token",
            verdict="unknown",
            found="there is none yet",
            advice="The first start of the service makes it.",
        )
    if mode & 0o077:
        return Check(
            name="token",
            verdict="fail",
            found=f"{path} is open to others (mode {mode:o})",
            advice=f"Run `rm {path}` and restart the service: it makes a new one.",
        )
    if not size:
        return Check(
            name="token",
            verdict="fail",
            found=f"{path} is empty",
            advice="Restart the service: it makes a new one.",
        )
    return Check(name="token", verdict="ok", found=str(path))


def database(settings: Settings) -> Check:
    path = settings.home.database
    if not path.exists():
        return Check(
            name="database",
            verdict="unknown",
            found="there is none yet",
            advice="The first start of the service makes it.",
        )
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
            said = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.Error as error:
        said = [str(error)]
    if said != ["ok"]:
        return Check(
            name="database",
            verdict="fail",
            found="; ".join(said),
            advice=f"Stop the service and move {path} away, or restore it from a backup.",
        )
    return Check(name="database", verdict="ok", found=f"{path.stat().st_size:,} bytes")


def service(settings: Settings) -> Check:
    holder = lock_holder(settings.home)
    try:
        status = _ask(settings, None, "/ready")
    except (OSError, ValueError) as error:
        if holder is None:
            return Check(
                name="service",
                verdict="warn",
                found="not running",
                advice="A hook starts it when it is needed; `counsel serve` does it now.",
            )
        return Check(
            name="service",
            verdict="fail",
            found=f"pid {holder} holds the home but does not answer: {error}",
            advice=f"See {settings.home.log}; then `counsel stop`.",
        )
    if status != 200:
        return Check(
            name="service",
            verdict="fail",
            found=f"not ready: status {status}",
            advice=f"See {settings.home.log}.",
        )
    return Check(name="service", verdict="ok", found=f"pid {holder} at {settings.home.socket}")


def http(settings: Settings) -> Check:
    state = read_state(settings.home) if lock_holder(settings.home) is not None else None
    if state is None:
        return Check(name="http", verdict="unknown", found="the service is not running")
    if not state.port:
        return Check(
            name="http",
            verdict="fail",
            found=state.trouble,
            advice="Free the port, or choose another with `port` in config.toml; then restart.",
        )
    try:
        status = _ask(settings, state, "/ready")
    except (OSError, ValueError) as error:
        return Check(
            name="http",
            verdict="fail",
            found=f"port {state.port} does not answer: {error}",
            advice=f"See {settings.home.log}.",
        )
    if status != 200:
        return Check(
            name="http",
            verdict="fail",
            found=f"port {state.port} answers {status} to the token",
            advice="Restart the service.",
        )
    return Check(name="http", verdict="ok", found=f"port {state.port} takes the token")


def disk(settings: Settings) -> Check:
    root = settings.home.root
    place = root if root.exists() else next(up for up in root.parents if up.exists())
    free = shutil.disk_usage(place).free
    verdict: Verdict = "fail" if free < NO_DISK else "warn" if free < LITTLE_DISK else "ok"
    return Check(
        name="disk",
        verdict=verdict,
        found=f"{free / 1e9:.1f} GB free",
        advice="" if verdict == "ok" else f"Make room on the disk of {place}.",
    )


def clock(settings: Settings) -> Check:
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    written = [path.stat().st_mtime for path in (settings.home.database,) if path.exists()]
    if now < 1_735_689_600 or any(at > now + 300 for at in written):
        return Check(
            name="clock",
            verdict="warn",
            found=f"{shown} is before what was recorded",
            advice="Set the machine's clock.",
        )
    return Check(name="clock", verdict="ok", found=shown)


def _here(host: str) -> str:
    """A listener on every address is reached on loopback."""
    return "127.0.0.1" if host in ("0.0.0.0", "localhost") else host


def _ask(settings: Settings, state: ServiceState | None, path: str) -> int:
    """The status over HTTP if `state` is given, else over the Unix socket."""
    address: str | tuple[str, int]
    if state is None:
        family, address, bearer = socket.AF_UNIX, str(settings.home.socket), ""
    else:
        family, address = socket.AF_INET, (_here(settings.host), state.port)
        bearer = settings.home.token.read_text(encoding="ascii").strip()
    with socket.socket(family) as link:
        link.settimeout(_TIMEOUT)
        link.connect(address)
        return exchange(link, "GET", path, token=bearer)[0]


def agents(settings: Settings) -> Check:
    states = {agent: wiring(agent, settings, os.environ) for agent in INSTALLABLE}
    found = ", ".join(f"{agent} {state.replace('_', ' ')}" for agent, state in states.items())
    stale = [agent for agent, state in states.items() if state in ("outdated", "unreadable")]
    if stale:
        return Check(
            name="agents", verdict="warn", found=found, advice=f"Run `counsel init {stale[0]}`."
        )
    if "wired" not in states.values():
        return Check(name="agents", verdict="warn", found=found, advice="Run `counsel init AGENT`.")
    return Check(name="agents", verdict="ok", found=found)


CHECKS: tuple[Callable[[Settings], Check], ...] = (
    python, home, disk, clock, database, token, service, http, agents,
)  # fmt: skip
