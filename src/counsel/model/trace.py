"""The trace id of an action: the same before and after, without anything being remembered."""

from hashlib import sha1

from counsel.model.ids import ActionId, SessionId, TraceId


def trace_of(agent: str, session: SessionId, action: ActionId) -> TraceId:
    """16 hex digits from (agent, session, call id): Pre and Post of one call always meet."""
    text = f"{agent}\0{session}\0{action}".encode("utf-8", "surrogatepass")
    return TraceId(sha1(text, usedforsecurity=False).hexdigest()[:16])
