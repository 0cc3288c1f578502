"""The record: a journal in which everything happens once, artifacts by content, runs and models."""
