"""Whether a signed statement says what its journal entry says; who signed it is what `verify` asks."""

from collections.abc import Iterator

from gates.records import Evidence, Verdict, digest
from qpilot.decisions import envelope
from qpilot.decisions.attestation import ATTESTATION, PAYLOAD_TYPE
from qpilot.decisions.envelope import Unsigned
from qpilot.decisions.statement import ENTRY, subjects
from qpilot.record.entries import Entry
from qpilot.replay.differences import Difference, differences
from qpilot.replay.ground import payload
from qpilot.runs import verdicts

_OF_THEN = "requirements.lock"
"""The subject that is a file of the installation the run had, not of this one."""


def stated(entry: Entry, evidence: Evidence, verdict: Verdict) -> Iterator[Difference]:
    """A difference for every subject of the verdict's statement, if it has one, that is not what it follows from."""
    content = payload(entry.payload)
    if ATTESTATION not in content:
        return
    try:
        told = subjects(envelope.read(envelope.parts(content.get(ATTESTATION), PAYLOAD_TYPE)[0]))
    except Unsigned as error:
        yield Difference(where="statement", kept=str(error), again="a statement about the verdict")
        return
    own = {name: value for name, value in content.items() if name != ATTESTATION}
    asked = {**verdicts.subjects(evidence, verdict), ENTRY: digest(own)}
    asked |= {_OF_THEN: told.get(_OF_THEN, "absent")}
    there = {name: sha256 for name, sha256 in asked.items() if sha256 not in ("", "absent")}
    yield from differences("statement", {**told}, {**there})
