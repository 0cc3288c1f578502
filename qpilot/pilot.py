"""The pilot file: TOML read into frozen records, every name checked, every threshold written out."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from gates.claim import ERRORS, Claim
from gates.data import DataPolicy
from gates.records import Record
from gates.reduction import ReductionPolicy
from gates.trainability import TrainabilityPolicy
from qpilot.baselines import DEFAULT as CLASSIFIERS
from qpilot.candidates.candidate import Baseline, Candidate, known
from qpilot.candidates.grids import expanded
from qpilot.candidates.space import MOST_COMPONENTS, space
from qpilot.mitigation import AUTO, MITIGATIONS
from qpilot.persons import person
from qpilot.reduction import REDUCERS
from qpilot.regressors import DEFAULT as REGRESSORS


class Charter(Record):
    """Why the pilot is run; shown on the report."""

    question: str = ""
    owner: str = ""
    exit_criteria: tuple[str, ...] = ()
    usd_by_stage: dict[str, Decimal] = Field(default_factory=dict)


_PASSWORDS = re.compile(r"://[^:/@]*:([^@]+)@|[?&](?:password|passwd|pwd|secret|token)=([^&]+)", re.IGNORECASE)
VARIABLE = re.compile(r"\$(\w+|\{\w+\})")
"""$NAME or ${NAME}: an environment variable, put in when the database is asked and never kept."""


class Data(Record):
    """Where the rows come from, and what may be done to them. Paths resolve against the pilot file's folder.

    `url` (SQLAlchemy's) may name environment variables, $NAME or ${NAME}, and takes its password from one.
    top_up: rows that may be added once to the locked set, if what it says is not enough.
    """

    path: str | None = None
    url: str | None = None
    query: str | None = None
    target: str
    header: bool = True
    suite: str | None = None
    group: str | None = None
    time: str | None = None
    drop: tuple[str, ...] = ()
    missing: Literal["refuse", "impute"] = "refuse"
    text: Literal["refuse", "encode"] = "refuse"
    locked: float = Field(default=0.3, ge=0.1, le=0.6)
    top_up: int | None = Field(default=None, ge=1)
    max_train_rows: int | None = Field(default=None, ge=20)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path (a CSV or Parquet file) or url and query (a database)")
        if (self.url is None) != (self.query is None):
            raise ValueError("url and query belong together")
        passwords = ("".join(found) for found in _PASSWORDS.findall(self.url or ""))
        if not all(map(VARIABLE.fullmatch, passwords)):
            raise ValueError(
                "url holds a password, and the pilot file is kept with every run; name an environment variable in its"
                " place: postgresql://user:$DB_PASSWORD@host/database"
            )
        if self.group is not None and self.time is not None:
            raise ValueError("give group or time, not both")
        return self


class Reduce(Record):
    """How features become few: a method and how many components it leaves (None: as many as there are features)."""

    method: Annotated[str, known("method", tuple(REDUCERS))]
    components: int | None = Field(default=None, ge=1)


class Search(Record):
    """Repeated cross-validation on the development rows, and where its pieces run.

    method "all" reads every candidate on every fold; "auto" by successive halving, what CPU it may take counted beforehand.
    scheduler: the address of a Dask scheduler; without one a cluster of this machine's processes. workers: how many pieces
    run at once; as many as there are cores where it is left out.
    seeds_as: "count" makes each seed a candidate of its own, "average" one candidate of the mean over its seeds. frozen: the
    candidates as listed are all there will be, so that where the locked set is too small the whole search may be redone
    in `outer_folds` x `outer_repeats` outer folds (nested cross-validation).
    """

    method: Literal["all", "auto"] = "all"
    budget_cpu_seconds: float | None = Field(default=None, gt=0)
    folds: int = Field(default=5, ge=2, le=20)
    repeats: int = Field(default=1, ge=1, le=20)
    seeds: int = Field(default=1, ge=1, le=20)
    seeds_as: Literal["count", "average"] = "count"
    frozen: bool = False
    outer_folds: int = Field(default=10, ge=3, le=20)
    outer_repeats: int = Field(default=5, ge=1, le=20)
    runner: Literal["processes", "threads", "dask"] = "processes"
    workers: int | None = Field(default=None, ge=1)
    scheduler: str | None = Field(default=None, pattern=r"^(tcp|tls|ws|wss)://\S+$")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.method == "auto") != (self.budget_cpu_seconds is not None):
            raise ValueError('method = "auto" and budget_cpu_seconds belong together')
        if self.scheduler is not None and self.runner != "dask":
            raise ValueError('scheduler is the address of a Dask scheduler: it needs runner = "dask"')
        if self.scheduler is not None and self.workers is not None:
            raise ValueError("a scheduler has as many workers as it has: leave out workers")
        return self


class Hardware(Record):
    """Which device answers, with how many shots, and how much accuracy it may lose (`margin`).

    `retries`: how often a task that the service failed is submitted anew, each time with a reservation of its own.
    `windows`: execution windows the batches are spread over. `sentinels`: points of the first batch that are measured
    again whenever the device's calibration has changed between two batches. `power`: the chance that promotion shows the
    claim on the points measured, where it may be less than the claim's own.
    """

    backend: str
    device: str
    shots: int | Literal["auto"] = "auto"
    mitigation: Annotated[str, known("mitigation", (*MITIGATIONS, AUTO))] = "readout"
    margin: float = Field(gt=0, lt=1)
    max_points: int | None = Field(default=None, ge=1)
    power: float | None = Field(default=None, ge=0.5, lt=1)
    batch: int = Field(default=25, ge=1)
    retries: int = Field(default=1, ge=0, le=3)
    windows: int = Field(default=1, ge=1, le=14)
    sentinels: int = Field(default=2, ge=0, le=10)

    def points(self, locked: int) -> int:
        """How many of `locked` points the device may measure."""
        return min(locked, self.max_points or locked)


class Budget(Record):
    """What a pilot may be billed over all its tries, and how long a task may wait.

    `account`: pilots that name one account share its limit too. `spending_limit`: a limit of this budget is set at the
    vendor as well, where that is allowed; it binds everybody who uses the device from that account.
    `classical_usd_per_hour`: what an hour of this machine is taken to cost.
    """

    usd: Decimal = Field(ge=0)
    account: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")
    queue_hours: float = Field(gt=0)
    spending_limit: bool = False
    classical_usd_per_hour: Decimal = Field(default=Decimal(0), ge=0)


class Approval(Record):
    """When a person is asked before money is spent, and whose word counts.

    identity: "stated" takes the name that was typed, "signed" a signature by that person's key in QPILOT_HOME's
    approvers.toml. approvers: who may approve; empty for anybody. four_eyes: two of them have to, neither of whom started
    the run. expires_hours: until when a request may be answered, and an approval be used.
    """

    when: Literal["charged", "always", "never"] = "charged"
    identity: Literal["stated", "signed"] = "stated"
    approvers: tuple[str, ...] = ()
    four_eyes: bool = False
    expires_hours: float = Field(default=72, gt=0, le=24 * 366)

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        known = {person(name) for name in self.approvers}
        if len(known) < len(self.approvers):
            raise ValueError("approvers names somebody twice (names differ in more than case and spaces)")
        if self.identity == "signed" and not known:
            raise ValueError('identity = "signed" needs approvers: the names whose keys are in approvers.toml')
        if self.four_eyes and len(known) < 2:
            raise ValueError("four_eyes needs approvers: two names or more, none of them who starts the run")
        return self

    @property
    def needed(self) -> int:
        """How many have to approve."""
        return 2 if self.four_eyes else 1


class PrototypeThresholds(Record):
    """`min_alpha`: below this wallet share the data set counts as used up."""

    min_alpha: float = Field(gt=0, le=0.2)


class ForecastThresholds(Record):
    """`max_emulated_loss`: accuracy the emulated device may lose against the simulator on development rows."""

    max_emulated_loss: float = Field(gt=0, lt=1)


class PromotionThresholds(Record):
    """`require_fallback`: refuse promotion without a classical model that answers."""

    require_fallback: bool


class Gates(Record):
    """Every gate's thresholds, written out. The hardware gate's only threshold is `hardware.margin`."""

    data: DataPolicy
    reduction: ReductionPolicy
    trainability: TrainabilityPolicy
    prototype: PrototypeThresholds
    forecast: ForecastThresholds
    promotion: PromotionThresholds


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
    def _graded(self) -> Self:
        if (self.kind == "regression") != self.claim.quantity:
            fitting = " or ".join(ERRORS if self.kind == "regression" else ("accuracy", "balanced_accuracy"))
            raise ValueError(
                f"claim.metric = {self.claim.metric!r} does not go with kind = {self.kind!r}: set {fitting}"
            )
        return self

    @model_validator(mode="after")
    def _held_to_its_kind(self) -> Self:
        shares = {"classification": "min_class_share", "regression": "max_value_share"}
        for kind, share in shares.items():
            written = getattr(self.gates.data, share) is not None
            if written and kind != self.kind:
                raise ValueError(f"gates.data.{share} belongs to kind = {kind!r}; set {shares[self.kind]} in its place")
            if not written and kind == self.kind:
                raise ValueError(f"gates.data.{share} is missing (`qpilot init` writes every threshold out)")
        return self

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        candidates = {f"candidates.{place}": one.unfit_for_quantity() for place, one in enumerate(self.candidates)}
        faults = {f"baselines.{place}": one.unfit(self.claim.quantity) for place, one in enumerate(self.baselines)}
        faults |= candidates if self.claim.quantity else {}
        found = [f"{place}: {fault}" for place, fault in faults.items() if fault is not None]
        if found:
            raise ValueError("; ".join(found))
        return self

    @model_validator(mode="after")
    def _testable(self) -> Self:
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

    @model_validator(mode="before")
    @classmethod
    def _met(cls, table: Any) -> Any:
        """Where no baseline is named, those that a pilot of its kind meets are written in."""
        if not isinstance(table, Mapping) or "baselines" in table:
            return table
        names = REGRESSORS if table.get("kind") == "regression" else CLASSIFIERS
        return {**table, "baselines": [{"model": name} for name in names]}

    @model_validator(mode="before")
    @classmethod
    def _generated(cls, table: Any) -> Any:
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
    def _lists(cls, tables: Any) -> Any:
        return expanded(tables) if isinstance(tables, list | tuple) else tables
