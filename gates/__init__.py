"""Decides: evidence types, policies, verdicts and their statistics. Pure: no I/O, no clock, no randomness."""
