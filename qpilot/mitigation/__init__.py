"""Error mitigations by name: what runs in place of a model's circuits, and how the counts become probabilities.

The null mitigation "none" has the same interface, so nothing downstream asks which one is in use.
"""

from qpilot.mitigation.readout import READOUT
from qpilot.mitigation.technique import Mitigation, frequencies
from qpilot.mitigation.zne import LINEAR, RICHARDSON

__all__ = ["AUTO", "MITIGATIONS", "Mitigation", "frequencies", "possible"]

AUTO = "auto"
"""In a pilot file: the forecast stage takes the mitigation that pays on development rows, or "none"."""

MITIGATIONS: dict[str, Mitigation] = {
    "none": Mitigation(),
    "readout": Mitigation((READOUT,)),
    "zne-linear": Mitigation((LINEAR,)),
    "zne-richardson": Mitigation((RICHARDSON,)),
    "readout+zne-linear": Mitigation((READOUT, LINEAR)),
    "readout+zne-richardson": Mitigation((READOUT, RICHARDSON)),
}


def possible(name: str) -> tuple[Mitigation, ...]:
    """What a pilot file's `name` may come to: the mitigation of that name, or with "auto" every one."""
    return tuple(MITIGATIONS.values()) if name == AUTO else (MITIGATIONS[name],)
