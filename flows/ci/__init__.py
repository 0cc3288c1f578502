"""What a CI job starts, waits for and shows of a run."""
