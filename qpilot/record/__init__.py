"""The record: a journal in which everything happens once, artifacts by content, runs, models, and what checks them."""
