"""One command each; the list is `counsel.cli.main.COMMANDS`."""
