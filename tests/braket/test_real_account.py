"""Against a real AWS account: `pytest -m aws tests/braket`. Skipped without credentials, and not run unless asked for.

What it costs (list prices of 2026): test_sv1 one task of three seconds, $0.00375; test_garnet one program set of 6 circuits
with 10 shots each, $0.30 + 60 x $0.00145 = $0.387, and waits until Garnet's next execution window; the others nothing. S3
keeps a few kilobytes below amazon-braket-REGION-ACCOUNT/qpilot/. Needs the IAM actions that docs list, and Garnet's terms
accepted in the Braket console.
"""

from decimal import Decimal

import numpy as np
import pytest

from qpilot.backend import Batch
from qpilot.backends import backend
from qpilot.braket.looking import arns, look, unable
from qpilot.devices import DEVICES, SIMULATORS, device
from qpilot.mitigation import MITIGATIONS
from tests.braket.conftest import Purses
from tests.emulator.shapes import entangling

pytestmark = [pytest.mark.aws, pytest.mark.timeout(6 * 3600)]


@pytest.fixture(autouse=True)
def _asked_for_and_possible(request: pytest.FixtureRequest) -> None:
    """Credentials lying around are no consent to spend."""
    if "aws" not in str(request.config.getoption("markexpr")):
        pytest.skip("costs money: pytest -m aws")
    if why := unable():
        pytest.skip(why)


def test_live_figures_of_every_device() -> None:
    """Free."""
    everything = arns()
    assert {simulator.arn for simulator in SIMULATORS.values()} & {*everything}
    for arn in everything:
        found = look(arn)
        assert found.status in ("ONLINE", "OFFLINE")
        assert found.device.arn == arn


@pytest.mark.parametrize("name", DEVICES)
def test_quotes_are_live(name: str) -> None:
    """Free."""
    quote = backend("braket", name).quote(10, 100)
    assert quote.charged_usd > 0
    assert not [note for note in quote.notes if "live figures could not be had" in note]


def test_sv1(purse: Purses) -> None:
    """One task, $0.00375."""
    own = purse(run="real-00000000-1", usd="0.10")
    opened = backend("braket", "simulator-sv1", own)
    asked = Batch((entangling(2, 1, 1, 1),), (), 1000)
    outcomes = opened.collect(opened.submit(asked, f"{own.run}/0000"))
    assert outcomes.settings[0].sum() == 1000
    assert outcomes.quote.charged_usd <= Decimal("0.02")
    again = opened.collect(opened.submit(asked, f"{own.run}/0000"))
    assert np.array_equal(again.settings[0], outcomes.settings[0])
    assert again.tasks == outcomes.tasks


def test_garnet(purse: Purses) -> None:
    """One program set of 6 circuits with 10 shots each, $0.387."""
    own = purse(run="real-00000000-2", usd="0.50", deadline_hours=120.0)
    opened = backend("braket", "iqm-garnet", own)
    asked = Batch(*MITIGATIONS["readout"].construct((entangling(3, 1, 4, 1),)), 10)
    outcomes = opened.collect(opened.submit(asked, f"{own.run}/0000"))
    assert [counts.sum() for counts in outcomes.settings] == [40]
    assert outcomes.quote.charged_usd == opened.quote(6, 10).charged_usd
    assert outcomes.device.arn == device("iqm-garnet").arn
