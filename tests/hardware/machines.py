"""A device that is charged for, is calibrated anew, and refuses or dies when told to; the emulator answers for it."""

from dataclasses import replace

import numpy as np

from qpilot.backend import Batch, Handle, Outcomes, Quote
from qpilot.devices import Device
from qpilot.devices.price import price
from qpilot.emulator import Emulator


class Machine:
    """`calibrations`: the figures of the device from each batch on, by batch number; what it really does is `truth`.

    refusal: raised by the submission of batch `refused`, and of every later one. dies: the batch in whose submission the
    process dies, once. short: circuits of the first setting of the first batch that come back with a shot less.
    """

    name = "braket"

    def __init__(
        self,
        calibrations: dict[int, Device],
        refusal: Exception | None = None,
        refused: int = 10**6,
        dies: int | None = None,
        short: int = 0,
    ) -> None:
        self.calibrations = calibrations
        self.refusal, self.refused, self.dies = refusal, refused, dies
        self.short = short
        self.submitted: list[tuple[str, int]] = []
        self.asked = 0

    def at(self, number: int) -> Device:
        return self.calibrations[max(first for first in self.calibrations if first <= number)]

    def figures(self) -> Device:
        self.asked += 1
        return self.at(len(self.submitted))

    def quote(self, executables: int, shots: int) -> Quote:
        return price(self.at(0), executables, shots)

    def submit(self, batch: Batch, key: str) -> Handle:
        number = int(key.rpartition("/")[2])
        if self.refusal is not None and number >= self.refused:
            raise self.refusal
        if self.dies == number:
            self.dies = None
            raise KeyboardInterrupt
        self.submitted.append((key, len(batch.settings[0])))
        return Handle(self.name, key, batch)

    def collect(self, handle: Handle) -> Outcomes:
        number = int(handle.key.rpartition("/")[2])
        inner = Emulator(self.at(number))
        found = inner.collect(inner.submit(handle.batch, handle.key))
        if number == 0 and self.short:
            counts = found.settings[0].copy()
            counts[np.arange(self.short), counts[: self.short].argmax(axis=1)] -= 1
            found = replace(found, settings=(counts, *found.settings[1:]))
        quote = self.quote(handle.batch.executables, handle.batch.shots)
        return Outcomes(found.settings, found.calibration, found.device, quote, (f"arn:{handle.key}",))
