"""The report of a run: one self-contained HTML page, written for the person who has to decide."""

from qpilot.report.page import render
from qpilot.report.record import Distribution, Kernel, PlotData, RunRecord, Training

__all__ = ["Distribution", "Kernel", "PlotData", "RunRecord", "Training", "render"]
