"""Verdicts in the journal: each with the evidence and the policy it follows from, and a signed statement about them."""

from contextlib import suppress
from datetime import datetime

from pydantic import JsonValue

from gates.hardware import HardwareEvidence
from gates.records import Evidence, Record, Verdict
from qpilot.decisions import attested
from qpilot.job import Job
from qpilot.provenance import lock_digest
from qpilot.record.home import Home
from qpilot.record.journal import Exists

KIND = "verdict"


def enter(home: Home, job: Job, evidence: Evidence, policy: Record, verdict: Verdict, at: datetime) -> None:
    """The verdict stands in the journal, attested; the one that stands is kept: the same evidence has the same verdict."""
    key = f"{job.run}/{verdict.gate}/{verdict.evidence[:16]}"
    content: dict[str, JsonValue] = {
        "evidence": evidence.plain(),
        "policy": policy.plain(),
        "verdict": verdict.plain(),
    }
    about = subjects(evidence, verdict)
    # A crash between the entry and what follows from it leaves the entry.
    with suppress(Exists):
        home.journal.append(KIND, key, attested(home, job.run, "verdict", key, content, about, at), at)


def subjects(evidence: Evidence, verdict: Verdict) -> dict[str, str]:
    """Name -> sha256 of everything the verdict follows from; "absent" for a lock file that is not there.

    Of a device: its calibration as forecast with ("device"), and as it was at each batch ("calibration 1", ...).
    """
    found = {
        **evidence.inputs,
        "evidence": verdict.evidence,
        "policy": verdict.policy,
        "pilot": evidence.pilot,
        "code": evidence.code,
        "requirements.lock": lock_digest(),
    }
    if isinstance(evidence, HardwareEvidence):
        found |= {f"calibration {number}": sha256 for number, sha256 in enumerate(evidence.calibrations, start=1)}
    return found
