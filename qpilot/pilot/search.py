"""The pilot file's section [search]: how candidates and baselines are cross-validated."""

from typing import Literal, Self

from pydantic import Field, model_validator

from gates.records import Record


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
    budget_cpu_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
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
