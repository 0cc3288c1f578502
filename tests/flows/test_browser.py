"""A deployed run approved and rejected by a person at a browser: Chromium on the Prefect UI, from suspended to the end.

QPILOT_PICTURES=FOLDER keeps a picture of every page.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as Slow

from qpilot.approval import standing
from qpilot.record.home import Home
from qpilot.spending.ledger import lines, totals
from qpilot.verification import verify
from tests.chromium import CHROMIUM, needed
from tests.flows.conftest import flags, shrunk
from tests.flows.deployed import Deployed
from tests.loopback import Loopback

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
pytestmark = needed


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser of the test's own, with nothing in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        try:
            page = browser.new_context(viewport={"width": 1280, "height": 1100}).new_page()
            page.set_default_timeout(30_000)
            yield page
        finally:
            browser.close()


def shot(page: Page, name: str) -> None:
    """A picture, where somebody wants to look."""
    folder = os.environ.get("QPILOT_PICTURES")
    if folder:
        page.wait_for_timeout(700)  # transitions
        page.screenshot(path=Path(folder) / f"{name}.png")


def form(page: Page, url: str, flow_run: str) -> Locator:
    """The run's page, with the form that Resume opens."""
    page.goto(f"{url}/runs/flow-run/{flow_run}")
    page.get_by_role("button", name="Resume").click()
    dialog = page.get_by_role("dialog")
    dialog.locator(".schema-form-property").first.wait_for()
    return dialog


def field(dialog: Locator, label: str) -> Locator:
    """What a person types into under that label."""
    named = dialog.locator(".schema-form-property").filter(
        has=dialog.page.locator(".p-label__label").get_by_text(re.compile(rf"^{label}( \(Optional\))?$"))
    )
    return named.locator("input:visible, textarea:visible, [role=switch]").first


def labels(dialog: Locator) -> list[str]:
    return [text.strip() for text in dialog.locator(".schema-form-property__label").all_inner_texts()]


def submit(page: Page, dialog: Locator) -> None:
    """Submitted; again, as a person would, where the server was too busy to take it."""
    for _ in range(3):
        with contextlib.suppress(Slow):
            dialog.get_by_role("button", name="Submit").click()
            dialog.wait_for(state="hidden", timeout=30_000)
            return
    expect(dialog).to_be_hidden()


def run_name(deployed: Deployed, flow_run: str) -> str:
    return str(deployed.get(f"flow_runs/{flow_run}")["name"])


def test_a_charged_run_is_approved_in_the_browser_and_promoted(deployed: Deployed, tmp_path: Path, page: Page) -> None:
    path, overrides = shrunk("planted")
    home = Home(tmp_path / "home")
    with Loopback() as vendor:
        words = (*overrides, 'hardware.backend="braket"')
        flow_run = deployed.run(home.path, path, words, vendor.environment)
        deployed.await_state(flow_run, "Suspended")
        run = run_name(deployed, flow_run)
        assert vendor.bills.total == 0
        asked: Any = standing(home.journal, run)
        payload = asked.request.payload

        dialog = form(page, deployed.url, flow_run)
        assert labels(dialog) == ["Approve", "Your name", "Maximum spend in US dollars", "Note (Optional)"]
        assert run in dialog.inner_text()
        assert asked.request.short in dialog.inner_text()
        shot(page, "1-form")
        dialog.get_by_role("button", name="Close").click()

        page.locator("#artifacts").click()
        shot(page, "2-artifacts")
        text = shown(page, deployed, "approval-request")
        shot(page, "3-request")
        for word in (run, payload.device, asked.request.short, "Prototype", f"{payload.usd_worst:.2f}"):
            assert word.lower() in text.lower(), word
        assert page.get_by_role("link", name="Report so far").get_attribute("href")

        dialog = form(page, deployed.url, flow_run)
        field(dialog, "Your name").fill("Ada Lovelace")
        field(dialog, "Maximum spend in US dollars").fill("480")
        field(dialog, "Note").fill("Worth a try")
        submit(page, dialog)  # and forgot the switch
        deployed.until(lambda: "approval-1-1" in str(deployed.get(f"flow_runs/{flow_run}")["state"]), 150)
        dialog = form(page, deployed.url, flow_run)
        assert "Approve was off" in dialog.inner_text()
        shot(page, "4-again")

        field(dialog, "Approve").click()
        field(dialog, "Your name").fill("Ada Lovelace")
        field(dialog, "Maximum spend in US dollars").fill("480")
        field(dialog, "Note").fill("Worth a try")
        shot(page, "5-filled")
        other = page.context.new_page()
        late = form(other, deployed.url, flow_run)
        field(late, "Your name").fill("Ada Lovelace")
        submit(page, dialog)
        late.get_by_role("button", name="Submit").click()
        shot(other, "6-second-tab")
        other.close()

        deployed.await_state(flow_run, "Promoted")
        page.goto(f"{deployed.url}/runs/flow-run/{flow_run}")
        page.get_by_text("Promoted").first.wait_for()
        shot(page, "7-promoted")
        text = shown(page, deployed, f"{run}-summary")
        assert "GO" in text
        shot(page, "8-summary")

        (approval,) = home.journal.find("approval")
        told: Any = approval.payload
        assert (told["name"], told["max_usd"], told["note"]) == ("Ada Lovelace", "480.0", "Worth a try")
        assert totals(lines(home.journal, run)).billed == vendor.bills.total > 0
        assert verify(home) == ()


def shown(page: Page, deployed: Deployed, key: str) -> str:
    """The text of the latest artifact of this key, on its page."""
    latest = deployed.post("artifacts/latest/filter", {"artifacts": {"key": {"any_": [key]}}})[0]
    page.goto(f"{deployed.url}/artifacts/artifact/{latest['latest_id']}")
    page.locator(".markdown-renderer table, .markdown-renderer h2").first.wait_for()
    return "\n".join(page.locator(".markdown-renderer").all_inner_texts())


@pytest.mark.slow
def test_a_run_is_rejected_in_the_browser(deployed: Deployed, tmp_path: Path, page: Page) -> None:
    path, overrides = shrunk("planted")
    home = Home(tmp_path / "home")
    words = (*overrides, 'approval.when="always"', "gates.forecast.max_emulated_loss=0.4", "hardware.shots=210")
    flow_run = deployed.run(home.path, path, words)
    deployed.await_state(flow_run, "Suspended")
    dialog = form(page, deployed.url, flow_run)
    dialog.get_by_role("button", name="Submit").click()
    page.wait_for_timeout(1000)
    assert deployed.state(flow_run)[1] == "Suspended", "a form without a name decides nothing"
    shot(page, "9-nameless")
    field(dialog, "Your name").fill("Ada Lovelace")
    field(dialog, "Note").fill("Not this quarter")
    submit(page, dialog)
    deployed.await_state(flow_run, "Rejected")
    page.goto(f"{deployed.url}/runs/flow-run/{flow_run}")
    page.get_by_text("Rejected").first.wait_for()
    shot(page, "10-rejected")
    assert home.journal.find("counts") == ()
    code, answer, _ = deployed.qpilot(home.path, "run", path, *flags(words))
    assert (code, answer["outcome"]) == (3, "REJECTED")
    assert answer["error"] == "rejected by Ada Lovelace: Not this quarter"
    assert verify(home) == ()
