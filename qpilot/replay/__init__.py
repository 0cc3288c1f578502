"""Replays a run from what is kept of it: every verdict again, without network, device, or a change of the home."""

from qpilot.replay.kept import Kept
from qpilot.replay.replay import Replayed, replay

__all__ = ["Kept", "Replayed", "replay"]
