"""The commands of `qpilot`, one function each. Everything heavy is imported by the command that needs it."""

from flows.commands import (
    approvals,
    check,
    decisions,
    deployment,
    devices,
    money,
    pilots,
    records,
    runs,
    serving,
    trigger,
    upkeep,
)
from flows.commands.app import ERROR, USAGE, answer, app

__all__ = [
    "ERROR",
    "USAGE",
    "answer",
    "app",
    "approvals",
    "check",
    "decisions",
    "deployment",
    "devices",
    "money",
    "pilots",
    "records",
    "runs",
    "serving",
    "trigger",
    "upkeep",
]
