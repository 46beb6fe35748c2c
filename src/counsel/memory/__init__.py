"""What is known, how it gets in, how it gets better. Pure: no I/O, no clock of its own."""
