"""Somebody who changes a record: by accident, or knowing the format and making every hash anew, with no key or a foreign one.

`EDITS` maps a kind of change to what does it. Each changes something, and answers what.
"""

import base64
import hashlib
import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gates.records import canonical, digest
from qpilot.decisions.attestation import ATTESTATION, PAYLOAD_TYPE
from qpilot.decisions.envelope import pae
from qpilot.decisions.keys import keyid, pem
from qpilot.record.heads import HEAD_TYPE
from qpilot.record.home import Home
from qpilot.record.signatures import ENTRY_TYPE

Row = dict[str, Any]
COLUMNS = ("seq", "kind", "key", "at", "payload", "previous", "sha256", "signature")


@dataclass(frozen=True)
class Forger:
    """Changes the record in `home`. foreign: a key of theirs, which they sign with."""

    home: Home
    rng: random.Random
    foreign: Ed25519PrivateKey

    def rows(self) -> list[Row]:
        with closing(sqlite3.connect(self.home.path / "journal.db")) as database:
            found = database.execute(f"SELECT {', '.join(COLUMNS)} FROM entries ORDER BY seq").fetchall()
        return [dict(zip(COLUMNS, row, strict=True)) for row in found]

    def put(self, rows: list[Row]) -> None:
        """The journal holds exactly `rows`, as they are."""
        with closing(sqlite3.connect(self.home.path / "journal.db")) as database, database:
            database.execute("DELETE FROM entries")
            marks = ", ".join("?" * len(COLUMNS))
            database.executemany(
                f"INSERT INTO entries VALUES ({marks})", [tuple(row[c] for c in COLUMNS) for row in rows]
            )

    def files(self, *folders: str) -> list[Path]:
        found = [path for folder in folders for path in (self.home.path / folder).rglob("*") if path.is_file()]
        return sorted(found)

    def anchors(self) -> dict[str, Path]:
        """Place -> the file that keeps a head for it."""
        there = {path.parent.name: path for path in (self.home.path / "runs").glob("*/anchor.json")}
        return {**there, "home": self.home.head}

    def signed(self, kind: str, data: bytes, old: Row | None, own: bool) -> Row:
        """An envelope of `data`: signed with the foreign key, or with the old signatures that are at hand."""
        signatures = [] if old is None else old["signatures"]
        if own:
            signature = base64.b64encode(self.foreign.sign(pae(kind, data))).decode()
            signatures = [{"keyid": keyid(self.foreign.public_key()), "sig": signature}]
        return {"payload": base64.b64encode(data).decode(), "payloadType": kind, "signatures": signatures}

    def remake(self, rows: list[Row], own: bool) -> None:
        """The journal holds `rows`, every place, hash, seal, manifest and kept head made anew; own: and every signature."""
        heads = {0: "0" * 64}
        for seq, row in enumerate(rows, start=1):
            payload = json.loads(row["payload"])
            self._reseal(row, payload, heads)
            if isinstance(payload, dict) and ATTESTATION in payload and own:
                self._attest(payload, heads, seq)
            row |= {"seq": seq, "payload": canonical(payload).decode(), "previous": heads[seq - 1]}
            row["sha256"] = digest({name: row[name] for name in COLUMNS[:6]})
            if own:
                signature = self.foreign.sign(pae(ENTRY_TYPE, row["sha256"].encode()))
                row["signature"] = f"{keyid(self.foreign.public_key())}:{base64.b64encode(signature).decode()}"
            heads[seq] = row["sha256"]
        self.put(rows)
        for place, path in self.anchors().items():
            old = json.loads(path.read_bytes())
            seq = json.loads(base64.b64decode(old["payload"]))["journal"]["seq"]
            self.keep(place, path, min(seq, len(rows)), heads, own)

    def keep(self, place: str, path: Path, seq: int, heads: Mapping[int, str], own: bool) -> None:
        told = canonical({"place": place, "journal": {"seq": seq, "sha256": heads[seq]}})
        path.write_bytes(canonical(self.signed(HEAD_TYPE, told, json.loads(path.read_bytes()), own)))

    def _reseal(self, row: Row, payload: Any, heads: Mapping[int, str]) -> None:
        if row["kind"] == "folder" and payload.get("state") == "sealed":
            place = self.home.run(row["key"].rsplit("/", 1)[0])
            payload["files"] = place.files()
        manifest = self.home.registry / row["key"] / "manifest.json"
        if row["kind"] == "version" and manifest.is_file():
            told = json.loads(manifest.read_bytes())
            seq = min(told["journal"]["seq"], max(heads))
            told["journal"] = {"seq": seq, "sha256": heads[seq]}
            manifest.write_bytes(canonical(told))
            payload["manifest"] = hashlib.sha256(canonical(told)).hexdigest()

    def _attest(self, payload: Row, heads: Mapping[int, str], seq: int) -> None:
        content = {name: value for name, value in payload.items() if name != ATTESTATION}
        told = json.loads(base64.b64decode(payload[ATTESTATION]["payload"]))
        before = min(told["predicate"]["journal"]["seq"], seq - 1)
        told["predicate"]["journal"] = {"seq": before, "sha256": heads[before]}
        for subject in told["subject"]:
            if subject["name"] == "entry":
                subject["digest"]["sha256"] = digest(content)
        payload[ATTESTATION] = self.signed(PAYLOAD_TYPE, canonical(told), payload[ATTESTATION], True)

    def other(self, value: Any) -> Any:
        """Another value of the same type, with something in it changed."""
        rng = self.rng
        if isinstance(value, dict) and value:
            name = rng.choice(sorted(value))
            return {**value, name: self.other(value[name])}
        if isinstance(value, list) and value:
            place = rng.randrange(len(value))
            return [*value[:place], self.other(value[place]), *value[place + 1 :]]
        if isinstance(value, bool):
            return not value
        if isinstance(value, int | float):
            return value + rng.choice([-1, 1, 100])
        swaps = {"GO": "NO_GO", "NO_GO": "GO", "INCONCLUSIVE": "GO"}
        return swaps.get(value, f"{value}0") if isinstance(value, str) else [value]


