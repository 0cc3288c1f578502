"""What `qpilot devices` shows, with and without a live look."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from qpilot.backends import backend
from qpilot.devices import DEVICES, SIMULATORS, Device, Window, device
from qpilot.devices.from_braket import from_braket
from qpilot.devices.listing import Listing, Live, Look, listings, next_opening, pull
from qpilot.errors import QpilotError, UsageError
from qpilot.lint import lint
from qpilot.record.home import Home
from tests.devices.answers import ARN, properties

NOW = datetime(2025, 7, 20, 9, 30, tzinfo=UTC)  # a Sunday, two weeks after the answer's calibration
NEW = "arn:aws:braket:us-east-1::device/qpu/acme/One-5Q"


def live(arn: str, updated: str = "2025-07-18T00:00:00+00:00", **more: object) -> Live:
    answer = properties()
    answer["service"]["updatedAt"] = updated
    profile = from_braket(answer, "looked-at", arn, "GetDevice")
    return Live.model_validate({"device": profile, "status": "ONLINE", "queue_depth": ">4000", **more})


def refuse(arn: str) -> Live:
    raise QpilotError("no AWS credentials")


def rows(folder: Path, now: datetime = NOW, look: Look | None = None, arns: tuple[str, ...] = ()) -> dict[str, Listing]:
    return {row.name: row for row in listings(folder, now, look, arns).rows}


def test_without_a_look_every_shipped_device_is_listed(tmp_path: Path) -> None:
    found = listings(tmp_path / "devices", NOW, unasked="no AWS credentials")
    assert [row.name for row in found.rows] == sorted({*DEVICES, *SIMULATORS})
    for row in found.rows:
        assert row.notes[0] == "not looked up: no AWS credentials"
        assert (row.origin, row.status, row.queue_depth, row.price_agrees) == ("shipped", None, None, None)
    assert found.notes == ()
    assert not (tmp_path / "devices").exists(), "looking makes nothing"


def test_a_row_holds_the_figures_of_its_device(tmp_path: Path) -> None:
    row, garnet = rows(tmp_path)["iqm-garnet"], device("iqm-garnet")
    assert (row.arn, row.vendor, row.qubits, row.usable_qubits) == (garnet.arn, "iqm", 20, 20)
    assert (str(row.usd_per_shot), str(row.usd_per_task), row.shots) == ("0.00145", "0.30", (1, 20_000))
    assert row.program_sets == garnet.program_sets
    assert (row.median_gate, row.median_coupling, row.median_readout) == pytest.approx(
        (0.99896, 0.9914, 0.9729), abs=1e-4
    )
    assert (row.median_t1_us, row.median_t2_us) == pytest.approx((43.7, 8.7), abs=0.1)
    assert (row.updated, row.source) == (date(2025, 7, 6), garnet.source)
    assert row.notes[1:] == garnet.notes


@pytest.mark.parametrize(("days", "stale"), [(0, False), (30, False), (31, True), (400, True), (-1, True)])
def test_a_calibration_grows_stale_after_thirty_days(tmp_path: Path, days: int, stale: bool) -> None:
    now = datetime(2025, 7, 6, 12, tzinfo=UTC) + timedelta(days=days)
    row = rows(tmp_path, now)["iqm-garnet"]
    assert (row.age_days, row.stale) == (days, stale)
    said = [note for note in row.notes if note.startswith("stale: ") or "yet to come" in note]
    assert bool(said) == stale
    assert not rows(tmp_path, now)["simulator-sv1"].stale, "a simulator has no calibration"


def test_an_age_is_counted_in_utc(tmp_path: Path) -> None:
    tokyo = datetime(2025, 7, 7, 8, tzinfo=timezone(timedelta(hours=9)))  # still the 6th in UTC
    assert rows(tmp_path, tokyo)["iqm-garnet"].age_days == 0


def test_medians_on_every_qubit_are_said_to_be(tmp_path: Path) -> None:
    found = rows(tmp_path)
    assert [name for name in DEVICES if found[name].synthetic] == ["rigetti-cepheus"]
    assert [note for note in found["rigetti-cepheus"].notes if note.startswith("synthetic: the device's medians")]


def window(day: str, start: str, end: str) -> Window:
    return Window.model_validate({"day": day, "start": start, "end": end})


MONDAY = (window("Monday", "08:00:00", "10:00:00"),)
NIGHT = (window("Saturday", "22:00:00", "02:00:00"),)
SUNDAY_NIGHT = (window("Sunday", "23:00:00", "01:00:00"),)


@pytest.mark.parametrize(
    ("windows", "now", "opens"),
    [
        (MONDAY, "2025-07-20T09:30:00", "2025-07-21T08:00:00"),
        (MONDAY, "2025-07-21T07:59:59", "2025-07-21T08:00:00"),
        (MONDAY, "2025-07-21T08:00:01", "2025-07-21T08:00:01"),
        (MONDAY, "2025-07-21T10:00:00", "2025-07-28T08:00:00"),
        (NIGHT, "2025-07-20T01:59:30", "2025-07-20T01:59:30"),
        (NIGHT, "2025-07-20T02:00:00", "2025-07-26T22:00:00"),
        (SUNDAY_NIGHT, "2025-07-21T00:30:00", "2025-07-21T00:30:00"),
        (SUNDAY_NIGHT, "2025-07-21T01:00:00", "2025-07-27T23:00:00"),
        ((), "2025-07-21T01:00:00", None),
    ],
)
def test_the_next_opening(windows: tuple[Window, ...], now: str, opens: str | None) -> None:
    asked, wanted = datetime.fromisoformat(f"{now}Z"), opens and datetime.fromisoformat(f"{opens}Z")
    assert next_opening(windows, asked) == wanted
    assert next_opening(windows, asked.astimezone(timezone(timedelta(hours=-7)))) == wanted


def test_a_row_says_in_how_many_hours_the_device_opens(tmp_path: Path) -> None:
    row = rows(tmp_path)["iqm-garnet"]
    assert (row.opens, row.opens_in_hours) == (datetime(2025, 7, 21, 8, tzinfo=UTC), 22.5)
    assert rows(tmp_path)["simulator-sv1"].opens_in_hours == 0


def test_a_live_look_adds_how_the_device_stands(tmp_path: Path) -> None:
    row = rows(tmp_path, look=live)["iqm-garnet"]
    assert (row.origin, row.status, row.queue_depth, row.price_agrees) == ("shipped", "ONLINE", ">4000", True)
    assert "calibrated anew on 2025-07-18: pull the device" in row.notes
    assert row.qubits == 20, "the figures are those a run would take"


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ({"usd_per_shot": Decimal("0.0016")}, "costs $0.0016 a shot now, and quotes take $0.00145"),
        ({"usd_per_shot": Decimal("0.0012")}, "costs $0.0012 a shot now, and quotes take $0.00145"),
        ({"usd_per_minute": Decimal("0.1")}, "costs $0.10 a minute now, and quotes take $0.00"),
        ({"usd_per_task": Decimal("0.35")}, "costs $0.35 a task now, and quotes take $0.30"),
        ({"usd_per_shot": Decimal("0.001450"), "usd_per_task": Decimal("0.3")}, None),
    ],
)
def test_a_price_that_has_changed_is_said(tmp_path: Path, listed: dict[str, Decimal], said: str | None) -> None:
    row = rows(tmp_path, look=lambda arn: live(arn, **listed))["iqm-garnet"]
    assert row.price_agrees == (said is None)
    assert [note for note in row.notes if note.startswith("costs")] == (
        [] if said is None else [f"{said}: pull the device"]
    )


def test_a_look_that_fails_is_a_note_in_its_row_and_stops_no_other(tmp_path: Path) -> None:
    def mostly(arn: str) -> Live:
        return live(arn) if arn == ARN else refuse(arn)

    found = rows(tmp_path, look=mostly)
    assert found["iqm-garnet"].status == "ONLINE"
    assert found["iqm-emerald"].status is None
    assert found["iqm-emerald"].notes[0] == "not looked up: no AWS credentials"


def test_a_device_that_is_kept_nowhere_is_listed_with_its_live_figures(tmp_path: Path) -> None:
    found = listings(tmp_path, NOW, live, (ARN, NEW, NEW))
    (row,) = (row for row in found.rows if row.origin == "live")
    assert (row.name, row.arn, row.qubits, row.status) == ("acme-one-5q", NEW, 3, "ONLINE")
    assert row.notes == (f"not kept here: qpilot devices --pull {NEW}",)
    assert [other.arn for other in found.rows].count(ARN) == 1, "a shipped device is not listed twice"


def test_a_device_nobody_has_figures_of_is_a_note(tmp_path: Path) -> None:
    found = listings(tmp_path, NOW, refuse, (NEW,))
    assert found.notes == (f"{NEW}: not looked up: no AWS credentials",)
    assert len(found.rows) == len(DEVICES) + len(SIMULATORS)


def test_a_pulled_device_is_found_by_name_and_arn(tmp_path: Path) -> None:
    row = pull(NEW, tmp_path, NOW, live)
    assert (row.name, row.origin, row.status, row.price_agrees) == ("acme-one-5q", "pulled", "ONLINE", True)
    for way in ("acme-one-5q", NEW):
        found = device(way, tmp_path)
        assert (found.name, found.arn, found.updated) == ("acme-one-5q", NEW, date(2025, 7, 18))
    assert rows(tmp_path, look=live, arns=(NEW,))["acme-one-5q"].origin == "pulled"
    with pytest.raises(UsageError, match="unknown device 'acme-one-5q'"):
        device("acme-one-5q")
    with pytest.raises(UsageError, match=r"unknown device 'acme'; known: acme-one-5q, ionq-forte-enterprise"):
        device("acme", tmp_path)


@pytest.mark.parametrize("way", ["iqm-garnet", ARN])
def test_a_pulled_profile_comes_before_the_shipped_one_and_says_so(tmp_path: Path, way: str) -> None:
    row = pull(way, tmp_path, NOW, live)
    said = "takes the place of the shipped iqm-garnet of 2025-07-06 in this home"
    assert (row.name, row.origin, row.updated, row.notes) == ("iqm-garnet", "pulled", date(2025, 7, 18), (said,))
    for name in ("iqm-garnet", ARN):
        assert (len(device(name, tmp_path).qubits), device(name, tmp_path).notes) == (3, (said,))
    assert len(device("iqm-garnet").qubits) == 20, "elsewhere the shipped one stands"
    assert rows(tmp_path)["iqm-garnet"].usable_qubits == 3
    again = pull(way, tmp_path, NOW, live)
    assert again.notes == (said,), "said once, however often it is pulled"


def test_a_pulled_name_that_stands_for_another_device_says_so(tmp_path: Path) -> None:
    moved = "arn:aws:braket:eu-west-2::device/qpu/iqm/garnet"
    (note,) = pull(moved, tmp_path, NOW, live).notes
    assert f"in this home, another device ({ARN})" in note
    assert device(ARN, tmp_path).arn == ARN, "an ARN means one device wherever it is asked"
    assert device("iqm-garnet", tmp_path).arn == moved


@pytest.mark.parametrize("way", ["arn:aws:s3:::bucket", "arn:aws:braket:eu-north-1::device/qpu/", "arn:"])
def test_what_is_no_devices_arn_is_refused(tmp_path: Path, way: str) -> None:
    with pytest.raises(
        UsageError, match="is no device's ARN; one reads arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"
    ):
        pull(way, tmp_path, NOW, live)


def test_a_pull_that_fails_keeps_what_stood(tmp_path: Path) -> None:
    pull(NEW, tmp_path, NOW, live)
    with pytest.raises(QpilotError, match="no AWS credentials"):
        pull(NEW, tmp_path, NOW, refuse)
    assert device(NEW, tmp_path).updated == date(2025, 7, 18)
    assert [path.name for path in tmp_path.iterdir()] == ["acme-one-5q.json"]


@pytest.mark.parametrize("way", ["iqm-garnet", ARN])
@pytest.mark.parametrize("content", ["", "{", "{}", '{"name": "iqm-garnet"}', "\ud800"])
def test_a_damaged_profile_is_one_clear_error(tmp_path: Path, way: str, content: str) -> None:
    (tmp_path / "iqm-garnet.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(
        QpilotError, match=r"iqm-garnet\.json is no device profile \(.+\): pull the device again by its ARN"
    ):
        device(way, tmp_path)
    with pytest.raises(QpilotError, match="is no device profile"):
        listings(tmp_path, NOW)
    assert device("iqm-emerald", tmp_path) == device("iqm-emerald"), "no other device suffers"
    assert pull(ARN, tmp_path, NOW, live).name == "iqm-garnet", "which is how it is mended"
    assert device(way, tmp_path).updated == date(2025, 7, 18)


def test_a_profile_under_another_name_is_an_error(tmp_path: Path) -> None:
    pull(NEW, tmp_path, NOW, live)
    (tmp_path / "acme-one-5q.json").rename(tmp_path / "iqm-garnet.json")
    with pytest.raises(QpilotError, match=r"iqm-garnet\.json holds the profile of 'acme-one-5q'"):
        device("iqm-garnet", tmp_path)


def test_a_name_is_no_way_out_of_the_folder(tmp_path: Path) -> None:
    kept = tmp_path / "devices"
    pull(NEW, kept, NOW, live)
    (kept / "acme-one-5q.json").rename(tmp_path / "outside.json")
    with pytest.raises(UsageError, match=r"unknown device '\.\./outside'"):
        device("../outside", kept)


def test_rows_travel_through_json(tmp_path: Path) -> None:
    found = listings(tmp_path, NOW, live, (NEW,))
    assert type(found).model_validate(found.plain()) == found


def test_a_pilot_runs_on_a_pulled_device(tmp_path: Path) -> None:
    """Lint, the estimate it shows, and every backend know it by name and ARN in this home, and in no other."""
    home, elsewhere = Home(tmp_path / "home"), Home(tmp_path / "elsewhere")
    dear = device("iqm-garnet").model_copy(update={"usd_per_shot": Decimal(1)})
    pull(NEW, home.devices, NOW, lambda arn: Live(device=dear, status="ONLINE"))
    planted = Path(__file__).parents[2] / "pilots" / "planted" / "pilot.toml"
    for way in ("acme-one-5q", NEW):
        estimate = lint(planted, (f"hardware.device={way}", "hardware.shots=100"), home).estimates[0]
        assert estimate.device == "acme-one-5q"
        assert estimate.worst_usd > estimate.circuits * 100
        for name in ("emulator", "pennylane:default.qubit"):
            assert backend(name, way, pulled=home.devices).figures() == device(NEW, home.devices)
        with pytest.raises(UsageError, match="unknown device"):
            lint(planted, (f"hardware.device={way}",), elsewhere)


def test_a_profile_reads_back_as_it_was_pulled(tmp_path: Path) -> None:
    pull(NEW, tmp_path, NOW, live)
    wanted = live(NEW).device.model_copy(update={"name": "acme-one-5q"})
    assert isinstance(wanted, Device)
    assert device(NEW, tmp_path) == wanted
