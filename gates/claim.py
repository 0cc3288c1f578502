"""What a pilot claims, and with which error rates the claim is tested."""

from typing import Literal, Self

from pydantic import Field, model_validator

from gates.records import Record

Metric = Literal["accuracy", "balanced_accuracy", "absolute_error", "squared_error"]
ERRORS: tuple[Metric, ...] = ("absolute_error", "squared_error")
"""Those that grade a quantity."""


class Claim(Record):
    """The advantage a pilot wants to show over the best tuned classical baseline.

    superiority: candidate - baseline > 0, with `target` (fraction, 0.05 = five points) the advantage worth having.
    non-inferiority: candidate - baseline > -`margin`, and the ratio of `resource` (candidate / baseline) at most
    `max_ratio`.
    `psi` is the expected mean square of the two's difference at a point: of classes, the share of points on which they
    disagree. `alpha` one-sided; `quantum` demands that the entanglement-free twin is beaten too. `worst_error`: how far off
    (in the target's units) an answer about a quantity may be before it is worth nothing; see `gates.grading`.
    """

    kind: Literal["superiority", "non-inferiority"]
    metric: Metric
    worst_error: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    target: float = Field(gt=0, lt=1)
    margin: float | None = Field(default=None, gt=0, lt=1)
    psi: float = Field(gt=0, le=1)
    alpha: float = Field(gt=0, le=0.2)
    power: float = Field(ge=0.5, lt=1)
    quantum: bool
    resource: Literal["parameters", "rows", "inference_usd"] | None = None
    max_ratio: float | None = Field(default=None, gt=0)

    @property
    def quantity(self) -> bool:
        """Whether answers are numbers, and not classes."""
        return self.metric in ERRORS

    @property
    def null(self) -> float:
        """The advantage under the null hypothesis: 0 for superiority, -margin for non-inferiority."""
        return 0.0 if self.margin is None or self.kind == "superiority" else -self.margin

    @property
    def alternative(self) -> float:
        """The advantage at which the test must reach its power: `target` for superiority, 0 for non-inferiority."""
        return self.target if self.kind == "superiority" else 0.0

    @property
    def refuted(self) -> float:
        """The advantage whose exclusion refutes the claim: `target` for superiority, -margin for non-inferiority."""
        return self.target if self.kind == "superiority" else self.null

    @model_validator(mode="after")
    def _complete(self) -> Self:
        extra = {"margin": self.margin, "resource": self.resource, "max_ratio": self.max_ratio}
        if self.kind == "non-inferiority":
            missing = [name for name, value in extra.items() if value is None]
            if missing:
                raise ValueError(f"a non-inferiority claim needs {', '.join(missing)}")
        else:
            given = [name for name, value in extra.items() if value is not None]
            if given:
                raise ValueError(f"{', '.join(given)} belongs to a non-inferiority claim, not to superiority")
        if self.quantity and self.worst_error is None:
            raise ValueError(
                f"metric {self.metric!r} needs worst_error: the error, in the target's units, from which an answer is worth"
                " nothing"
            )
        if not self.quantity and self.worst_error is not None:
            raise ValueError(f"worst_error belongs to {' and '.join(ERRORS)}; metric {self.metric!r} grades classes")
        if self.quantity and self.alternative**2 > self.psi * (1 + 1e-9):
            raise ValueError(
                f"psi = {self.psi:g} is impossible: it is the mean square of the difference, and a mean of"
                f" {self.alternative:g} takes {self.alternative**2:.3g} at least; raise psi or lower what is claimed"
            )
        if not self.quantity and abs(self.alternative - self.null) > self.psi:
            raise ValueError(
                f"psi = {self.psi:g} is impossible: an advantage of {self.alternative - self.null:g} needs disagreement"
                " on at least as many points; raise psi or lower what is claimed"
            )
        return self
