"""A finished (or broken-off) run as the report sees it: verdicts, evidence, and the data of its plots."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from gates.data import DataEvidence
from gates.forecast import ForecastEvidence
from gates.hardware import HardwareEvidence, HardwarePolicy
from gates.promotion import PromotionEvidence
from gates.records import Record, Verdict
from gates.reduction import ReductionEvidence
from gates.selection import PrototypeEvidence
from gates.trainability import TrainabilityEvidence

if TYPE_CHECKING:
    from qpilot.pilot import Pilot

Stage = Literal["data", "reduction", "trainability", "prototype", "forecast", "hardware", "promotion"]
STAGES: tuple[Stage, ...] = ("data", "reduction", "trainability", "prototype", "forecast", "hardware", "promotion")
Ending = Literal["GO", "NO_GO", "INCONCLUSIVE", "AWAITING_APPROVAL", "REJECTED", "ERROR"]


class Training(Record):
    """One model's training, epoch by epoch: what `qpilot.training.telemetry.COLUMNS` explains, equally long or empty.

    gradient_parts: by part of the network. wall_seconds, cpu_seconds: since training began. backend, calibration, noise:
    what the circuits ran on.
    """

    name: str
    loss: tuple[float, ...]
    gradient_norm: tuple[float, ...]
    step: tuple[float, ...] = ()
    gradient_parts: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    validation_loss: tuple[float, ...] = ()
    validation_error: tuple[float, ...] = ()
    shot_error: tuple[float, ...] = ()
    parameter_norm: tuple[float, ...] = ()
    effective_rows: tuple[float, ...] = ()
    fidelity: tuple[float, ...] = ()
    circuits: tuple[float, ...] = ()
    wall_seconds: tuple[float, ...] = ()
    cpu_seconds: tuple[float, ...] = ()
    backend: str = "simulator"
    calibration: str | None = None
    noise: dict[str, float] = Field(default_factory=dict)


class Kernel(Record):
    """A kernel matrix on some development points. `values`: (n, n) in [0, 1].

    Points are sorted by what is to be known of them: `labels`, n class names, or `targets`, n values of a quantity.
    """

    name: str
    values: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...] = ()
    targets: tuple[float, ...] = ()


class Answers(Record):
    """What a model said of rows it was not fitted on, beside what was true: (n,) each, in the target's units."""

    name: str
    truth: tuple[float, ...]
    answers: tuple[float, ...]


class Distribution(Record):
    """One circuit's outcome probabilities, each as long as `outcomes` (bit strings, wire 0 first).

    `simulator` exact, `device` the raw frequencies of `shots` shots, `corrected` after mitigation where there was one.
    """

    point: str
    outcomes: tuple[str, ...]
    simulator: tuple[float, ...]
    device: tuple[float, ...]
    corrected: tuple[float, ...] | None
    shots: int


class PastWait(Record):
    """A task that has ended: the 80 % interval forecast for its wait with the median, and what came, in hours."""

    low: float
    median: float
    high: float
    came: float
    calibrated: bool


class PastSpend(Record):
    """A run that has ended: dollars forecast for its hardware stage, and what came.

    emulated: nothing was billed; both are the device's list price, so that only the stopping time is scored.
    """

    run: str
    p50: Decimal
    p90: Decimal
    worst: Decimal
    came: Decimal
    emulated: bool


class PlotData(Record):
    """What plots show beyond the evidence; empty where nothing was kept, and then the plot is left out."""

    training: tuple[Training, ...] = ()
    kernel: Kernel | None = None
    answers: Answers | None = None
    distributions: tuple[Distribution, ...] = ()
    waits: tuple[PastWait, ...] = ()
    spends: tuple[PastSpend, ...] = ()


class Voice(Record):
    """One person's answer to a request. signed: with a key of theirs; else the name is what somebody stated.

    max_usd: what the run may cost in all; None with a rejection.
    """

    name: str
    at: datetime
    approved: bool
    max_usd: Decimal | None
    note: str
    signed: bool


class Consent(Record):
    """A time the run asked to be approved, and the answers. late: nobody had decided when its time was up."""

    number: int
    state: Literal["asked", "approved", "rejected", "expired", "superseded"]
    asked: datetime
    expires: datetime
    late: bool
    because: str
    request: str
    device: str
    points: int
    shots: int
    usd_p50: Decimal
    usd_p90: Decimal
    usd_worst: Decimal
    voices: tuple[Voice, ...]


@dataclass(frozen=True)
class RunRecord:
    """One run, ready to be shown. A stage's evidence is None where the stage did not finish.

    run: `<pilot>-<digest8>-<try>`. outcome: how the run ended; state: the name its Prefect state carries ("Promoted").
    stage: where it ended. reason: the sentence that decided, or the failure's message. model: `name@version` once
    registered. explore: gates that were not GO were passed by. hardware_policy: what the device was judged by; it draws
    the boundaries of the sequential test. consents: what was asked of people, oldest first. provenance: label -> text
    (code digest, git revision, versions, journal head). paths: label -> path relative to the run folder. started,
    finished: timezone-aware.
    """

    run: str
    pilot: "Pilot"
    state: str
    outcome: Ending
    reason: str
    stage: Stage
    started: datetime
    finished: datetime
    verdicts: tuple[Verdict, ...] = ()
    data: DataEvidence | None = None
    reduction: ReductionEvidence | None = None
    trainability: TrainabilityEvidence | None = None
    prototype: PrototypeEvidence | None = None
    forecast: ForecastEvidence | None = None
    hardware: HardwareEvidence | None = None
    promotion: PromotionEvidence | None = None
    hardware_policy: HardwarePolicy | None = None
    plots: PlotData = field(default_factory=PlotData)
    model: str | None = None
    explore: bool = False
    consents: tuple[Consent, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)

    def verdict(self, gate: str) -> Verdict | None:
        """The verdict of `gate`, or None where the gate was not reached."""
        return next((verdict for verdict in self.verdicts if verdict.gate == gate), None)

    @property
    def chain(self) -> Iterator[tuple[Stage, str]]:
        """Every stage with what became of it: its gate's outcome, "ERROR" where the run broke, or "not run"."""
        for stage in STAGES:
            verdict = self.verdict(stage)
            if verdict is not None:
                yield stage, verdict.outcome.value
            else:
                yield stage, "ERROR" if self.outcome == "ERROR" and stage == self.stage else "not run"
