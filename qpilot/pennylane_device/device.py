"""A PennyLane device as a backend. Free where it runs in this process; any other is quoted as of unknown price."""

import hashlib
import inspect
from functools import cached_property
from importlib.metadata import entry_points
from itertools import islice
from typing import Any

from qpilot.backend import Batch, Handle, Outcomes, Quote
from qpilot.devices import Device
from qpilot.devices.acceptance import check_batch
from qpilot.devices.price import free, price
from qpilot.errors import QpilotError
from qpilot.pennylane_device.catalogue import IN_PROCESS, require_usable
from qpilot.pennylane_device.tapes import counts, tapes


class PennyLaneDevice:
    """Runs batches on the PennyLane device that `name` gives after its colon, with the options PennyLane gives it.

    The same key answers with the same counts where the device takes a seed, and with new ones where it takes none.
    Nothing outside this process knows the key: a batch that is lost in a crash runs again.
    """

    def __init__(self, name: str, device: Device) -> None:
        self.name = name
        self.device = device
        self._runs_on = name.partition(":")[2]
        require_usable(self._runs_on)

    def figures(self) -> Device:
        """The profile of the pilot's hardware.device, which stands in: PennyLane tells no figures of its devices."""
        return self.device

    def quote(self, executables: int, shots: int) -> Quote:
        """Nothing charged where the device runs in this process; of any other the price is not known.

        The amounts are what the standing-in profile would cost, so that an unknown price never reads as nothing.
        """
        asked = price(self.device, executables, shots)
        if self._runs_on in IN_PROCESS:
            return _noted(free(asked), (f"{self.name} runs in this process: nothing is charged", *self._promises()))
        warning = (
            f"what {self.name} charges is not known to qpilot: no budget can bound it, and the amounts are those of"
            f" {self.device.name}"
        )
        return _noted(asked.model_copy(update={"known": False}), (warning, *self._promises()))

    def submit(self, batch: Batch, key: str) -> Handle:
        """Accepts `batch`. Raises UsageError or QpilotError where the device, or the profile, could not run it."""
        if self._runs_on not in IN_PROCESS:
            raise QpilotError(
                f"{self.name} may charge, and how much is not known to qpilot, so that no budget can bound it: take one"
                f" of {', '.join(sorted(IN_PROCESS))}, or a backend with prices"
            )
        check_batch(self.device, batch)
        return Handle(self.name, key, batch)

    def collect(self, handle: Handle) -> Outcomes:
        """The counts, as the device draws them. Raises QpilotError where it fails or answers with other counts."""
        batch = handle.batch
        groups = (*batch.settings, *batch.calibration)
        widest = max(circuits.qubits for circuits in groups)
        answers = iter(self._executed([tape for one in groups for tape in tapes(one, batch.shots)], widest, handle.key))
        found = tuple(
            counts(tuple(islice(answers, len(one))), one.qubits, batch.shots, self._runs_on) for one in groups
        )
        return Outcomes(
            settings=found[: len(batch.settings)],
            calibration=found[len(batch.settings) :],
            device=self.device,
            quote=self.quote(batch.executables, batch.shots),
        )

    def _executed(self, prepared: list[Any], wires: int, key: str) -> Any:
        import pennylane as qml

        seed = {"seed": int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])} if self._seeded else {}
        try:
            machine = qml.device(self._runs_on, wires=wires, **seed)
            # Without the cache off, circuits that are equal could share one draw of counts.
            return qml.execute(prepared, machine, diff_method=None, cache=False)
        except Exception as error:
            raise QpilotError(f"PennyLane device {self._runs_on!r} could not run the batch: {error}") from error

    @cached_property
    def _seeded(self) -> bool:
        """Whether the device takes a seed. Raises QpilotError where its plugin cannot be imported."""
        *_, plugin = entry_points(group="pennylane.plugins", name=self._runs_on)
        try:
            return "seed" in inspect.signature(plugin.load()).parameters
        except Exception as error:
            raise QpilotError(
                f"the plugin of PennyLane device {self._runs_on!r} is installed but cannot be imported: {error}"
            ) from error

    def _promises(self) -> tuple[str, ...]:
        """What this seam cannot promise, as sentences of the quote."""
        return (
            f"{self.name} is not told the batch's key: a batch that is lost in a crash runs again"
            + ("" if self._seeded else f", and {self._runs_on} takes no seed, so that its counts are then others"),
            f"the shots range and the forecast are those of {self.device.name}, which stands in: PennyLane tells no"
            f" figures of its devices",
        )


def _noted(quote: Quote, notes: tuple[str, ...]) -> Quote:
    return quote.model_copy(update={"notes": (*notes, *quote.notes)})
