"""Where people find a run's report: under QPILOT_REPORTS_URL where somebody serves QPILOT_HOME/runs, else on the disk."""

from collections.abc import Mapping

from qpilot.record.home import Home

REPORTS = "QPILOT_REPORTS_URL"


def report_link(home: Home, run: str, environment: Mapping[str, str]) -> str:
    """The report's address."""
    base = environment.get(REPORTS, "").rstrip("/")
    return f"{base}/{run}/report.html" if base else home.run(run).report.as_uri()
