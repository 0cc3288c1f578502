"""Money: reserved before each paid task, spent exactly once, settled by what was billed."""
