"""The vocabulary every other package speaks: pure values, no I/O, no clock of its own."""
