"""A request is answered once, in time, by whoever may, for exactly what it asks; everything else leaves nothing behind."""

from decimal import Decimal

import pytest

from qpilot.approval import Answer, Rejected, approve, granted, lapse, reject, required, standing
from qpilot.decisions.attestation import attestation
from qpilot.decisions.keys import keyid
from qpilot.errors import QpilotError
from qpilot.pilot import Approval
from qpilot.runs import lifetime
from qpilot.runs.summary import Summary
from tests.approval.asking import FOUR_EYES, RUN, START, Asking, at, payload, yes

DIGEST = payload().digest


@pytest.fixture
def run(tmp_path):
    return Asking.of(tmp_path)


@pytest.fixture
def two(tmp_path):
    return Asking.of(tmp_path, *FOUR_EYES)


def refused(run, answer, hours, said, how=approve):
    """The answer is refused with that sentence, and the journal is as it was."""
    before = run.home.journal.head()
    with pytest.raises(QpilotError, match=said):
        how(run.home, RUN, answer, at(hours))
    assert run.home.journal.head() == before


def test_an_approval_is_a_grant_until_it_ends(run):
    request = run.ask()
    assert granted(run.home.journal, RUN, DIGEST, at(0)) is None
    found = approve(run.home, RUN, yes("  Ada   Lovelace ", "12.50", note="go"), at(1))
    assert (found.state, found.missing, found.approvals[0].name) == ("approved", 0, "Ada Lovelace")
    grant = granted(run.home.journal, RUN, DIGEST, at(71.9))
    assert grant is not None
    assert (grant.max_usd, grant.until, grant.names) == (Decimal("12.50"), request.expires, ("Ada Lovelace",))
    assert granted(run.home.journal, RUN, DIGEST, at(72)) is None
    assert granted(run.home.journal, "wine-0123abcd-11", DIGEST, at(1)) is None
    assert granted(run.home.journal, RUN, "f" * 64, at(1)) is None


def test_asking_again_for_the_same_is_the_same_request(run):
    first = run.ask()
    assert run.ask(5) == first
    assert run.ask(5, because="more is needed") == first, "it is open: nobody is asked twice"
    approve(run.home, RUN, yes("Ada"), at(6))
    assert run.ask(7) == first
    more = run.ask(8, because="more is needed")
    assert (more.number, more.because) == (2, "more is needed")
    assert run.ask(9, because="more is needed") == more
    assert run.ask(9) == more
    assert granted(run.home.journal, RUN, DIGEST, at(9)) is None
    assert [entry.key for entry in run.home.journal.find("request")] == [f"{RUN}/1", f"{RUN}/2"]


def test_an_approval_that_ended_is_asked_anew(run):
    run.ask()
    approve(run.home, RUN, yes("Ada"), at(1))
    second = run.ask(73)
    assert (second.number, lapse(run.home, RUN, at(74))) == (2, False)
    assert "ended on 2026-03-04 12:00 UTC" in second.because


@pytest.mark.parametrize("usd", ["0", "-1", "NaN", "Infinity", "-Infinity"])
def test_a_maximum_is_an_amount_of_money(run, usd):
    run.ask()
    refused(run, yes("Ada", usd), 1, "required: a number of dollars above 0")


@pytest.mark.parametrize(
    "usd", ["1E+999999999", "1E-999999999", "1000000000.01", "0.0000001", "5.0000000000000000000001"]
)
def test_a_maximum_is_an_amount_that_can_be_written_out(run, usd):
    run.ask()
    refused(run, yes("Ada", usd), 1, "required: at most")


def test_a_maximum_to_the_last_decimal_is_taken(run):
    run.ask()
    assert approve(run.home, RUN, yes("Ada", "1000000000.000000000"), at(1)).state == "approved"


def test_what_costs_nothing_is_approved_for_nothing(run):
    run.ask(usd_worst=Decimal(0))
    assert approve(run.home, RUN, yes("Ada", "0"), at(1)).state == "approved"


def test_doubled_answers_are_refused(run):
    run.ask()
    approve(run.home, RUN, yes("Ada"), at(1))
    for name in ("Ada", " ADA ", "Bob"):
        refused(run, yes(name, "99"), 2, "was approved by Ada before")
    refused(run, Answer("Bob", note="no"), 2, "was approved by Ada before; `qpilot abort` ends it", reject)
    assert granted(run.home.journal, RUN, DIGEST, at(2)).max_usd == 50


