"""What competes, as the pilot file names it: quantum candidates and classical baselines."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gates.records import Record
from qpilot.baselines.classifiers import CLASSIFIERS
from qpilot.baselines.regressors import REGRESSORS
from qpilot.candidates.backbone import Backbone
from qpilot.circuits import ANSAETZE, CONNECTIVITIES, ENCODINGS, Circuit
from qpilot.errors import UsageError, unknown
from qpilot.models import DECODERS, ENCODERS, MODELS
from qpilot.training.optimizers import OPTIMIZERS
from qpilot.training.settings import Training

MOST_NOISY_QUBITS, MOST_NOISY_WORDS = 8, 2_500_000_000
"""What training under noise may take a fit: a core of November 2026 computes some four million words a second."""


def known(kind: str, names: Sequence[str]) -> AfterValidator:
    """A field that takes one of `names` and lists them where it is given another."""

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(unknown(kind, name, names))
        return name

    return AfterValidator(check)


class Candidate(Record):
    """A quantum model to try. `scaling` "angle" maps standardised features into [0, pi]; "none" feeds them as they are.

    `connectivity` is what ansatz "hardware-efficient" couples. `encoder` and `decoder` are the classical layers of a hybrid,
    `hidden` the neurons of one that has any. `observable` "local" reads Z of each wire, "global" their parity.
    `backbone` is what a transfer model begins with; `frozen` keeps encoder and circuit as they were there.

    `bandwidth` is a factor on the angles; "auto": a kernel's, chosen among several where it is fitted. `head` decides on
    a kernel, which is that of all training rows, or of `landmarks` of them; `expected_shots`: its settings are chosen for
    rows that are measured with so many shots a circuit.
    """

    model: Annotated[str, known("model", tuple(MODELS))]
    encoding: Annotated[str, known("encoding", tuple(ENCODINGS))]
    ansatz: Annotated[str, known("ansatz", tuple(ANSAETZE))] | None = None
    connectivity: Annotated[str, known("connectivity", CONNECTIVITIES)] | None = None
    layers: int = Field(default=2, ge=1, le=20)
    qubits: int = Field(ge=1, le=16)
    scaling: Literal["angle", "none"] = "angle"
    bandwidth: Annotated[float, Field(gt=0, le=4)] | Literal["auto"] = 1.0
    head: Literal["svm", "gp"] = "svm"
    landmarks: int | None = Field(default=None, ge=2)
    expected_shots: int | None = Field(default=None, ge=1, le=1_000_000)
    optimizer: Annotated[str, known("optimizer", tuple(OPTIMIZERS))] = "adam"
    steps: int = Field(default=200, ge=1)
    batch: int = Field(default=32, ge=1)
    learning_rate: float = Field(default=0.05, gt=0, le=10)
    hidden: int = Field(default=8, ge=1)
    training: Training = Training()
    encoder: Annotated[str, known("encoder", ENCODERS)] | None = None
    decoder: Annotated[str, known("decoder", DECODERS)] | None = None
    observable: Annotated[str, known("observable", ("local", "global"))] = "local"
    backbone: Backbone | None = None
    frozen: bool = True

    @model_validator(mode="after")
    def _trainable(self) -> Self:
        if MODELS[self.model].trainable and self.ansatz is None:
            raise ValueError(f"model {self.model!r} needs an ansatz; known: {', '.join(sorted(ANSAETZE))}")
        if not MODELS[self.model].trainable and self.ansatz is not None:
            raise ValueError(f"model {self.model!r} has no trainable circuit: leave out ansatz")
        if not MODELS[self.model].trainable and self.training != Training():
            raise ValueError(f"model {self.model!r} has nothing that is trained in steps: leave out training")
        if fault := self.training.fault(self.optimizer):
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _read(self) -> Self:
        """A field that nothing reads would look like a choice, and a list of it like several candidates."""
        fields = type(self).model_fields
        steps = ("optimizer", "steps", "batch", "learning_rate")
        given = {name for name in (*steps, "hidden") if getattr(self, name) != fields[name].default}
        if not MODELS[self.model].trainable and (idle := [name for name in steps if name in given]):
            raise ValueError(f"model {self.model!r} has nothing that is trained in steps: leave out {', '.join(idle)}")
        if "hidden" in given and "mlp" not in self.around:
            raise ValueError(f"model {self.model!r} has no mlp here, which hidden is the size of: leave it out")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.encoding == "basis" and self.scaling != "angle":
            raise ValueError("encoding 'basis' splits features at the middle of scaling \"angle\": leave out scaling")
        try:
            self.circuit()
        except UsageError as error:
            raise ValueError(str(error)) from error
        return self

    @model_validator(mode="after")
    def _parts(self) -> Self:
        kind = MODELS[self.model]
        if (self.encoder or self.decoder) and not kind.choice:
            own = (
                "no classical layers"
                if kind.family == "kernel"
                else f"{kind.encoder} encoder and {kind.decoder} decoder"
            )
            raise ValueError(f"model {self.model!r} has {own}: leave out encoder and decoder, or take model 'hybrid'")
        if kind.family == "kernel" and self.observable != "local":
            raise ValueError(f"model {self.model!r} has no trained readout: leave out observable")
        if (self.model == "transfer") != (self.backbone is not None):
            raise ValueError(
                "model 'transfer' needs a backbone: { path, target } of another data set, or \"name@version\""
                if self.backbone is None
                else f"model {self.model!r} begins anew: leave out backbone, or take model 'transfer'"
            )
        if self.model != "transfer" and not self.frozen:
            raise ValueError(f"model {self.model!r} has no backbone: leave out frozen")
        if self.around[0] != "none" and self.encoding == "basis":
            raise ValueError("encoding 'basis' takes bits, which have no slope to train an encoder by: take another")
        if self.around[0] != "none" and self.bandwidth != 1.0:
            raise ValueError("an encoder chooses the angles itself: leave out bandwidth")
        return self

    @property
    def around(self) -> tuple[str, str]:
        """The classical encoder and decoder: the model's own where the pilot file names none."""
        kind = MODELS[self.model]
        return self.encoder or kind.encoder, self.decoder or kind.decoder

    def afresh(self) -> "Candidate":
        """The same network as one that begins anew, where it has a backbone, and trains without noise."""
        found = self
        if self.training.noise != "none":
            found = self.model_copy(update={"training": self.training.model_copy(update={"noise": "none"})})
        if self.model != "transfer":
            return found
        encoder, decoder = self.around
        given = {"model": "hybrid", "encoder": encoder, "decoder": decoder, "backbone": None, "frozen": True}
        return found.model_copy(update=given)

    def circuit(self, features: int | None = None, entangled: bool = True) -> Circuit:
        """The circuit for rows of so many features, None for as many as its encoding usually holds; or its twin."""
        return Circuit(
            self.encoding,
            self.ansatz,
            self.layers,
            self.qubits,
            entangled,
            features=features or 0,
            connectivity=self.connectivity,
            interleaved=self.interleaved,
            mirrored=self.training.start == "identity-block",
        )

    @property
    def interleaved(self) -> bool:
        """A trained kernel is blind to layers after the last encoding: its encoding comes after each of them."""
        return self.model == "trainable-kernel" and not ENCODINGS[self.encoding].scaled

    @model_validator(mode="after")
    def _affordable(self) -> Self:
        """Noise takes 4**qubits numbers a row."""
        if self.training.noise == "none":
            return self
        if self.qubits > MOST_NOISY_QUBITS:
            raise ValueError(
                f"training.noise is computed exactly up to {MOST_NOISY_QUBITS} qubits, not {self.qubits}: leave it out"
            )
        circuits = 2 * 3 * self.qubits * self.layers if self.training.gradient != "adjoint" else 1
        words = 4**self.qubits * self.batch * self.steps * circuits
        if words > MOST_NOISY_WORDS:
            raise ValueError(
                f"training under noise would compute 4**{self.qubits} numbers for {self.batch} rows in {self.steps:,} steps"
                + (f" of some {circuits} circuits" if circuits > 1 else "")
                + f", {words / MOST_NOISY_WORDS:.1f} times as much as a fit may (some ten minutes): take fewer qubits, steps or"
                " rows a batch" + (', or gradient = "adjoint"' if circuits > 1 and self.training.shots is None else "")
            )
        return self

    @model_validator(mode="after")
    def _kernel(self) -> Self:
        if MODELS[self.model].family != "kernel":
            if self.bandwidth == "auto":
                raise ValueError(f'bandwidth = "auto" is chosen for kernels; model {self.model!r} needs a number')
            if self.head != "svm" or self.landmarks is not None or self.expected_shots is not None:
                raise ValueError(
                    f"head, landmarks and expected_shots belong to kernels; leave them out of model {self.model!r}"
                )
        elif MODELS[self.model].trainable:
            training = self.training
            exact = Training(gradient=training.gradient, shots=training.shots, noise=training.noise)
            if exact != Training() or training.class_weights != "none":
                raise ValueError(
                    f"model {self.model!r} is trained on exact overlaps, which need no class weights: leave out"
                    " training.gradient, training.shots, training.noise and training.class_weights"
                )
        if self.encoding in ("amplitude", "basis") and self.bandwidth != 1.0:
            raise ValueError(f"encoding {self.encoding!r} does not see how large a row is: leave out bandwidth")
        return self

    def unfit_for_quantity(self) -> str | None:
        """Why the candidate cannot answer a quantity, in one line; None where it can."""
        if self.training.class_weights != "none":
            return f"candidate {self.name!r} weighs classes, of which a quantity has none: leave out training.class_weights"
        return None

    @property
    def name(self) -> str:
        """What the candidate is called; two that differ in smaller settings share it."""
        wired = "" if self.connectivity is None else f" ({self.connectivity})"
        circuit = self.encoding if self.ansatz is None else f"{self.encoding} + {self.ansatz}{wired}"
        trained = "" if self.ansatz is None else f", {self.optimizer}"
        around = f" ({' > '.join(self.around)})" if self.encoder or self.decoder else ""
        head = "" if self.head == "svm" else f", {self.head}"
        return f"{self.model}{around}, {circuit} x{self.layers}{trained}{head}"


class Baseline(Record):
    """A classical model to beat, tuned on its own grid: one of `CLASSIFIERS`, or of `REGRESSORS` where a quantity is asked."""

    model: Annotated[str, known("baseline", tuple(dict.fromkeys((*CLASSIFIERS, *REGRESSORS))))]

    def unfit(self, quantity: bool) -> str | None:
        """Why the baseline cannot answer a quantity (or, without `quantity`, a class), in one line; None where it can."""
        own, kind = (REGRESSORS, "regression") if quantity else (CLASSIFIERS, "classification")
        if self.model in own:
            return None
        return f"baseline {self.model!r} does not go with kind = {kind!r}; its own: {', '.join(sorted(own))}"
