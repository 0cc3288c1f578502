"""The page says all that is approved, how the gates answered and how to answer, whatever a pilot file is called."""

from datetime import timedelta
from decimal import Decimal

import pytest

from gates.forecast import ForecastEvidence
from gates.records import Check, Outcome, Verdict
from qpilot.approval import Request
from qpilot.approval.page import markdown
from qpilot.pilot import Approval
from tests.approval.asking import RUN, START, payload

EVIDENCE = ForecastEvidence.model_construct(committed_usd=Decimal("12.00"))


def verdict(reason: str) -> Verdict:
    check = Check(name="budget", outcome=Outcome.GO, observed=None, required="", reason=reason)
    return Verdict(gate="forecast", outcome=Outcome.GO, checks=(check,), evidence="e", policy="p")


def page(reason: str = "fine", because: str = "", **policy: object) -> str:
    request = Request(
        number=2,
        payload=payload(),
        policy=Approval(**policy),  # type: ignore[arg-type]
        starter="Sam",
        expires=START + timedelta(hours=72),
        because=because,
    )
    return markdown(request, [verdict(reason)], EVIDENCE, "https://reports/x").replace(request.short, "SHORT")


def test_everything_that_is_approved_is_on_it():
    text = page(because="$1.50 more would pass the $4.00")
    for said in (
        RUN, "`SHORT`", "04 March 2026, 12:00 UTC", "[Report so far](https://reports/x)", "$90.00", "$40.00", "$20.00",
        "$0.50 a task, $0.01 a shot", "at most 60, 3 circuits each", "100, mitigation readout", "iqm-garnet",
        "arn:aws:braket", "It asks again: $1.50 more would pass the $4.00.", "- **forecast** ✓ GO: fine", "$12.00",
        payload().digest, "c" * 64, f"qpilot approve {RUN} --max-usd N --approver NAME --digest SHORT", "anybody",
    ):  # fmt: skip
        assert said in text, said
    assert "minute" not in text


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"approvers": ("Ada",)}, "one of Ada"),
        ({"approvers": ("Ada", "Bob"), "four_eyes": True}, "two of Ada, Bob, neither of them Sam"),
        ({"approvers": ("Ada",), "identity": "signed"}, "--key FILE"),
    ],
)
def test_it_says_who_may_answer_and_how(policy, said):
    assert said in page(**policy)
    assert ("qpilot sign" in page(**policy)) == ("identity" in policy)


def test_no_text_breaks_out_of_its_table():
    text = page(reason="a | b <script>alert(1)</script>\n# heading `code`")
    assert "<script>" not in text
    assert "\n# heading" not in text
    assert "a \\| b" in text
