"""The figures each stage measured, in the order the page lists them."""

from collections.abc import Callable, Iterator, Mapping

from qpilot.report.facts.device import hardware, promotion
from qpilot.report.facts.figure import Fact
from qpilot.report.facts.forecast import forecast
from qpilot.report.facts.prototype import prototype, trainability
from qpilot.report.facts.rows import data, reduction
from qpilot.report.record import RunRecord, Stage

FACTS: Mapping[Stage, Callable[[RunRecord], Iterator[Fact]]] = {
    "data": data,
    "reduction": reduction,
    "trainability": trainability,
    "prototype": prototype,
    "forecast": forecast,
    "hardware": hardware,
    "promotion": promotion,
}
