"""What a human typed, told apart from what Claude Code wrote in the human's place.

Rules (as seen in Claude Code 2.0.64 to 2.1.181):
- `<command-name>/x</command-name> ... <command-args>y</command-args>` is the slash command `/x y`;
- output of local commands, shell mode, task notifications and caveats is not the human's;
- reminders and what the editor adds (`<ide_opened_file>`, ...) are cut out of a prompt;
- `[Request interrupted by user...` is the human stopping the agent.
"""

import re

from counsel.agents.texts import ARGUMENT_LIMIT, cut

_NOT_HUMAN = (
    "<local-command-",
    "<bash-",
    "<task-notification>",
    "<user-prompt-submit-hook>",
    "Caveat: The messages below were generated",
    "This session is being continued from a previous conversation",
)
_ADDED = re.compile(
    r"<(system-reminder|ide_opened_file|ide_selection|ide_diagnostics)>.*?</\1>\s*", re.DOTALL
)
_NAME = re.compile(r"<command-name>(.{1,200}?)</command-name>", re.DOTALL)
_ARGUMENTS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)


def human_prompt(text: str) -> str | None:
    """The prompt in `text`, None where no human wrote it. Cut at 16,000 characters."""
    # Twice the limit leaves room for what is cut out, and bounds the search for it.
    own = _ADDED.sub("", text[: 2 * ARGUMENT_LIMIT]).strip()
    if not own or own.startswith(_NOT_HUMAN):
        return None
    if own.startswith("<command-"):
        return _slash_command(own)
    return cut(own, ARGUMENT_LIMIT)


def _slash_command(text: str) -> str | None:
    name = _NAME.search(text)
    if name is None:
        return None
    arguments = _ARGUMENTS.search(text)
    typed = f"{name[1].strip()} {arguments[1].strip() if arguments else ''}"
    return cut(typed.strip(), ARGUMENT_LIMIT) or None
