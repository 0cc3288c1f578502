"""A run's verdicts come out again as they stand, from what it kept and from nothing else; a change shows where it is."""

import hashlib
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main
from gates.records import Outcome
from qpilot.bundle import Bundle
from qpilot.errors import QpilotError
from qpilot.packing import packed, unpacked
from qpilot.replay import Kept, Replayed, replay
from qpilot.replay.kept import LeftOut
from tests.lived import Lived
from tests.replay import forgery

GATES = ("data", "reduction", "trainability", "prototype", "forecast", "hardware", "promotion")


@pytest.fixture
def kept(whole: Lived) -> Kept:
    return Kept.of_home(whole.home, whole.run)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket can be made."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a replay reached for the network")

    for name in ("socket", "create_connection", "getaddrinfo", "socketpair"):
        monkeypatch.setattr(socket, name, refuse)


def tree(folder: Path) -> dict[str, str]:
    """Every file's name and content."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def differences(found: Replayed, gate: str) -> set[str]:
    """Where a gate's differences are."""
    return {one.where for one in next(each for each in found.gates if each.gate == gate).differences}


def different(found: Replayed) -> list[str]:
    """The gates that came out otherwise."""
    return [gate.gate for gate in found.gates if gate.differences]


@pytest.mark.usefixtures("alone")
def test_a_promoted_run_comes_out_the_same_without_network_and_changes_nothing(whole: Lived) -> None:
    before = tree(whole.home.path)
    found = replay(Kept.of_home(whole.home, whole.run))
    assert found.same, [one.sentence for gate in found.gates for one in gate.differences]
    assert tuple((gate.gate, gate.outcome) for gate in found.gates) == tuple((name, Outcome.GO) for name in GATES)
    depths = {gate.gate: gate.depth for gate in found.gates}
    assert "raw counts" in depths["hardware"]
    assert "raw counts" in depths["promotion"]
    assert "kept models on the locked rows" in depths["prototype"]
    assert depths["forecast"].startswith("from the evidence")
    assert found.code == found.notes == ()
    assert tree(whole.home.path) == before


@pytest.mark.usefixtures("alone")
def test_runs_that_people_ended_come_out_the_same_as_far_as_they_got(whole: Lived) -> None:
    for run in whole.others:
        found = replay(Kept.of_home(whole.home, run))
        assert found.same
        assert [gate.gate for gate in found.gates] == ["data"]
        assert found.notes == (
            "the run has no verdict on reduction, trainability, prototype, forecast, hardware, promotion",
        )


def test_a_changed_count_shows_in_what_the_device_answered(kept: Kept) -> None:
    found = replay(forgery.counts(kept))
    assert different(found) == ["hardware"]
    where = differences(found, "hardware")
    assert "evidence.inputs.counts" in where
    assert any(one.startswith("evidence.split") for one in where), "one circuit's outcomes went into the gap"


def test_counts_of_another_batch_are_not_taken(kept: Kept) -> None:
    def swap(payload: Any) -> None:
        payload["batch"] = "0" * 64

    found = replay(forgery.entry(kept, "counts", swap))
    assert different(found) == ["hardware", "promotion"]
    assert "belong to another batch" in next(
        one.again for gate in found.gates if gate.gate == "hardware" for one in gate.differences
    )


def test_a_missing_batch_is_told_as_one(kept: Kept) -> None:
    last = kept.journal.find("counts", f"{kept.run}/")[-1]
    found = replay(forgery.entries(kept, lambda one: None if one == last else one))
    assert different(found) == ["hardware", "promotion"]
    (said,) = [one.again for one in found.gates[5].differences]
    assert "a batch is missing" in said


