"""What a forecast is told besides the pilot: money that is spoken for, the queue, the history."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from qpilot.devices import device
from qpilot.emulator import Emulator
from qpilot.errors import QpilotError
from qpilot.forecast.list_price import ListPrice
from qpilot.forecast.queue import Depth
from qpilot.forecast.situation import account, committed, situation
from qpilot.pilot import Pilot
from qpilot.pilotfile import read
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.spending.accounts import set_limit

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
GARNET = device("iqm-garnet")
PLANTED = Path(__file__).parents[2] / "pilots" / "planted" / "pilot.toml"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Three runs: two tries of "planted" and one of another pilot on the same account, some of it settled for less."""
    found = Journal(tmp_path / "journal.db")
    for run, owner, usd, billed in (
        ("planted-aa-1", "planted", "10", "7.25"),
        ("planted-bb-2", "planted", "20", None),
        ("other-cc-1", "other", "40", None),
    ):
        key = f"{run}/0000/0000/1"
        found.append("reserved", key, {"owner": owner, "account": "lab", "usd": usd, "device": GARNET.arn}, NOW)
        if billed is not None:
            settled = {"reference": "arn", "state": "FAILED", "usd": billed, "created": None, "ended": None}
            found.append("settled", key, settled, NOW)
    return found


@pytest.mark.parametrize(
    ("run", "usd"), [(None, "27.25"), ("planted-bb-2", "7.25"), ("planted-aa-1", "20"), ("planted-dd-3", "27.25")]
)
def test_what_other_tries_took_is_committed_and_the_run_itself_is_not(journal: Journal, run: str, usd: str) -> None:
    assert committed(journal, "planted", run) == Decimal(usd)


def test_an_account_leaves_what_nobody_took(journal: Journal) -> None:
    assert account(journal, None, None) is None
    unlimited = account(journal, "lab", None)
    assert unlimited is not None
    assert unlimited.left_usd is None
    set_limit(journal, "lab", Decimal(100), "ada", NOW)
    whole, own = account(journal, "lab", None), account(journal, "lab", "planted-bb-2")
    assert whole is not None
    assert own is not None
    assert (whole.left_usd, own.left_usd) == (Decimal("32.75"), Decimal("52.75"))


def pilot(*overrides: str) -> Pilot:
    return read(PLANTED, overrides).pilot


@pytest.mark.parametrize(("worded", "waiting"), [("12", Depth(12, False)), (">4000", Depth(4000, True)), (None, None)])
def test_the_queue_is_what_the_backend_says(
    journal: Journal, tmp_path: Path, worded: str | None, waiting: Depth | None
) -> None:
    seen = situation(
        None, pilot("budget.account=lab"), GARNET, ListPrice(GARNET, worded), journal, Artifacts(tmp_path / "a"), NOW
    )
    assert seen.waiting == waiting
    assert (seen.committed_usd, seen.past, seen.spent) == (Decimal("27.25"), (), ())
    assert seen.account is not None


def test_an_emulator_has_no_queue(journal: Journal, tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path / "a")
    assert situation(None, pilot(), GARNET, Emulator(GARNET), journal, artifacts, NOW).waiting is None
    with pytest.raises(QpilotError, match="a queue depth of 'long' was answered"):
        situation(None, pilot(), GARNET, ListPrice(GARNET, "long"), journal, artifacts, NOW)
