"""The errors Counsel raises on purpose: one small tree, a stable code each.

    CounselError
    ├── BadInput          what came in cannot be used (4xx)
    │   ├── BadPayload    an agent's hook payload
    │   ├── BadTranscript a transcript or dataset file
    │   └── BadSetting    a configuration value
    ├── NotFound          a thing named does not exist (404)
    ├── Conflict          somebody else holds it, or it changed meanwhile (409)
    ├── Refused           not allowed: token, host, origin, size, rate (401, 403, 413, 429)
    └── StoreFault        the disk or database did not do what it promised (503)

Every message says what to do next and quotes identifiers with `!r`.
"""


class CounselError(Exception):
    """Base of all errors that Counsel raises on purpose.

    `code` is stable and machine-readable, `status` the HTTP status it maps to,
    `advice` says what to do next.
    """

    code = "counsel_error"
    status = 500

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".rstrip()


class BadInput(CounselError):
    """What came in cannot be used."""

    code = "bad_input"
    status = 400


class BadPayload(BadInput):
    """An agent's hook payload is not what its adapter knows."""

    code = "bad_payload"


class BadTranscript(BadInput):
    """A transcript or dataset file is not in a format that a reader knows."""

    code = "bad_transcript"


class BadSetting(BadInput):
    """A configuration value is unknown or out of its range."""

    code = "bad_setting"


class NotFound(CounselError):
    """A thing that was named does not exist."""

    code = "not_found"
    status = 404


class Conflict(CounselError):
    """Somebody else holds it, or it changed meanwhile."""

    code = "conflict"
    status = 409


class Refused(CounselError):
    """Not allowed: missing token, foreign host, too large, too fast."""

    code = "refused"

    def __init__(self, message: str, *, status: int = 403, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.status = status


class StoreFault(CounselError):
    """The disk or the database did not do what it promised."""

    code = "store_fault"
    status = 503
