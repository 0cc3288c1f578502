"""What GetDevice answers, cut down to three qubits on a line."""

from typing import Any

ARN = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"


def one(gate: float = 0.999, readout: float = 0.98, t2: float = 8e-6) -> dict[str, Any]:
    """A qubit's figures."""
    return {
        "T1": {"value": 4e-5, "unit": "S"},
        "T2": {"value": t2, "unit": "S"},
        "oneQubitFidelity": [
            {"fidelityType": {"name": "SIMULTANEOUS_RANDOMIZED_BENCHMARKING"}, "fidelity": gate},
            {"fidelityType": {"name": "READOUT"}, "fidelity": readout},
        ],
    }


def pair(fidelity: float) -> dict[str, Any]:
    """A pair's figures; those of a whole Clifford are no gate's."""
    return {
        "twoQubitGateFidelity": [
            {"gateName": "CZ", "fidelity": fidelity},
            {"gateName": "Two_Qubit_Clifford", "fidelity": 0.7},
        ]
    }


def properties() -> dict[str, Any]:
    """A new answer at each call, which a test may spoil."""
    return {
        "service": {
            "executionWindows": [
                {"executionDay": "Monday", "windowStartHour": "08:00:00", "windowEndHour": "10:00:00"}
            ],
            "shotsRange": [1, 20000],
            "deviceCost": {"price": 0.00145, "unit": "shot"},
            "updatedAt": "2025-07-06T17:52:53.997626+00:00",
        },
        "action": {"braket.ir.openqasm.program": {}},
        "paradigm": {
            "nativeGateSet": ["cz", "prx", "cc_prx"],
            "qubitCount": 3,
            "connectivity": {"fullyConnected": False, "connectivityGraph": {"1": ["2"], "2": ["1", "4"]}},
        },
        "standardized": {
            "oneQubitProperties": {"1": one(), "2": one(), "4": one()},
            "twoQubitProperties": {"2-1": pair(0.99), "2-4": pair(0.98)},
        },
    }
