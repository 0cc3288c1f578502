"""Signed decisions: the home's key, DSSE envelopes, in-toto statements, and what a decision's journal entry carries."""

from qpilot.decisions.attestation import Kind, attested

__all__ = ["Kind", "attested"]
