"""One SQLite file per home: WAL, one writer thread, readers of their own."""
