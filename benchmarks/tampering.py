"""How many changes to a real record `verify` finds, by kind, and how long it takes: `python -m benchmarks.tampering [CHANGES]`.

The record is that of a shrunk pilot, promoted, and of two runs that people ended; its key lies elsewhere.
"""

import math
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from qpilot.decisions.keys import VARIABLE
from qpilot.record import signatures
from qpilot.record.home import Home
from qpilot.verification import verify
from tests.decisions.forger import EDITS, Forger
from tests.lived import lived

ENTRIES = 10_000


def tampering(home: Home, place: Path, changes: int) -> bool:
    """A line for each kind; whether all were found."""
    foreign, found, seconds = Ed25519PrivateKey.generate(), Counter[str](), 0.0
    each = math.ceil(changes / len(EDITS))
    for kind, edit in EDITS.items():
        for seed in range(each):
            shutil.rmtree(place, ignore_errors=True)
            copy = Home(Path(shutil.copytree(home.path, place)))
            edit(Forger(copy, random.Random(f"{kind} {seed}"), foreign))
            began = time.perf_counter()
            found[kind] += bool(verify(copy))
            seconds += time.perf_counter() - began
        print(f"{found[kind]:4} of {each:4} found  {kind}", flush=True)
    total = each * len(EDITS)
    print(f"{found.total():4} of {total:4} found, {1000 * seconds / total:.0f} ms a look")
    return found.total() == total


def cost(place: Path) -> None:
    """How long verifying takes an entry, in journals of two sizes."""
    for entries in (ENTRIES // 4, ENTRIES):
        home = Home(place / str(entries))
        for number in range(entries):
            home.journal.append("work", str(number), {"text": "x" * 400}, datetime(2026, 3, 1, tzinfo=UTC))
        signatures._verified.cache_clear()  # a process that verifies has not written the entries itself
        began = time.perf_counter()
        assert verify(home) == ()
        took = time.perf_counter() - began
        print(f"{entries:6,} entries verified in {took:.2f} s, {1e6 * took / entries:.0f} us an entry")


def main() -> int:
    """0 where everything was found."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        key = place / "key.pem"
        key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        os.environ[VARIABLE] = str(key)
        home = lived(place / "home").home
        print(f"{len(verify(home))} findings in the record as it is, {home.journal.head().seq} entries")
        whole = tampering(home, place / "copy", int(sys.argv[1]) if len(sys.argv) > 1 else 500)
        cost(place)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
