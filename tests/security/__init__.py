"""Attacks: what must not happen, whatever a file, a name or an archive holds."""
