"""Reads and writes an agent's settings file: atomically, with one backup of the original.

Rules:
- a symbolic link stays one: the file it points to is written;
- the mode is kept; a new file is readable by its owner only;
- the backup `<name>.counsel-backup` is made once, before the first change, and never replaced:
  it is the file as it was before Counsel;
- a file that Counsel itself made is removed again when nothing but ours was in it.
"""

import os
import tempfile
from pathlib import Path

from counsel.agents.install import Plan
from counsel.model.errors import BadInput, StoreFault

BACKUP_SUFFIX = ".counsel-backup"
_NEW_MODE = 0o600


def read_settings(path: Path) -> str | None:
    """The text of the file, None if there is none. Raises `BadInput` if it is not readable."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"cannot read the settings file {str(path)!r}: {error}.",
            advice="Check its permissions and that it is UTF-8; it was left as it is.",
        ) from error


def write_settings(path: Path, plan: Plan) -> bool:
    """Make the file what `plan` says; False when there was nothing to change.

    Raises `StoreFault` when the disk refuses; the file is then as it was.
    """
    if not plan.changes:
        return False
    real = path.resolve()
    try:
        if _only_ours_was_here(real, plan):
            real.unlink()
            return True
        real.parent.mkdir(parents=True, exist_ok=True)
        _keep_backup(real)
        _replace(real, plan.text.encode())
    except OSError as error:
        raise StoreFault(
            f"cannot write {str(real)!r}: {error.strerror or error}.",
            advice="Check the permissions of the folder; the file was left as it was.",
        ) from error
    return True


def backup_of(path: Path) -> Path:
    """Where the original of a settings file is kept."""
    real = path.resolve()
    return real.with_name(real.name + BACKUP_SUFFIX)


def _only_ours_was_here(real: Path, plan: Plan) -> bool:
    return plan.text.strip() == "{}" and real.exists() and not backup_of(real).exists()


def _keep_backup(real: Path) -> None:
    if not real.exists() or backup_of(real).exists():
        return
    # Written aside first: a backup is whole or not there.
    _written_aside(real, real.read_bytes()).rename(backup_of(real))


def _replace(real: Path, content: bytes) -> None:
    aside = _written_aside(real, content)
    try:
        aside.replace(real)
    except OSError:
        aside.unlink()
        raise


def _written_aside(real: Path, content: bytes) -> Path:
    mode = real.stat().st_mode & 0o7777 if real.exists() else _NEW_MODE
    handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)
