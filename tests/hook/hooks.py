"""Hook processes, started as an agent would start them."""

import subprocess
import sys
from pathlib import Path

import counsel.hook
from counsel.config import Home
from tests.server.processes import environ_for

CLIENT = Path(counsel.hook.__file__).with_name("client.py")
PATIENCE = 20.0


def start_hook(home: Home, agent: str = "claude-code", **environ: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(CLIENT), agent],
        env={**environ_for(home), **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run_hook(
    home: Home, payload: bytes, agent: str = "claude-code", **environ: str
) -> tuple[int, bytes]:
    """Exit code and what it printed."""
    process = start_hook(home, agent, **environ)
    printed, _ = process.communicate(payload, timeout=PATIENCE)
    return process.returncode, printed