def _text(value: str, rng: random.Random) -> str:
    place = rng.randrange(len(value) + 1)
    swapped = value[:place] + rng.choice("0aZ é") + value[place + 1 :]
    return rng.choice(
        [one for one in (swapped, value[:-1], value + "x", value[:place] + " " + value[place:]) if one != value]
    )


def column(forger: Forger) -> str:
    rows = forger.rows()
    row, name = forger.rng.choice(rows), forger.rng.choice(COLUMNS)
    before = row[name]
    row[name] = before + forger.rng.choice([1000, -1000]) if name == "seq" else _text(before, forger.rng)
    forger.put(rows)
    return f"{name} of {row['key']}"


def signature_bits(forger: Forger) -> str:
    """A signature's base64 ends in spare bits: another letter there decodes to the same bytes."""
    rows = forger.rows()
    row = forger.rng.choice(rows)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = row["signature"][-3]
    row["signature"] = row["signature"][:-3] + letters[letters.index(last) ^ 1] + "=="
    forger.put(rows)
    return f"spare bits of the signature of {row['key']}"


def database_bytes(forger: Forger) -> str:
    path, before = forger.home.path / "journal.db", forger.rows()
    whole = path.read_bytes()
    while True:
        data = bytearray(whole)
        place = forger.rng.randrange(len(data))
        data[place] ^= 1 << forger.rng.randrange(8)
        path.write_bytes(data)
        try:
            if forger.rows() != before:  # a change of unused space changes no entry
                return f"byte {place} of the database"
        except (sqlite3.Error, UnicodeDecodeError, OverflowError):
            return f"byte {place} of the database, which cannot be read now"


def _edit(rows: list[Row], forger: Forger) -> str:
    row = forger.rng.choice(rows)
    payload = json.loads(row["payload"])
    # A seal is made anew by `remake`, which would undo the edit.
    if payload in ({}, None) or row["kind"] == "folder" or forger.rng.random() < 0.2:
        name = forger.rng.choice(["kind", "key", "at"])
        row[name] = _text(row[name], forger.rng)
        return f"{name} of {row['key']}"
    row["payload"] = canonical(forger.other(payload)).decode()
    return f"payload of {row['kind']} {row['key']}"


def _delete(rows: list[Row], forger: Forger) -> str:
    row = rows.pop(forger.rng.randrange(len(rows) - 1))
    return f"deleted {row['kind']} {row['key']}"


def _reorder(rows: list[Row], forger: Forger) -> str:
    one, two = forger.rng.sample(range(len(rows)), 2)
    rows[one], rows[two] = rows[two], rows[one]
    return f"exchanged {one + 1} and {two + 1}"


