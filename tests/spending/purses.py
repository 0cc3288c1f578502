"""A purse on a home of its own, and a batch that compiles differently every time it is compiled."""

import itertools
import os
from decimal import Decimal
from pathlib import Path

from qpilot.devices import device
from qpilot.job import Stores
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.spending.cashier import Patience
from qpilot.spending.plans import Prepared
from qpilot.spending.purse import Purse
from qpilot.spending.service import Work
from tests.postgres import PASSWORD
from tests.spending.vendor import DEVICE, PRICE, Vendor

RUN = "wine-0123abcd-1"
KEY = f"{RUN}/0000"
FINGERPRINT = "f" * 64
FIGURES = device("iqm-garnet")

_compiled = itertools.count()


def place(folder: Path) -> Path | str:
    """Where the journal of `folder` lies: in PostgreSQL where a file says so, for processes that inherit nothing."""
    told = folder / "journal.url"
    if not told.exists():
        return folder / "journal.db"
    os.environ["QPILOT_JOURNAL_PASSWORD"] = PASSWORD
    return told.read_text()


def stores(folder: Path, vendor: Vendor) -> Stores:
    return Stores(Journal(place(folder)), Artifacts(folder / "artifacts"), vendor.now)


def purse(kept: Stores, usd: Decimal | str = "100", **changed: object) -> Purse:
    fields: dict[str, object] = {
        "stores": kept,
        "run": RUN,
        "pilot": "p" * 64,
        "owner": "wine",
        "usd": Decimal(usd),
        "account": None,
        "retries": 1,
        "deadline_hours": 24.0,
        "unattended": True,
    }
    return Purse(**{**fields, **changed})  # type: ignore[arg-type]


def prepare(works: int = 2) -> Prepared:
    """Never the same bytes twice: what is compiled anew would be another task."""
    compiled = next(_compiled)
    return Prepared(
        works=tuple(
            Work(DEVICE, f"program {place}, compiled {compiled}".encode(), 100, PRICE) for place in range(works)
        ),
        device=FIGURES,
        decode={"works": works},
        wait={"low": 0.1, "median": 1.0, "high": 3.0},
    )


def patient(vendor: Vendor) -> Patience:
    """Waits without waiting: the vendor's clock moves instead."""
    return Patience(poll_seconds=5.0, pause=vendor.advance)
