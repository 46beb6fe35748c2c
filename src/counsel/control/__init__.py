"""What an operator may turn: tuneables, declared once. Pure: no I/O, no clock of its own."""
