"""The durable store: one SQLite file, one writer, every batch one transaction."""
