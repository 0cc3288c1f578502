"""The emulated device as a backend: same key, same counts; quoted as the device would be, charged nothing."""

import hashlib

import numpy as np

from qpilot.backend import Batch, Handle, Outcomes, Quote
from qpilot.devices import Device
from qpilot.devices.acceptance import MAX_EMULATED_QUBITS, check_batch, check_circuits
from qpilot.devices.price import free, price
from qpilot.emulator.compile import Compiled, compile_circuits
from qpilot.emulator.layout import Labels, placements
from qpilot.emulator.transfer import probabilities
from qpilot.errors import QpilotError
from qpilot.program import Circuits, Counts, Gate, Probabilities


class Emulator:
    """Runs batches on the figures of `device`; no idle decay, crosstalk or drift (as Braket's LocalEmulator)."""

    name = "emulator"

    def __init__(self, device: Device) -> None:
        self.device = device
        self._placed: dict[tuple[int, tuple[Gate, ...]], Labels] = {}

    def figures(self) -> Device:
        """The figures that are emulated; they never change."""
        return self.device

    def quote(self, executables: int, shots: int) -> Quote:
        """What the device would cost for `executables` circuits of `shots` shots; nothing is charged."""
        return free(price(self.device, executables, shots))

    def submit(self, batch: Batch, key: str) -> Handle:
        """Accepts `batch`. UsageError where the device could not run it, QpilotError where the emulator cannot."""
        check_batch(self.device, batch)
        for circuits in (*batch.settings, *batch.calibration):
            self._check(circuits)
        return Handle(self.name, key, batch)

    def collect(self, handle: Handle) -> Outcomes:
        """The counts, drawn with a generator seeded by the sha256 of the handle's key."""
        batch = handle.batch
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(handle.key.encode()).digest()))
        settings, measured = self._measured(batch.settings, noisy=True, readout=True)
        placed = self._place(batch.settings[0])
        calibration = [
            probabilities(compile_circuits(circuits, self.device, placed, measured), self.device)
            for circuits in batch.calibration
        ]
        return Outcomes(
            settings=tuple(_sample(rows, batch.shots, rng) for rows in settings),
            calibration=tuple(_sample(rows, batch.shots, rng) for rows in calibration),
            device=self.device,
            quote=self.quote(batch.executables, batch.shots),
        )

    def distributions(
        self, settings: tuple[Circuits, ...], noisy: bool = True, readout: bool = True
    ) -> tuple[Probabilities, ...]:
        """What the counts of a batch with these settings are drawn from; see `probabilities`."""
        return tuple(self._measured(settings, noisy, readout)[0])

    def probabilities(self, circuits: Circuits, noisy: bool = True, readout: bool = True) -> Probabilities:
        """(n_circuits, 2**qubits) without shot noise: gate noise if `noisy`, readout flips if `readout` as well."""
        return probabilities(self.compile(circuits), self.device, noisy, readout)

    def compile(self, circuits: Circuits) -> Compiled:
        """`circuits` placed on the device's best qubits, in its native gates."""
        self._check(circuits)
        return compile_circuits(circuits, self.device, self._place(circuits), tuple(range(circuits.qubits)))

    def _measured(
        self, settings: tuple[Circuits, ...], noisy: bool, readout: bool
    ) -> tuple[list[Probabilities], tuple[int, ...]]:
        """Probabilities of each setting, and the slot every wire is read from.

        All settings sit where the first sits, so that one readout calibration serves them. Settings of one shape (a
        fidelity kernel has hundreds) are simulated together.
        """
        placed = self._place(settings[0])
        start = tuple(range(settings[0].qubits))
        shapes: dict[tuple[tuple[Gate, ...], int], list[int]] = {}
        for number, circuits in enumerate(settings):
            shapes.setdefault((circuits.gates, circuits.scale), []).append(number)
        found: dict[int, Probabilities] = {}
        read_from: set[tuple[int, ...]] = set()
        for (gates, scale), numbers in shapes.items():
            angles = np.concatenate([settings[number].angles for number in numbers])
            together = Circuits(len(start), gates, angles, scale)
            compiled = compile_circuits(together, self.device, placed, start)
            ends = np.cumsum([len(settings[number]) for number in numbers])[:-1]
            rows = probabilities(compiled, self.device, noisy, readout)
            found |= dict(zip(numbers, np.split(rows, ends), strict=True))
            read_from.add(compiled.measured)
        if len(read_from) > 1:
            raise QpilotError(
                "the settings of a batch end on different qubits of the device, so one readout calibration cannot "
                "serve them: submit settings whose two-qubit gates differ in separate batches"
            )
        return [found[number] for number in range(len(settings))], read_from.pop()

    def _place(self, circuits: Circuits) -> Labels:
        """The best placement of the circuits' shape: candidates are compiled and the most faithful is taken."""
        shape = (circuits.qubits, circuits.gates)
        if shape not in self._placed:
            start = tuple(range(circuits.qubits))
            one = Circuits(circuits.qubits, circuits.gates, circuits.angles[:1])
            candidates = (
                compile_circuits(one, self.device, labels, start) for labels in placements(circuits, self.device)
            )
            self._placed[shape] = max(candidates, key=lambda compiled: compiled.log_fidelity(self.device)).labels
        return self._placed[shape]

    def _check(self, circuits: Circuits) -> None:
        check_circuits(self.device, circuits)
        if circuits.qubits > MAX_EMULATED_QUBITS:
            raise QpilotError(
                f"{circuits.qubits} qubits asked for; the emulator computes noise exactly up to {MAX_EMULATED_QUBITS}: "
                "take fewer qubits"
            )


def _sample(rows: Probabilities, shots: int, rng: np.random.Generator) -> Counts:
    return rng.multinomial(shots, rows).astype(np.int64)