def _insert(rows: list[Row], forger: Forger) -> str:
    row = dict(forger.rng.choice(rows))
    row["key"] += "0"
    place = forger.rng.choice([len(rows), forger.rng.randrange(len(rows) + 1)])
    rows.insert(place, row)
    return f"inserted {row['kind']} {row['key']} at {place + 1}"


def _truncate(rows: list[Row], forger: Forger) -> str:
    kept = forger.rng.randint(1, len(rows) - 1)
    del rows[kept:]
    return f"cut after {kept}"


ROWS: Mapping[str, Callable[[list[Row], Forger], str]] = {
    "edit": _edit,
    "delete": _delete,
    "reorder": _reorder,
    "insert": _insert,
    "truncate": _truncate,
}


def naive(change: Callable[[list[Row], Forger], str]) -> Callable[[Forger], str]:
    """The rows changed and no hash made anew; places are, or the database would refuse most."""

    def done(forger: Forger) -> str:
        rows = forger.rows()
        said = change(rows, forger)
        forger.put([{**row, "seq": seq} for seq, row in enumerate(rows, start=1)])
        return said

    return done


def rehashed(change: Callable[[list[Row], Forger], str], own: bool) -> Callable[[Forger], str]:
    """The rows changed, and everything that follows from them made anew."""

    def done(forger: Forger) -> str:
        rows = forger.rows()
        said = change(rows, forger)
        forger.remake(rows, own)
        return said

    return done


def truncate_and_clear(forger: Forger) -> str:
    """Cut short, and nothing left that speaks of what came after: neither folders, nor models, nor heads."""
    rows = forger.rows()
    said = _truncate(rows, forger)
    forger.put(rows)
    keys = {row["key"] for row in rows}
    for path in forger.anchors().values():
        path.unlink()
    for folder in (forger.home.path / "runs").iterdir():
        if folder.name not in keys:
            shutil.rmtree(folder)
    for folder in forger.home.registry.glob("[!.]*/*"):
        if f"{folder.parent.name}/{folder.name}" not in keys:
            shutil.rmtree(folder)
    return said


def append_a_seal(forger: Forger) -> str:
    """A file of a run is edited, and a new seal over it appended; nothing before is touched."""
    path = forger.rng.choice([path for path in forger.files("runs") if path.name != "anchor.json"])
    path.write_bytes(path.read_bytes() + b" ")
    run = path.relative_to(forger.home.path / "runs").parts[0]
    rows = forger.rows()
    seal = dict(next(row for row in reversed(rows) if row["kind"] == "folder" and row["key"].startswith(run)))
    payload = {**json.loads(seal["payload"]), "files": forger.home.run(run).files()}
    seal |= {
        "key": f"{run}/9",
        "payload": canonical(payload).decode(),
        "seq": len(rows) + 1,
        "previous": rows[-1]["sha256"],
    }
    seal["sha256"] = digest({name: seal[name] for name in COLUMNS[:6]})
    forger.put([*rows, seal])
    return f"{path.name}, sealed anew"


def edit_a_sealed_file(own: bool) -> Callable[[Forger], str]:
    """A file of a run is edited, and its seal and everything after it made anew."""

    def done(forger: Forger) -> str:
        path = forger.rng.choice([path for path in forger.files("runs") if path.name != "anchor.json"])
        path.write_bytes(path.read_bytes() + b" ")
        forger.remake(forger.rows(), own)
        return path.name

    return done


def foreign_key_accepted(forger: Forger) -> str:
    """Everything signed anew with a foreign key, which an entry signed by that key accepts."""
    rows, public = forger.rows(), forger.foreign.public_key()
    accepting = {
        "kind": "key",
        "key": keyid(public),
        "payload": canonical({"public": pem(public), "by": "Ada"}).decode(),
    }
    rows.insert(0, {**rows[0], **accepting})
    forger.remake(rows, True)
    return "every entry"


def foreign_key_under_our_name(forger: Forger) -> str:
    """Signed by a foreign key, in the name of ours."""
    rows = forger.rows()
    ours = rows[0]["signature"].split(":")[0]
    said = _edit(rows, forger)
    forger.remake(rows, True)
    rows = forger.rows()
    for row in rows:
        row["signature"] = f"{ours}:{row['signature'].split(':')[1]}"
    forger.put(rows)
    return said


