"""The fault matrix: what a paid run says, how it stands, and what it pays under every fault of tests/paid/faults.py.

    OMP_NUM_THREADS=1 python -m benchmarks.fault_matrix

Ends with 1 where a fault is not met as its line in the list expects.
"""

import sys

from qpilot.braket.service import BraketService
from tests.loopback import Loopback
from tests.loopback.fixtures import reached
from tests.paid.faults import FAULTS, Fault, Row, outcome

HEADS = ("fault", "state", "again", "paid", "lost", "ledger", "the user reads")
WIDTHS = (42, 13, 6, 5, 5, 7, 0)
LEGEND = """
state: how the run stands after the fault. again: the same call, the fault removed and the sentence followed, completes.
paid: tasks per work item, the most. lost: ARNs that the journal does not know. ledger: every bill of the service stands
in the journal at its amount, settled or reserved."""


def line(row: Row) -> str:
    """One line of the table."""
    ledger = "equal" if row.agrees else "DIFFERS"
    return _line((row.fault, row.state, _yes(row.again), str(row.paid), str(row.lost), ledger, row.said))


def expected(fault: Fault, row: Row) -> bool:
    """Whether the fault was met as the list says."""
    met = (row.state, row.again) == (fault.state, fault.again) and fault.says in row.said and row.struck
    return met and (row.paid, row.unpaid, row.lost, row.agrees) == (1, 0, 0, True)


def main() -> int:
    """Prints the table."""
    wrong = []
    _say(_line(HEADS))
    with Loopback() as service, reached(service):
        clients = BraketService()
        for fault in FAULTS:
            row = outcome(fault, service, clients)
            _say(line(row))
            if not expected(fault, row):
                wrong.append(fault.name)
    _say(LEGEND)
    _say(f"{len(FAULTS)} faults, {len(wrong)} other than expected" + (f": {', '.join(wrong)}" if wrong else ""))
    return int(bool(wrong))


def _line(cells: tuple[str, ...]) -> str:
    return "".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


def _yes(so: bool) -> str:
    return "yes" if so else "no"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
