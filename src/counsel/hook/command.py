"""The command an agent is given: the real interpreter on the client's file, nothing between."""

import shlex
import sys
from pathlib import Path


def hook_command(agent: str) -> list[str]:
    """The argument vector: no site-packages (`-S`), no influence from outside (`-I`)."""
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("client.py")), agent]


def hook_command_line(agent: str) -> str:
    """The same, quoted for a shell."""
    return shlex.join(hook_command(agent))
