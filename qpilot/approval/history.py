"""Everything a run ever asked, and what people answered: for its report and its export."""

from datetime import datetime

from qpilot.approval.grants import REJECTED, REQUEST, Request, Standing, answered
from qpilot.record.journal import Journal
from qpilot.report.record import Consent, Voice


def history(journal: Journal, run: str, at: datetime) -> tuple[Consent, ...]:
    """Every request of the run, oldest first, as it stands at `at`; all but the last were superseded where still open."""
    asked = {
        entry.key: (entry.at, Request.model_validate(entry.payload["request"]))  # type: ignore[call-overload,index]
        for entry in journal.find(REQUEST, f"{run}/")
    }
    ordered = sorted(asked.values(), key=lambda one: one[1].number)
    return tuple(
        _consent(journal, answered(journal.find, request), since, at, last=place == len(ordered))
        for place, (since, request) in enumerate(ordered, start=1)
    )


def _consent(journal: Journal, found: Standing, since: str, at: datetime, last: bool) -> Consent:
    request, payload = found.request, found.request.payload
    return Consent(
        number=request.number,
        state=found.state if last or found.state != "asked" else "superseded",
        asked=datetime.fromisoformat(since),
        expires=request.expires,
        late=found.state == "asked" and at >= request.expires,
        because=request.because,
        request=request.digest,
        device=payload.device,
        points=payload.points,
        shots=payload.shots,
        usd_p50=payload.usd_p50,
        usd_p90=payload.usd_p90,
        usd_worst=payload.usd_worst,
        voices=_voices(journal, found),
    )


def _voices(journal: Journal, found: Standing) -> tuple[Voice, ...]:
    said = [
        Voice(name=one.name, at=one.at, approved=True, max_usd=one.max_usd, note=one.note, signed=bool(one.signature))
        for one in found.approvals
    ]
    rejected = journal.get(REJECTED, found.request.key)
    if rejected is not None and found.rejected_by is not None:
        at = datetime.fromisoformat(rejected.at)
        said.append(Voice(name=found.rejected_by, at=at, approved=False, max_usd=None, note=found.note, signed=False))
    return tuple(said)