def test_a_rejection_is_for_good(run):
    run.ask()
    found = reject(run.home, RUN, Answer("Ada", note="too dear"), at(1))
    assert (found.state, found.rejected_by, found.note) == ("rejected", "Ada", "too dear")
    refused(run, yes("Bob"), 2, "was rejected by Ada before")
    refused(run, Answer("Bob"), 2, "was rejected by Ada before", reject)
    for changed in ({}, {"shots": 200}):
        with pytest.raises(Rejected, match="rejected by Ada: too dear"):
            run.ask(100, **changed)
    assert lapse(run.home, RUN, at(100)) is False


@pytest.mark.parametrize("how", [approve, reject])
def test_late_answers_are_refused_before_and_after_the_journal_says_so(run, how):
    run.ask()
    refused(run, yes("Ada"), 72, "expired on 2026-03-04 12:00 UTC, so the answer is late", how)
    assert lapse(run.home, RUN, at(71.99)) is False
    assert [lapse(run.home, RUN, at(72)) for _ in range(3)] == [True, False, False]
    assert standing(run.home.journal, RUN).state == "expired"
    refused(run, yes("Ada"), 1, "is late", how)
    assert run.ask(73).number == 2
    assert how(run.home, RUN, yes("Ada"), at(74)).state in ("approved", "rejected")


def test_the_digest_that_was_seen_has_to_be_the_one_that_stands(run):
    first = run.ask()
    second = run.ask(1, shots=200)
    refused(run, yes("Ada", digest=first.short), 2, f"asks for {second.short} now, not {first.short}")
    refused(run, yes("Ada", digest=second.digest[:7]), 2, "asks for")
    refused(run, yes("Ada", digest="x" * 64), 2, "asks for")
    refused(run, Answer("Ada", digest=first.digest), 2, "asks for", reject)
    assert approve(run.home, RUN, yes("Ada", digest=second.short.upper()), at(2)).state == "approved"


def test_only_who_is_named_may_answer(tmp_path):
    run = Asking.of(tmp_path, 'approval.approvers=["Ada Lovelace"]')
    run.ask()
    refused(run, yes("Bob"), 1, "'Bob' may not answer for run .*approval.approvers: Ada Lovelace")
    refused(run, Answer("Bob"), 1, "may not answer", reject)
    assert approve(run.home, RUN, yes("ada  LOVELACE"), at(1)).state == "approved"


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "blank"), (" \t", "blank"), ("a/b", "holds '/'"), ("a\x00b", "holds"), ("a" * 81, "81 char")]
    + [(f"Ada{letter}", "holds") for letter in "\u200b\u200d\u00ad\ufe0f\u034f\u3164\uffa0\u2800\U000e0100\u180e\u202e"]
    + [("\u0410da", "mixes Cyrillic and Latin letters"), ("Ad\u03b1", "mixes Greek and Latin letters")],
)
def test_a_name_is_one(run, name, said):
    run.ask()
    refused(run, yes(name), 1, said)
    refused(run, Answer(name), 1, said, reject)


def test_four_eyes_are_two_others_than_the_starter(two):
    two.ask()
    refused(two, yes(" sAM "), 1, "started run .* asks two others")
    half = approve(two.home, RUN, yes("Ada", "80"), at(1))
    assert (half.state, half.missing, granted(two.home.journal, RUN, DIGEST, at(1))) == ("asked", 1, None)
    refused(two, yes(" ada ", "90"), 2, "has approved run .* before")
    refused(two, yes("Mallory"), 2, "may not answer")
    assert approve(two.home, RUN, yes("Bob", "30"), at(2)).state == "approved"
    grant = granted(two.home.journal, RUN, DIGEST, at(2))
    assert (grant.max_usd, grant.names) == (Decimal(30), ("Ada", "Bob"))
    refused(two, yes("Eve"), 3, "was approved by Ada and Bob before")


def test_one_of_four_eyes_is_no_approval_when_time_is_up_or_somebody_rejects(two):
    two.ask()
    approve(two.home, RUN, yes("Ada"), at(1))
    assert lapse(two.home, RUN, at(73)) is True
    assert standing(two.home.journal, RUN).state == "expired"
    two.ask(74)
    assert standing(two.home.journal, RUN).approvals == (), "an approval is of one request"
    approve(two.home, RUN, yes("Ada"), at(75))
    assert reject(two.home, RUN, Answer("Bob", note="no"), at(76)).state == "rejected"
    assert granted(two.home.journal, RUN, DIGEST, at(76)) is None


def test_who_started_a_run_may_withdraw_it(tmp_path):
    run = Asking.of(tmp_path, 'approval.approvers=["Ada"]')
    run.ask()
    assert reject(run.home, RUN, Answer("sam"), at(1)).state == "rejected"


