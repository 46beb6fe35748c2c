"""What became of an action."""

from typing import Literal

from msgspec import Struct

from counsel.model.ids import ActionId

OutcomeStatus = Literal[
    "ok", "failed", "denied", "hook_denied", "interrupted", "cancelled", "running", "unknown"
]
"""How a call ended.

`ok` and `failed` are what the agent reported; `denied`: a human refused it; `hook_denied`: a
hook (ours or somebody else's) refused it; `interrupted`: the human stopped it while it ran;
`cancelled`: a parallel sibling failed, this call never had its chance; `running`: it has not
ended yet; `unknown`: the agent did not say.
"""


class Outcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The end of one action. Texts are bounded: `error` at 4,000, `output` at 4,000 characters."""

    action_id: ActionId
    tool: str
    status: OutcomeStatus
    error: str | None = None
    output: str | None = None
    human_words: str | None = None
    """What the human said when refusing, if anything."""
    exit_code: int | None = None
    duration_ms: int | None = None
    rejected_by_agent: bool = False
    """The agent's own validation refused the input before the tool ran."""

    @property
    def succeeded(self) -> bool | None:
        """True, False, or None where the status says neither."""
        if self.status == "ok":
            return True
        if self.status == "failed":
            return False
        return None