def test_a_damaged_artifact_is_named_and_the_other_gates_are_replayed(kept: Kept) -> None:
    told: Any = kept.journal.find("verdict", f"{kept.run}/data/")[0].payload
    sha256, before = told["evidence"]["inputs"]["dataset"], kept.artifacts.get

    def damaged(asked: str) -> bytes:
        if asked == sha256:
            raise QpilotError(f"artifact {sha256} was changed after it was stored")
        return before(asked)

    found = replay(replace(kept, artifacts=forgery.KeptArtifacts(damaged)))  # type: ignore[arg-type]
    assert different(found) == ["data", "reduction", "trainability", "prototype", "hardware", "promotion"]
    assert all(
        "was changed after it was stored" in gate.differences[0].again for gate in found.gates if gate.differences
    )


CHANGES: dict[str, dict[str, Callable[[Any], object]]] = {
    "data": {
        "evidence.classes.0": lambda one: one["classes"].update({"0": 1}),
        "evidence.locked": lambda one: one.update(locked=269),
    },
    "reduction": {"evidence.accuracy_reduced.value": lambda one: one["accuracy_reduced"].update(value=0.99)},
    "trainability": {
        "evidence.probes[0].shots.high": lambda one: one["probes"][0]["shots"].update(high=9.0),
        "evidence.probes[0].widths[1].variance": lambda one: one["probes"][0]["widths"][1].update(variance=0.5),
    },
    "prototype": {
        "evidence.advantage.better": lambda one: one["advantage"].update(better=200),
        "evidence.twin.worse": lambda one: one["twin"].update(worse=200),
        "evidence.alpha": lambda one: one.update(alpha=0.05),
        "evidence.attempt": lambda one: one.update(attempt=2),
        "evidence.importance.angle_0.value": lambda one: one["importance"]["angle_0"].update(value=0.5),
        "evidence.contenders[0].parameters": lambda one: one["contenders"][0].update(parameters=1),
    },
    "hardware": {
        "evidence.differences[0]": lambda one: one["differences"].__setitem__(0, -1),
        "evidence.stopped": lambda one: one.update(stopped="lunch"),
        "evidence.split.parts[0].signal.value": lambda one: one["split"]["parts"][0]["signal"].update(value=0.5),
        "evidence.device_usd": lambda one: one.update(device_usd="1"),
    },
    "promotion": {
        "evidence.advantage.worse": lambda one: one["advantage"].update(worse=20),
        "evidence.fallback": lambda one: one.update(fallback="a coin"),
    },
}


@pytest.mark.parametrize("gate", CHANGES)
def test_a_number_of_an_evidence_shows_though_every_digest_was_made_anew(kept: Kept, gate: str) -> None:
    def change(one: Any) -> None:
        for each in CHANGES[gate].values():
            each(one)

    found = replay(forgery.evidence(kept, gate, change))
    assert CHANGES[gate].keys() <= differences(found, gate)


def test_a_number_that_cannot_be_recomputed_shows_by_its_digest_in_the_folder_and_the_ending(kept: Kept) -> None:
    def dearer(payload: Any) -> None:
        payload["evidence"]["emulated_loss"]["value"] = 0.01

    found = replay(forgery.entry(kept, "verdict", dearer, gate="forecast/"))
    where = differences(found, "forecast")
    assert {"verdict.evidence", "key", "evidence/forecast.json.emulated_loss.value", "statement.evidence"} <= where


def test_a_threshold_in_the_pilot_file_shows_in_the_policy_and_the_check(kept: Kept) -> None:
    text = (kept.file("pilot.toml") or b"").decode()
    found = replay(forgery.files(kept, {"pilot.toml": f"{text}# --set gates.data.min_rows=901\n".encode()}))
    where = differences(found, "data")
    assert {"policy.min_rows", "verdict.outcome", "verdict.checks.rows.outcome", "evidence.pilot"} <= where
    assert found.gates[0].outcome is Outcome.NO_GO
    assert "policy.min_rows" not in differences(found, "reduction")


