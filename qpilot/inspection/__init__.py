"""The fast lane: is every candidate of a pilot what it says it is? Seconds, development rows only, nothing recorded."""

from qpilot.inspection.candidates import Inspection, inspect, inspected

__all__ = ["Inspection", "inspect", "inspected"]
