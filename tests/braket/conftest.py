"""The loopback service, and what a run brings to it: stores and a purse."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from qpilot.job import Stores
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.spending.purse import Purse
from tests.loopback.fixtures import braket_service

__all__ = ["braket_service"]

Purses = Callable[..., Purse]


@pytest.fixture
def purse(tmp_path: Path) -> Purses:
    """A purse over one journal; called again, it is what another process opens."""

    def opened(run: str = "pilot-12345678-1", usd: str = "10000", **changed: object) -> Purse:
        journal = Journal(tmp_path / "journal.sqlite")
        stores = Stores(journal, Artifacts(tmp_path / "artifacts"), lambda: datetime.now(UTC))
        given: dict[str, object] = {"account": None, "retries": 1, "deadline_hours": 24.0, "unattended": True}
        return Purse(stores, run, "a" * 64, "pilot", Decimal(usd), **(given | changed))  # type: ignore[arg-type]

    return opened


@pytest.fixture
def pauses() -> list[float]:
    """What was waited, without waiting."""
    return []