def test_a_verdict_that_does_not_follow_from_its_evidence_shows(kept: Kept) -> None:
    def pass_by(payload: Any) -> None:
        payload["verdict"]["checks"][0]["reason"] = "It will do."

    found = replay(forgery.entry(kept, "verdict", pass_by, gate="hardware/"))
    assert "verdict.checks.accuracy on the device.reason" in differences(found, "hardware")


def test_another_model_shows_in_what_it_answers(kept: Kept) -> None:
    told: Any = kept.journal.find("verdict", f"{kept.run}/prototype/")[0].payload
    sha256 = told["evidence"]["inputs"]["models"]
    bundle = Bundle.from_files(unpacked(kept.artifacts.get(sha256)))
    swapped = replace(bundle, reference=replace(bundle.reference, name="a better one"))
    made, name = forgery.artifact(kept, sha256, packed(swapped.to_files()))

    found = replay(forgery.evidence(made, "prototype", lambda one: one["inputs"].update(models=name)))
    assert "evidence.reference" in differences(found, "prototype")
    assert "evidence.fallback" in differences(found, "promotion")


def test_a_statement_about_another_verdict_shows(kept: Kept) -> None:
    other: Any = kept.journal.find("verdict", f"{kept.run}/reduction/")[0].payload

    def borrow(payload: Any) -> None:
        payload["attestation"] = other["attestation"]

    found = replay(forgery.entry(kept, "verdict", borrow, gate="data/"))
    assert {"statement.evidence", "statement.entry"} <= differences(found, "data")


def test_an_ending_that_no_gate_gave_shows(kept: Kept) -> None:
    def worse(payload: Any) -> None:
        payload["outcome"] = "NO_GO"
        payload["verdicts"][0]["checks"][0]["observed"] = 1

    found = replay(forgery.entry(kept, "ended", worse))
    assert different(found) == []
    assert not found.same
    assert {one.where for one in found.record} == {"ending.outcome", "ending.data.checks[0].observed"}


@pytest.mark.parametrize(
    ("field", "told", "sentence"),
    [
        ("charged_usd", "0.5", "ending.charged_usd: kept 0.5, recomputed 0"),
        ("charged_usd", "much", "ending.charged_usd: kept much, recomputed what cannot be read"),
        ("model", "planted@7", "ending.model: kept planted@7, recomputed planted@1"),
        ("model", None, "ending.model: kept None, recomputed planted@1"),
    ],
)
def test_an_ending_that_names_another_model_or_charge_shows(kept: Kept, field: str, told: Any, sentence: str) -> None:
    found = replay(forgery.entry(kept, "ended", lambda payload: payload.update({field: told})))
    assert different(found) == []
    assert [one.sentence for one in found.record] == [sentence]


def test_a_promoted_model_that_no_alias_was_given_shows(kept: Kept) -> None:
    found = replay(forgery.entries(kept, lambda one: None if one.kind == "alias" else one))
    assert [one.where for one in found.record] == ["ending.model"]


def test_what_was_billed_is_held_against_the_ending(kept: Kept) -> None:
    """A paid task's entries stand before the ending: what they were billed is what the run was charged."""
    (ended,) = kept.journal.find("ended", kept.run)
    paid = [("reserved", {"usd": "1.30"}), ("task", {"reference": "arn"}), ("settled", {"usd": "1.25"})]
    entries = tuple(
        replace(ended, kind=kind, key=f"{kept.run}/0000/0000/1", payload=payload, seq=ended.seq - 1)
        for kind, payload in paid
    )
    journal = forgery.KeptJournal((*(one for one in kept.journal.entries if one != ended), *entries, ended))
    found = replay(
        forgery.entry(replace(kept, journal=journal), "ended", lambda told: told.update(charged_usd="1.250"))
    )
    assert found.record == ()
    assert [one.sentence for one in replay(replace(kept, journal=journal)).record] == [
        "ending.charged_usd: kept 0, recomputed 1.25"
    ]


