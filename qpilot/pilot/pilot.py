"""The pilot file as a whole: what its sections have to be together."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from gates.claim import ERRORS, Claim
from gates.records import Record
from qpilot.baselines import classifiers, regressors
from qpilot.candidates.candidate import Baseline, Candidate, known
from qpilot.candidates.grids import expanded
from qpilot.candidates.space import MOST_COMPONENTS, space
from qpilot.devices.simulators import SIMULATORS
from qpilot.pilot.data import Data
from qpilot.pilot.hardware import Hardware
from qpilot.pilot.money import Approval, Budget
from qpilot.pilot.search import Search
from qpilot.pilot.thresholds import Gates
from qpilot.reduction import REDUCERS


class Charter(Record):
    """Why the pilot is run; shown on the report."""

    question: str = ""
    owner: str = ""
    exit_criteria: tuple[str, ...] = ()
    usd_by_stage: dict[str, Decimal] = Field(default_factory=dict)


class Reduce(Record):
    """How features become few: a method and how many components it leaves (None: as many as there are features)."""

    method: Annotated[str, known("method", tuple(REDUCERS))]
    components: int | None = Field(default=None, ge=1)


class Pilot(Record):
    """A pilot as written in its file. `digest` identifies it: any change is a new try."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")
    kind: Literal["classification", "regression"] = "classification"
    seed: int = Field(default=0, ge=0, lt=2**32)
    charter: Charter = Charter()
    data: Data
    claim: Claim
    reduce: Reduce
    candidates: tuple[Candidate, ...] = Field(min_length=1)
    baselines: tuple[Baseline, ...]
    search: Search = Search()
    hardware: Hardware
    budget: Budget
    approval: Approval = Approval()
    gates: Gates

    @model_validator(mode="after")
    def _metric_fits_kind(self) -> Self:
        if (self.kind == "regression") != self.claim.quantity:
            fitting = " or ".join(ERRORS if self.kind == "regression" else ("accuracy", "balanced_accuracy"))
            raise ValueError(
                f"claim.metric = {self.claim.metric!r} does not go with kind = {self.kind!r}: set {fitting}"
            )
        return self

    @model_validator(mode="after")
    def _thresholds_fit_kind(self) -> Self:
        shares = {"classification": "min_class_share", "regression": "max_value_share"}
        for kind, share in shares.items():
            written = getattr(self.gates.data, share) is not None
            if written and kind != self.kind:
                raise ValueError(f"gates.data.{share} belongs to kind = {kind!r}; set {shares[self.kind]} in its place")
            if not written and kind == self.kind:
                raise ValueError(f"gates.data.{share} is missing (`qpilot init` writes every threshold out)")
        return self

    @model_validator(mode="after")
    def _models_fit_kind(self) -> Self:
        candidates = {f"candidates.{place}": one.unfit_for_quantity() for place, one in enumerate(self.candidates)}
        faults = {f"baselines.{place}": one.unfit(self.claim.quantity) for place, one in enumerate(self.baselines)}
        faults |= candidates if self.claim.quantity else {}
        found = [f"{place}: {fault}" for place, fault in faults.items() if fault is not None]
        if found:
            raise ValueError("; ".join(found))
        return self

    @model_validator(mode="after")
    def _design_fits_together(self) -> Self:
        if self.search.frozen and self.data.time is not None:
            raise ValueError(
                "search.frozen allows nested cross-validation, which tests on rows before those it was trained on: it does not"
                " go with data.time"
            )
        if self.search.frozen and self.data.top_up is not None:
            raise ValueError(
                "data.top_up adds rows to the locked set, and search.frozen may leave it unread: give one of them"
            )
        if self.search.frozen and self.search.method == "auto":
            raise ValueError(
                'search.frozen holds for a list that is tried whole, and method = "auto" drops candidates: leave one of'
                " them out"
            )
        if self.hardware.power is not None and self.hardware.power > self.claim.power:
            raise ValueError(
                f"hardware.power = {self.hardware.power:g} is above claim.power = {self.claim.power:g}: raise claim.power instead"
            )
        return self

    @model_validator(mode="after")
    def _noise_has_a_device(self) -> Self:
        under = [place for place, one in enumerate(self.candidates) if one.training.noise != "none"]
        machine = self.hardware.device
        if under and any(machine in (one.name, one.arn) for one in SIMULATORS.values()):
            raise ValueError(
                f"candidates.{under[0]}: training.noise is that of hardware.device, and {machine} is a simulator, which has"
                " none: name a processor, or leave out training.noise"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _default_baselines(cls, table: Any) -> Any:
        """Where no baseline is named, those that a pilot of its kind meets are written in."""
        if not isinstance(table, Mapping) or "baselines" in table:
            return table
        met = regressors if table.get("kind") == "regression" else classifiers
        return {**table, "baselines": [{"model": name} for name in met.DEFAULT]}

    @model_validator(mode="before")
    @classmethod
    def _default_candidates(cls, table: Any) -> Any:
        """Where a search is given no candidates, those it may try are written in: the digest holds them all."""
        search = table.get("search") if isinstance(table, Mapping) else None
        if not isinstance(search, Mapping) or search.get("method") != "auto" or "candidates" in table:
            return table
        reduce, seed = table.get("reduce"), table.get("seed", 0)
        components = reduce.get("components") if isinstance(reduce, Mapping) else None
        if not isinstance(components, int) or not 2 <= components <= MOST_COMPONENTS or not isinstance(seed, int):
            raise ValueError(
                'search.method = "auto" without [[candidates]] needs reduce.components, 2 to'
                f" {MOST_COMPONENTS}: what it may try depends on it"
            )
        return {**table, "candidates": space(components, seed)}

    @field_validator("candidates", mode="before")
    @classmethod
    def _expanded_candidates(cls, tables: Any) -> Any:
        return expanded(tables) if isinstance(tables, list | tuple) else tables
