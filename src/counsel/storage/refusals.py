"""What every engine refuses, in the same words."""

from counsel.model.errors import BadInput, Conflict
from counsel.model.ids import ProjectKey, SessionId


def already_learnt(upto: int, mark: int) -> Conflict:
    return Conflict(
        f"what was learnt up to event {upto!r} is known already: the mark stands at {mark!r}.",
        advice="Read `learnt_upto()` and learn from the events after it.",
    )


def check_erasure(session: SessionId | None, project: ProjectKey | None) -> None:
    """Raise `BadInput` unless exactly one is given. An empty key is none: it means no project."""
    if bool(session) == bool(project):
        raise BadInput(
            f"cannot erase session {session!r}, project {project!r}.",
            advice="Give exactly one of them, and not an empty one.",
        )
