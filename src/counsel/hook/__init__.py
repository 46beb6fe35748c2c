"""The hook: the process an agent starts on every event, and the command that starts it."""
