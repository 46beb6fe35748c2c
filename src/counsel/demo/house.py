"""The temporary world of a demo: its folders, its environment, and the service that hooks start.

Nothing here touches the user's own home: `HOME`, `COUNSEL_HOME` and git's settings lie in one
temporary folder, and what was started is stopped by its pid.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeVar

import msgspec
from msgspec import Struct

from counsel.config import Home
from counsel.demo.story import Day
from counsel.memory.lesson import Lesson
from counsel.model.errors import CounselError
from counsel.server.instance import lock_holder
from counsel.server.status import Status
from counsel.storage.sqlite.readers import Readers

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds after which something that should have come true never will."""
_FOREIGN = ("COUNSEL_", "CLAUDE", "GIT_", "PYTHON")
_GONE = 5.0


class DemoFailed(CounselError):
    """The demo could not be played to its end."""

    code = "demo_failed"


class House(Struct, frozen=True):
    """Where everything of one demo lies."""

    root: Path

    @property
    def home(self) -> Home:
        return Home(self.root / "counsel")

    @property
    def repository(self) -> Path:
        return self.root / "shop"

    @property
    def scratch(self) -> Path:
        return self.root / "copy"

    def environ(self, outer: Mapping[str, str]) -> dict[str, str]:
        """What the agent and all that it starts see."""
        kept = {name: text for name, text in outer.items() if not name.startswith(_FOREIGN)}
        return {
            **kept,
            "HOME": str(self.root / "user"),
            "PATH": f"{self.root / 'bin'}:{outer.get('PATH', os.defpath)}",
            "LC_ALL": "C",
            "COUNSEL_HOME": str(self.home.root),
            "COUNSEL_PORT": "0",
            # Every run shall tell the same story: no note of it is kept back for measurement.
            "COUNSEL_HOLDOUT": "false",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PYTHONDONTWRITEBYTECODE": "1",
        }


@contextlib.contextmanager
def temporary_house(*, keep: bool) -> Iterator[House]:
    """A house that is gone afterwards, however it ends; with `keep` only its service is."""
    house = House(Path(mkdtemp(prefix="counsel-demo-")).resolve())
    try:
        for name in ("user", "bin", "shop"):
            (house.root / name).mkdir()
        (house.root / "bin" / "python3").symlink_to(sys.executable)
        yield house
    finally:
        _stop_service(house.home)
        if not keep:
            shutil.rmtree(house.root, ignore_errors=True)


def prepare(house: House, environ: Mapping[str, str], day: Day) -> str:
    """The repository as on the first day, and Counsel wired into it; what `counsel init` said."""
    run(["git", "init", "-q"], house, environ)
    run(["git", "config", "user.name", "Ada"], house, environ)
    run(["git", "config", "user.email", "ada@shop.example"], house, environ)
    bring(house, environ, day)
    wire = ["init", "claude-code", "--scope", "project", "--json"]
    return run([sys.executable, "-P", "-m", "counsel", *wire], house, environ)


def bring(house: House, environ: Mapping[str, str], day: Day) -> None:
    """A colleague's commit with the files of the day."""
    for name, text in day.files.items():
        path = house.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run(["git", "add", "-A"], house, environ)
    run(["git", "commit", "-q", "-m", "Add " + ", ".join(sorted(day.files))], house, environ)


def run(command: list[str], house: House, environ: Mapping[str, str]) -> str:
    """A command of the stage hands, in the repository. Raises `DemoFailed`."""
    try:
        done = subprocess.run(
            command,
            cwd=house.repository,
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except OSError as error:
        raise DemoFailed(
            f"cannot run {command[0]!r}: {error.strerror}.", advice="The demo needs git and bash."
        ) from error
    if done.returncode:
        raise DemoFailed(f"{command[:3]} failed: {done.stderr.strip()[:300]}")
    return done.stdout


def status(home: Home) -> Status | None:
    """What the service says of itself over its socket; None while it does not answer."""
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(PATIENCE)
            link.connect(str(home.socket))
            link.sendall(
                b"GET /api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            received = b"".join(iter(lambda: link.recv(1 << 16), b""))
    except OSError:
        return None
    head, _, body = received.partition(b"\r\n\r\n")
    return msgspec.json.decode(body, type=Status) if b" 200 " in head[:20] else None


def until_it_answers(home: Home) -> Status:
    """Wait for the service that a hook started. Raises `DemoFailed`."""
    return _until(lambda: status(home), "the service answers", home)


def until_learnt(home: Home) -> list[Lesson]:
    """Wait until the service has learnt from all that it has heard; the lessons it has."""
    heard = until_it_answers(home).events
    readers = Readers(home.database)
    try:
        _until(lambda: readers.number("learnt_upto") >= heard or None, "it has learnt", home)
        rows = readers.rows("all_lessons")
        return [msgspec.json.decode(body, type=Lesson) for _, body in rows]
    finally:
        readers.close()


def _until(look: Callable[[], T | None], what: str, home: Home) -> T:
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise DemoFailed(f"never happened: {what}.", advice=_last_words(home))
        time.sleep(0.02)
    return found


def _last_words(home: Home) -> str:
    """The end of the service's log: its folder is gone when this is read."""
    with contextlib.suppress(OSError):
        lines = home.log.read_text(errors="replace").splitlines()
        return "The service's log ends with: " + " / ".join(lines[-2:])
    return "The service left no log."


def _stop_service(home: Home) -> None:
    """SIGTERM to the holder of the home's lock, SIGKILL if that does not help."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        pid = lock_holder(home)
        deadline = time.monotonic() + _GONE
        while pid == 0 and time.monotonic() < deadline:  # it is just starting
            time.sleep(0.02)
            pid = lock_holder(home)
        if not pid:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        while lock_holder(home) == pid and time.monotonic() < deadline:
            time.sleep(0.02)
