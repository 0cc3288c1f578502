"""The report of a run: one self-contained HTML page, written for the person who has to decide."""