def test_a_run_that_no_gate_decided_says_that_there_was_nothing_to_replay(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = forgery.entries(kept, lambda one: None if one.kind in ("verdict", "ended") else one)
    said = "no gate has decided anything in this run: there was nothing to replay"
    monkeypatch.setattr("qpilot.replay.Kept.of_home", lambda home, run: bare)
    with pytest.raises(SystemExit) as ended:
        main(["replay", kept.run])
    assert ended.value.code == 0
    assert replay(bare).notes[0] == said
    out = capsys.readouterr().out
    assert said in out
    assert "same" not in out


def test_a_file_that_says_another_thing_than_the_journal_shows(kept: Kept) -> None:
    held = json.loads(kept.file("verdicts/promotion.json") or b"")
    found = replay(forgery.files(kept, {"verdicts/promotion.json": {**held, "outcome": "NO_GO"}}))
    assert differences(found, "promotion") == {"verdicts/promotion.json.outcome"}


def test_a_verdict_that_was_replaced_is_decided_again_too(kept: Kept) -> None:
    (entry,) = kept.journal.find("verdict", f"{kept.run}/data/")
    content: Any = entry.payload
    flipped = replace(entry, seq=0, payload={**content, "verdict": {**content["verdict"], "outcome": "NO_GO"}})
    found = replay(replace(kept, journal=forgery.KeptJournal((flipped, *kept.journal.entries))))
    assert [gate.gate for gate in found.gates[:2]] == ["data", "data"]
    assert "a later verdict replaced it" in found.gates[0].depth
    assert "verdict.outcome" in {one.where for one in found.gates[0].differences}
    assert not found.gates[1].differences


def test_evidence_this_code_cannot_read_is_told_and_the_rest_is_replayed(kept: Kept) -> None:
    def foreign(payload: Any) -> None:
        payload["evidence"]["colour"] = "red"

    found = replay(forgery.entry(kept, "verdict", foreign, gate="reduction/"))
    assert different(found) == ["reduction"]
    assert found.gates[1].outcome is None


def test_other_code_is_told_and_the_verdicts_are_compared_all_the_same(kept: Kept) -> None:
    made = kept
    for gate in GATES:
        made = forgery.evidence(made, gate, lambda one: one.update(code="f" * 64))
    found = replay(made)
    assert found.code == ("f" * 64,)
    assert different(found) == []


def test_what_was_left_out_is_no_difference_and_says_so(kept: Kept) -> None:
    def absent(_: str) -> bytes:
        raise LeftOut("the rows were left out of this export")

    found = replay(replace(kept, artifacts=forgery.KeptArtifacts(absent)))  # type: ignore[arg-type]
    assert found.same
    assert {gate.depth.split(":")[0] for gate in found.gates} == {"from the evidence"}


def test_the_command_says_same_or_where_not(
    whole: Lived, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QPILOT_HOME", str(whole.home.path))

    def command(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        said = capsys.readouterr()
        return int(str(ended.value.code)), said.out, said.err

    code, out, _ = command("replay", whole.run)
    assert (code, out.splitlines()[-1]) == (0, "same: every verdict follows from what is kept")
    code, out, _ = command("replay", whole.run, "--json")
    answer = json.loads(out.splitlines()[-1])
    assert (code, answer["same"], [gate["gate"] for gate in answer["gates"]]) == (0, True, list(GATES))
    code, _, err = command("replay", "nobody-00000000-1")
    assert code == 1
    assert whole.run in err

    monkeypatch.setattr("qpilot.replay.Kept.of_home", lambda home, run: forgery.counts(Kept.of(
        run, whole.home.journal.entries(), whole.home.artifacts.get, whole.home.run(run).path)))  # fmt: skip
    code, out, _ = command("replay", whole.run)
    assert code == 1
    assert "evidence.inputs.counts: kept" in out
    assert out.splitlines()[-1] == "different: see above"
