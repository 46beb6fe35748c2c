"""The service's log: stdlib logging, every record with a stable `action`.

`logger.info("text", extra={"action": "service_started"})`; a record without one gets the name of
its logger. The file is rotated by size; when somebody watches on a terminal, it goes there too.
"""

import logging
import sys
import time
from logging.handlers import RotatingFileHandler

import msgspec

from counsel.config import Settings

_OLD_FILES = 3


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s.%(msecs)03dZ %(levelname)s action=%(action)s %(message)s%(suffix)s",
            datefmt="%Y-%m-%dT%H:%M:%S",
        )
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        record.action = _action(record)
        trace = getattr(record, "trace", "")
        record.suffix = f" trace={trace}" if trace else ""
        return super().format(record)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at_ms": int(record.created * 1000),
            "level": record.levelname.lower(),
            "action": _action(record),
            "message": record.getMessage(),
        }
        if trace := getattr(record, "trace", ""):
            row["trace"] = str(trace)
        if record.exc_info:
            row["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(row).decode()


def _action(record: logging.LogRecord) -> str:
    return str(getattr(record, "action", record.name))


def start_logging(settings: Settings) -> None:
    """Direct all logging of this process to the home's log."""
    handlers: list[logging.Handler] = [
        RotatingFileHandler(
            settings.home.log,
            maxBytes=settings.log_limit,
            backupCount=_OLD_FILES,
            encoding="utf-8",
            errors="backslashreplace",
        )
    ]
    if sys.stderr is not None and sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    formatter = _JsonFormatter() if settings.log_format == "json" else _TextFormatter()
    root = logging.getLogger()
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    settings.home.log.chmod(0o600)
