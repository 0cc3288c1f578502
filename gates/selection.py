"""What the prototype gate reads: how a claim may be tested, and what selection and test found."""

import math
from typing import Literal

from pydantic import Field

from gates.claim import Claim
from gates.contender import Contender
from gates.nested import Paired
from gates.records import Evidence, Measure, Record
from gates.search import Ladder

Form = Literal["locked", "nested"]


class PrototypePolicy(Record):
    """`min_alpha`: the smallest wallet alpha a try is still tested at; below it the data set is used up.

    frozen: the candidates were fixed in the pilot file, so nested cross-validation of `outer_folds` x `outer_repeats` may
    stand in for a locked set that is too small. looks: at the locked set, fixed beforehand (2 with a top-up).
    device_power: the chance to show the claim on the device that is asked for. averaged: over seeds.
    """

    claim: Claim
    min_alpha: float = Field(gt=0, le=0.2)
    frozen: bool = False
    outer_folds: int = Field(default=10, ge=3)
    outer_repeats: int = Field(default=5, ge=1)
    looks: int = Field(default=1, ge=1, le=2)
    device_power: float | None = Field(default=None, ge=0.5, lt=1)
    averaged: bool = False

    @property
    def device_claim(self) -> Claim:
        """The claim as promotion tests it on the device."""
        return self.claim if self.device_power is None else self.claim.model_copy(update={"power": self.device_power})


class PrototypeEvidence(Evidence):
    """The selection by repeated CV on development rows, and what the finalist then showed.

    form: "locked", one reading of the locked set by one finalist; "nested", the whole selection redone in each outer fold
    over the development rows, the locked rows kept for the device. `locked` is the number of locked rows fixed before
    anything was opened, `development` the others, `largest_class` the share of the most frequent class among those,
    `device_points` how many locked rows the device may measure, `required` the rows the claim takes in this form and
    `device_required` those it takes on the device (None: the same), `attempt` the wallet's try on this data, `alpha` that
    try's share, `look` which of its looks this is, `added` the locked rows that came with a top-up. Comparisons are None
    while nothing was opened (the wallet or a power check refused it). `chosen`: of the outer folds, how many chose which
    finalist, and which reference. `ladder`: what a search under a budget did; None where everybody was read on all rows.
    """

    finalist: str
    reference: str
    locked: int
    device_points: int
    required: int
    attempt: int
    alpha: float
    contenders: tuple[Contender, ...]
    advantage: Paired | None
    twin: Paired | None
    majority: Paired | None
    resource_ratio: Measure | None
    optimism: Measure
    importance: dict[str, Measure]
    failures: dict[str, str]
    form: Form = "locked"
    development: int = 0
    device_required: int | None = None
    look: int = 1
    added: int = 0
    chosen: dict[str, dict[str, int]] = Field(default_factory=dict)
    largest_class: float = math.nan
    ladder: Ladder | None = None

    @property
    def rows(self) -> int:
        """The rows this form tests the claim on."""
        return self.development if self.form == "nested" else self.locked

    @property
    def planned_points(self) -> int:
        """Points that promotion is planned on."""
        return self.required if self.device_required is None else self.device_required
