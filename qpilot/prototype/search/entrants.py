"""What competes in selection: every candidate with every seed, every baseline with every point of its grid."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import JsonValue

from gates.records import Record
from qpilot.baselines import Baselines
from qpilot.baselines.classifiers import CLASSIFIERS
from qpilot.baselines.regressors import REGRESSORS
from qpilot.candidates.candidate import Candidate
from qpilot.models import MODELS
from qpilot.pilot import Pilot

if TYPE_CHECKING:  # a pilot is counted without any estimator
    from qpilot.candidates.backbone import Backbone
    from qpilot.emulator.noise import Noise
    from qpilot.models.foundation import Source

Family = Literal["classical", "qnn", "kernel", "hybrid"]
Features = Literal["raw", "reduced"]


@dataclass(frozen=True)
class QuantumEntrant:
    """A candidate with one seed; each seed counts as a candidate of its own. `entangled=False` is its twin.

    `mark` tells it from entrants of the same name: the settings they differ in, its seed. `backbone`: what a transfer model
    begins with. noise: the device's, where it is trained under it.
    """

    candidate: Candidate
    seed: int
    mark: str = ""
    entangled: bool = True
    features: Features = "reduced"
    backbone: "Source | None" = None
    quantity: bool = False
    noise: "Noise | None" = None

    @property
    def name(self) -> str:
        """The candidate's name, its mark, and whether it is the twin."""
        return f"{self.candidate.name}{self.mark}" + ("" if self.entangled else " (no entanglement)")

    @property
    def identity(self) -> JsonValue:
        """All that decides its answers, and not what it is called."""
        calibration = {} if self.noise is None else {"calibration": self.noise.calibration}
        return {
            **calibration,
            "candidate": self.candidate.plain(),
            "seed": self.seed,
            "entangled": self.entangled,
            "features": self.features,
            "quantity": self.quantity,
        }

    @property
    def family(self) -> Family:
        """The family its row stands in."""
        return MODELS[self.candidate.model].family

    def build(self, classes: int) -> Any:
        """An unfitted estimator for `classes` classes; their number says nothing where a quantity is predicted."""
        from qpilot.models.building import build

        return build(self.candidate, self.seed, classes, self.entangled, self.backbone, self.quantity, self.noise)


@dataclass(frozen=True)
class ClassicalEntrant:
    """A baseline with one point of its grid, on raw or on reduced features."""

    model: str
    settings: tuple[tuple[str, Any], ...]
    seed: int
    features: Features
    quantity: bool = False

    @property
    def name(self) -> str:
        """The baseline's name with the features it sees; its settings are not part of it."""
        return f"{self.model} on {self.features} features"

    @property
    def identity(self) -> JsonValue:
        """All that decides its answers, and not what it is called."""
        # As text, since there are dicts and kernels among them.
        settings: list[JsonValue] = [[name, repr(value)] for name, value in self.settings]
        identity: dict[str, JsonValue] = {"baseline": self.model, "settings": settings, "seed": self.seed}
        return {**identity, "features": self.features, "quantity": self.quantity}

    @property
    def family(self) -> Family:
        """Always classical."""
        return "classical"

    def build(self, classes: int) -> Any:
        """An unfitted estimator; scikit-learn finds the number of classes by itself."""
        estimator, _ = _known(self.quantity)[self.model](self.seed)
        return estimator.set_params(**dict(self.settings))


Entrant = QuantumEntrant | ClassicalEntrant


def quantum_entrants(
    pilot: Pilot, backbones: "Mapping[Backbone, Source] | None" = None, noise: "Noise | None" = None
) -> list[QuantumEntrant]:
    """Every candidate of the pilot with every seed; a model without random start needs one seed only.

    backbones: what each stands for; noise: the device's. Both are needed to fit those who ask for them, not to count or
    name them.
    """
    found = []
    for candidate, mark in zip(pilot.candidates, marks(pilot.candidates), strict=True):
        seeds = pilot.search.seeds if MODELS[candidate.model].trainable else 1
        for seed in range(pilot.seed, pilot.seed + seeds):
            moved = None if candidate.backbone is None else (backbones or {}).get(candidate.backbone)
            told = mark + (f", seed {seed}" if seeds > 1 else "")
            suffered = None if candidate.training.noise == "none" else noise
            found.append(QuantumEntrant(candidate, seed, told, True, "reduced", moved, pilot.claim.quantity, suffered))
    return found


def marks(candidates: Sequence[Candidate]) -> list[str]:
    """What tells each candidate from those of the same name: the settings they differ in (", steps 400"), else nothing."""
    found = []
    for candidate in candidates:
        namesakes = [_settings(other) for other in candidates if other.name == candidate.name]
        found.append(
            "".join(
                f", {name} {value}"
                for name, value in _settings(candidate).items()
                if any(other.get(name) != value for other in namesakes)
            )
        )
    return found


def _settings(record: Record, prefix: str = "") -> dict[str, str]:
    """Every setting by name, nested ones as "training.start"."""
    found: dict[str, str] = {}
    for name in type(record).model_fields:
        value = getattr(record, name)
        if isinstance(value, Record):
            found |= _settings(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = f"{value}"
    return found


def classical_entrants(pilot: Pilot) -> list[ClassicalEntrant]:
    """Every baseline on every point of its grid, on raw features and, where the pilot reduces them, on reduced ones."""
    kinds: tuple[Features, ...] = ("raw",) if pilot.reduce.method == "none" else ("raw", "reduced")
    return [
        ClassicalEntrant(baseline.model, settings, pilot.seed, features, pilot.claim.quantity)
        for baseline in pilot.baselines
        for features in kinds
        for settings in _grid(baseline.model, pilot.seed, pilot.claim.quantity)
    ]


def _known(quantity: bool) -> Baselines:
    return REGRESSORS if quantity else CLASSIFIERS


def _grid(model: str, seed: int, quantity: bool) -> Iterator[tuple[tuple[str, Any], ...]]:
    from sklearn.model_selection import ParameterGrid

    for point in ParameterGrid(_known(quantity)[model](seed)[1]):
        yield tuple(sorted(point.items()))
