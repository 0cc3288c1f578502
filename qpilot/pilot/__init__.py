"""The pilot file as frozen records, a module a section: every name checked, every threshold written out."""

from qpilot.pilot.data import VARIABLE, Data
from qpilot.pilot.hardware import Hardware
from qpilot.pilot.money import Approval, Budget
from qpilot.pilot.pilot import Charter, Pilot, Reduce
from qpilot.pilot.search import Search
from qpilot.pilot.thresholds import Gates

__all__ = ["VARIABLE", "Approval", "Budget", "Charter", "Data", "Gates", "Hardware", "Pilot", "Reduce", "Search"]
