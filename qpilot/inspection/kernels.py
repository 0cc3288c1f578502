"""Would the shots there are tell a kernel's entries apart?"""

from gates.records import Check, Outcome
from qpilot.devices import Device
from qpilot.models.kernels.concentration import concentration
from qpilot.models.model import QuantumModel
from qpilot.models.scaling import Floats
from qpilot.pilot import Hardware


def told_apart(model: QuantumModel, X: Floats, machine: Device, hardware: Hardware) -> Check:
    """INCONCLUSIVE where they surely do not; for shots = "auto" the most that the device takes. X: some rows."""
    shots = machine.shots[1] if hardware.shots == "auto" else hardware.shots
    kernel, noise = (getattr(model, name)(X) for name in ("kernel", "shot_variance"))
    found = concentration(kernel, noise)
    warning = found.warning(shots)
    said = f"about {found.shots.value:.2g} shots tell its entries apart, of {shots:,}"
    reason = said if warning is None else warning
    return Check(
        name="kernel spread",
        outcome=Outcome.GO if warning is None else Outcome.INCONCLUSIVE,
        observed=float(f"{found.variance.value:.3g}"),
        required=f"entries that {shots:,} shots tell apart",
        reason=f"{reason[:1].upper()}{reason[1:]}.",
    )
