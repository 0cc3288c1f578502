"""A run as one file that stands by itself: an RO-Crate of what it kept, to be verified and replayed anywhere."""

from qpilot.export.contents import export
from qpilot.export.crate import Crate, opened
from qpilot.export.verification import verify

__all__ = ["Crate", "export", "opened", "verify"]
