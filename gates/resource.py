"""The resource half of a non-inferiority claim."""

from collections.abc import Iterator

from gates.bound import at_most
from gates.claim import Claim
from gates.records import Check, Measure


def resource_checks(claim: Claim, ratio: Measure | None) -> Iterator[Check]:
    """The resource half of a non-inferiority claim; no check for superiority."""
    if claim.kind == "superiority" or claim.max_ratio is None or claim.resource is None:
        return
    wanted = claim.resource.replace("_", " ").replace("usd", "cost")
    finding = f"The candidate's need of {wanted} as a multiple of the classical model's"
    yield at_most("resource", ratio, claim.max_ratio, finding, lambda value: f"{value:.3g}")
