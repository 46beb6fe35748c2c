"""The one error that only clients have."""

from counsel.model.errors import CounselError


class Unreachable(CounselError):
    """No service answers."""

    code = "unreachable"
    status = 503
