"""The circuits a pilot can name: an encoding, and an ansatz after it."""

from qpilot.circuits.circuit import Circuit
from qpilot.circuits.registry import ANSAETZE, ENCODINGS, Encoding, Layered, Preparation, Tree
from qpilot.circuits.wiring import CONNECTIVITIES

__all__ = ["ANSAETZE", "CONNECTIVITIES", "ENCODINGS", "Circuit", "Encoding", "Layered", "Preparation", "Tree"]
