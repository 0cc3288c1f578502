"""The report says who was asked, who answered, what they allowed, and whether they signed."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from qpilot.report.page import render
from qpilot.report.record import Consent, RunRecord, Voice
from tests.report.conftest import promoted_run
from tests.report.test_page import Page, words

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def consent(state: str, *voices: Voice, late: bool = False, because: str = "") -> Consent:
    return Consent.model_validate(
        {
            "number": 1,
            "state": state,
            "asked": AT,
            "expires": AT.replace(day=5),
            "late": late,
            "because": because,
            "request": "ab" * 32,
            "device": "iqm-garnet",
            "points": 270,
            "shots": 1000,
            "usd_p50": Decimal("168.375"),
            "usd_p90": Decimal("606.50"),
            "usd_worst": Decimal("1234"),
            "voices": voices,
        }
    )


def voice(name: str, approved: bool = True, signed: bool = False, note: str = "") -> Voice:
    return Voice(
        name=name, at=AT, approved=approved, max_usd=Decimal(700) if approved else None, note=note, signed=signed
    )


def shown(*consents: Consent) -> str:
    run: RunRecord = replace(promoted_run(), consents=consents)
    html = render(run)
    page = Page(html)
    assert (page.open, page.crossed) == ([], [])
    return words(html)


def test_each_answer_is_shown_with_who_when_how_much_and_how_sure_that_is() -> None:
    text = shown(consent("approved", voice("Ada", signed=True, note="fine"), voice("Grace")))
    for said in ("Ada approved 2026-03-02 09:30 UTC $700.00 signed with a key fine", "Grace approved", "stated"):
        assert said in text
    assert "$1,234.00 at worst" in text
    assert "ab" * 6 in text


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (consent("asked"), "waiting for an answer: 270 points of 1,000 shots"),
        (consent("asked", late=True), "waiting for an answer (its time is up)"),
        (consent("expired"), "expired without a decision"),
        (consent("expired"), "Note nobody "),
        (consent("superseded", because="the price rose"), "asked again, since the price rose"),
        (consent("rejected", voice("Ada", approved=False, note="too dear")), "Ada rejected 2026-03-02 09:30 UTC"),
    ],
    ids=["asked", "late", "expired", "unanswered", "superseded", "rejected"],
)
def test_a_request_without_a_yes_says_how_it_stands(one: Consent, said: str) -> None:
    assert said in shown(one)


def test_what_people_wrote_is_text_and_never_markup() -> None:
    run = replace(promoted_run(), consents=(consent("approved", voice("<b>Ada</b>", note="<script>x</script>")),))
    html = render(run)
    assert "<script>x" not in html
    assert "&lt;b&gt;Ada" in html


def test_a_run_that_asked_nobody_shows_no_approval() -> None:
    assert 'id="approval"' not in render(promoted_run())