def test_four_eyes_need_to_know_who_started(tmp_path):
    with pytest.raises(QpilotError, match="does not say who started it"):
        Asking.of(tmp_path, *FOUR_EYES, by="").ask()


def test_runs_that_are_unknown_or_ask_nothing_or_have_ended(run):
    with pytest.raises(QpilotError, match=f"unknown run 'nobody'; known: {RUN}"):
        approve(run.home, "nobody", yes("Ada"), at(0))
    refused(run, yes("Ada"), 0, "asks for no approval")
    assert (standing(run.home.journal, RUN), lapse(run.home, RUN, START)) == (None, False)
    run.ask()
    lifetime.end(run.home.journal, Summary(run=RUN, outcome="NO_GO"), explore=False, at=at(1))
    refused(run, yes("Ada"), 2, "has ended")
    refused(run, Answer("Ada"), 2, "has ended", reject)


def test_another_policy_is_another_question(run):
    run.ask()
    approve(run.home, RUN, yes("Ada"), at(1))
    stricter = Asking(run.home, run.job.model_copy(update={"pilot": Asking.of(run.home.path, *FOUR_EYES).job.pilot}))
    assert stricter.ask(2).number == 2
    assert granted(run.home.journal, RUN, DIGEST, at(2)) is None


def test_every_decision_is_signed_by_the_home(run):
    run.ask()
    approve(run.home, RUN, yes("Ada"), at(1))
    run.ask(2, because="more")
    lapse(run.home, RUN, at(99))
    run.ask(100)
    reject(run.home, RUN, Answer("Ada"), at(101))
    kinds = ("approval", "rejected", "expired")
    entries = [entry for kind in kinds for entry in run.home.journal.find(kind)]
    public = run.home.signer.public()
    found = [attestation(entry.payload, {keyid(public): public}) for entry in entries]
    assert [(one.kind, one.name) for one in found] == [
        ("approval", f"{RUN}/1/ada"),
        ("rejection", f"{RUN}/3"),
        ("expiry", f"{RUN}/2"),
    ]
    assert found[0].subjects["payload"] == DIGEST


def test_an_entry_about_another_request_is_no_approval_of_this_one(run):
    run.ask()
    content = {"name": "Ada", "max_usd": "50", "note": "", "request": "f" * 64, "signature": ""}
    run.home.journal.append("approval", f"{RUN}/1/ada", content, at(1))
    assert (standing(run.home.journal, RUN).state, granted(run.home.journal, RUN, DIGEST, at(1))) == ("asked", None)


def test_a_run_that_waits_or_whose_request_expired_goes_on_and_each_time_is_told(run):
    journal = run.home.journal
    expired = Summary(run=RUN, outcome="REJECTED", error="expired", suspended=True)
    waits = [Summary(run=RUN, outcome="AWAITING_APPROVAL", charged_usd=Decimal(usd)) for usd in (0, 0, 3)]
    for hours, summary in enumerate((waits[0], waits[1], expired, waits[2])):
        lifetime.end(journal, summary, explore=False, at=at(hours))
        lifetime.end(journal, waits[0], explore=True, at=at(hours))
        assert (lifetime.ending(journal, RUN, explore=False), lifetime.final(journal, RUN, explore=False)) == (
            summary,
            None,
        )
    assert [entry.key for entry in journal.find("awaiting")] == [f"{RUN}/1", f"{RUN}/explore/1", f"{RUN}/2", f"{RUN}/3"]
    ended = Summary(run=RUN, outcome="NO_GO")
    lifetime.end(journal, ended, explore=False, at=at(9))
    assert lifetime.ending(journal, RUN, explore=False) == lifetime.final(journal, RUN, explore=False) == ended
    assert lifetime.final(journal, RUN, explore=True) is None


@pytest.mark.parametrize(
    ("when", "charged", "needed"),
    [("charged", "0", False), ("charged", "0.01", True), ("always", "0", True), ("never", "99", False)],
)
def test_when_a_person_has_to_approve(when, charged, needed):
    assert required(Approval(when=when), Decimal(charged)) is needed


@pytest.mark.parametrize("other", ["BOB", " bob ", "\uff22\uff4f\uff42", "Bo\u212c".casefold(), "b\u00ba\u0062"])
def test_one_person_in_another_spelling_is_no_second_pair_of_eyes(two, other):
    two.ask()
    assert approve(two.home, RUN, yes("Bob"), at(1)).missing == 1
    refused(two, yes(other), 2, "has approved run")


@pytest.mark.parametrize("other", ["SAM", " sam", "\uff33am"])
def test_who_started_is_known_in_any_spelling(two, other):
    two.ask()
    refused(two, yes(other), 1, "started run")
