"""Where everything on the page comes from: digests, versions, calibrations, places."""

from qpilot.report.record import STAGES, RunRecord


def origins(run: RunRecord) -> dict[str, str]:
    """Label -> text, in the order shown; digests in full, so that they can be searched for in the journal."""
    found = {
        "Run": run.run,
        "State": run.state,
        "Started": f"{run.started:%Y-%m-%d %H:%M:%S %Z}",
        "Finished": f"{run.finished:%Y-%m-%d %H:%M:%S %Z}",
        "Seed": str(run.pilot.seed),
        "Pilot file": run.pilot.digest,
    }
    for stage in STAGES:
        evidence = getattr(run, stage)
        for name, sha256 in (evidence.inputs if evidence is not None else {}).items():
            found.setdefault(f"Input: {name}", sha256)
    if run.hardware is not None:
        calibrations = dict.fromkeys(run.hardware.calibrations)
        found |= {f"Device calibration {place}": sha256 for place, sha256 in enumerate(calibrations, start=1)}
    return {**found, **run.provenance, **run.paths}
