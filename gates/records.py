"""The frozen records every gate reads and writes: measures, evidence, checks and verdicts."""

import hashlib
import json
import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue


class Outcome(StrEnum):
    """What a check or a gate answers; a verdict is its worst check.

    | any NO_GO | any INCONCLUSIVE | checks | verdict      |
    |-----------|------------------|--------|--------------|
    | yes       | either           | >= 1   | NO_GO        |
    | no        | yes              | >= 1   | INCONCLUSIVE |
    | no        | no               | >= 1   | GO           |
    | -         | -                | none   | INCONCLUSIVE |
    """

    GO = "GO"
    INCONCLUSIVE = "INCONCLUSIVE"
    NO_GO = "NO_GO"

    @classmethod
    def worst(cls, outcomes: Iterable["Outcome"]) -> "Outcome":
        """The worst of `outcomes`; INCONCLUSIVE of none."""
        found = set(outcomes)
        if cls.NO_GO in found:
            return cls.NO_GO
        return cls.GO if found == {cls.GO} else cls.INCONCLUSIVE


class Record(BaseModel):
    """Frozen, without room for unknown fields; NaN and infinity travel through JSON as strings."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    @property
    def digest(self) -> str:
        """sha256 (hex) of the record's canonical JSON."""
        return digest(self.plain())

    def plain(self) -> JsonValue:
        """The record as JSON values: money as strings, NaN and infinity as strings."""
        plain: JsonValue = json.loads(self.model_dump_json())
        return plain


def digest(value: JsonValue) -> str:
    """sha256 (hex) of `value` as canonical JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()


def canonical(value: JsonValue) -> bytes:
    """`value` as canonical JSON (sorted keys, no spaces, UTF-8): equal values have equal bytes.

    Raises ValueError on NaN and infinity; records carry those as strings.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


class Measure(Record):
    """A measured value with its interval. NaN where nothing could be measured.

    `low` and `high` bound `value` by `method` (which says what the interval leaves out); `n` counts what was measured.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    unit: str = ""
    method: str = ""

    @classmethod
    def missing(cls, why: str, unit: str = "") -> Self:
        """A measure that could not be taken, and why."""
        return cls(value=math.nan, unit=unit, method=why)


class Evidence(Record):
    """What a stage measured, and on what. Each stage adds its typed fields.

    `pilot` is the pilot file's digest, `inputs` name -> sha256 of everything read, `code` the sha256 over gates/ and
    qpilot/.
    """

    stage: str
    pilot: str
    inputs: dict[str, str]
    code: str


class Check(Record):
    """One question a gate asked: what was seen, what was required, and why the outcome follows."""

    name: str
    outcome: Outcome
    observed: float | int | str | None
    required: str
    reason: str


class Verdict(Record):
    """A gate's answer: the worst of its checks, bound to the evidence and the policy it was decided on."""

    gate: str
    outcome: Outcome
    checks: tuple[Check, ...]
    evidence: str
    policy: str

    @classmethod
    def of(cls, gate: str, checks: Iterable[Check], evidence: Evidence, policy: Record) -> Self:
        """The verdict that follows from `checks`."""
        kept = tuple(checks)
        outcome = Outcome.worst(check.outcome for check in kept)
        return cls(gate=gate, outcome=outcome, checks=kept, evidence=evidence.digest, policy=policy.digest)

    @property
    def reason(self) -> str:
        """The sentence of the check that decided."""
        return next((check.reason for check in self.checks if check.outcome == self.outcome), "no check was made")