def foreign_decision(forger: Forger) -> str:
    """One decision re-signed; the entries keep our signatures as far as they go."""
    rows = forger.rows()
    row = forger.rng.choice([row for row in rows if ATTESTATION in json.loads(row["payload"])])
    payload = json.loads(row["payload"])
    forger._attest(payload, {one["seq"]: one["sha256"] for one in rows} | {0: "0" * 64}, row["seq"])
    row["payload"] = canonical(payload).decode()
    forger.remake(rows, False)
    return f"{row['kind']} {row['key']}"


def borrowed_attestation(forger: Forger) -> str:
    """A decision with the attestation of another one."""
    rows = forger.rows()
    one, two = forger.rng.sample([row for row in rows if ATTESTATION in json.loads(row["payload"])], 2)
    payload = {**json.loads(one["payload"]), ATTESTATION: json.loads(two["payload"])[ATTESTATION]}
    one["payload"] = canonical(payload).decode()
    forger.remake(rows, False)
    return f"{one['key']} with that of {two['key']}"


def borrowed_anchor(forger: Forger) -> str:
    """A head signed for one place, put in another."""
    one, two = forger.rng.sample(sorted(forger.anchors().values()), 2)
    two.write_bytes(one.read_bytes())
    return f"{two.parent.name} has that of {one.parent.name}"


def flip(*folders: str) -> Callable[[Forger], str]:
    def done(forger: Forger) -> str:
        path = forger.rng.choice(forger.files(*folders))
        data = bytearray(path.read_bytes())
        data[forger.rng.randrange(len(data))] ^= 1 << forger.rng.randrange(8)
        path.write_bytes(data)
        return str(path.relative_to(forger.home.path))

    return done


def file_shortened(forger: Forger) -> str:
    path = forger.rng.choice(forger.files("runs", "registry", "artifacts"))
    path.write_bytes(path.read_bytes()[: -forger.rng.randint(1, 3)])
    return str(path.relative_to(forger.home.path))


def file_removed(forger: Forger) -> str:
    path = forger.rng.choice([*forger.files("runs", "registry", "artifacts"), forger.home.head])
    path.unlink()
    return str(path.relative_to(forger.home.path))


def file_added(forger: Forger) -> str:
    path = forger.rng.choice(forger.files("runs", "registry")).with_name("more.json")
    path.write_bytes(b"{}")
    return str(path.relative_to(forger.home.path))


def files_exchanged(forger: Forger) -> str:
    files = forger.files("runs", "registry", "artifacts")
    one = forger.rng.choice(files)
    two = forger.rng.choice([path for path in files if path.read_bytes() != one.read_bytes()])
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    return f"{one.name} and {two.name}"


def folder_removed(forger: Forger) -> str:
    folder = forger.rng.choice([*(forger.home.path / "runs").iterdir(), *forger.home.registry.glob("[!.]*/*")])
    shutil.rmtree(folder)
    return folder.name


def folder_added(forger: Forger) -> str:
    folders = [*(forger.home.path / "runs").iterdir(), *forger.home.registry.glob("[!.]*/*")]
    folder = forger.rng.choice(folders)
    shutil.copytree(folder, folder.with_name("9"))
    return str(folder.with_name("9").relative_to(forger.home.path))


EDITS: Mapping[str, Callable[[Forger], str]] = {
    "bytes: a column of a row": column,
    "bytes: the database file": database_bytes,
    "bytes: spare bits of a signature": signature_bits,
    "bytes: run folders": flip("runs"),
    "bytes: registry": flip("registry"),
    "bytes: artifacts": flip("artifacts"),
    "files: shortened": file_shortened,
    "files: removed": file_removed,
    "files: added": file_added,
    "files: exchanged": files_exchanged,
    "files: folder removed": folder_removed,
    "files: folder added": folder_added,
    **{f"naive: {name}": naive(change) for name, change in ROWS.items()},
    **{f"rehashed: {name}": rehashed(change, False) for name, change in ROWS.items()},
    "rehashed: truncate, the rest cleared": truncate_and_clear,
    "rehashed: edited file": edit_a_sealed_file(False),
    "rehashed: edited file, seal appended": append_a_seal,
    "rehashed: another decision's attestation": borrowed_attestation,
    "rehashed: another place's head": borrowed_anchor,
    **{f"foreign key: {name}": rehashed(change, True) for name, change in ROWS.items()},
    "foreign key: edited file": edit_a_sealed_file(True),
    "foreign key: one decision": foreign_decision,
    "foreign key: under our name": foreign_key_under_our_name,
    "foreign key: accepted by itself": foreign_key_accepted,
}
