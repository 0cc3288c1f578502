"""Faults by rule: which call of an operation goes wrong, and how.

| effect | on | what happens |
|---|---|---|
| drop | any | the connection closes, nothing was done |
| accept-then-drop | any | it was done, then the connection closes without an answer |
| error-500, accept-then-500 | any | HTTP 500 (InternalServiceException) before, after it was done |
| slow (seconds) | any | the answer comes late, on the real clock |
| an error code, such as ThrottlingException | any | refused with that error, nothing was done |
| fail (reason) | CreateQuantumTask | the task ends FAILED |
| stuck | CreateQuantumTask | the task stays QUEUED |
| partial (shots) | CreateQuantumTask | COMPLETED with that many shots, by default half, of every circuit |
| failures (executables) | CreateQuantumTask | COMPLETED, with these circuits of the set failed, by default the first |
| life (created, queued, running, unit) | CreateQuantumTask | the task lives as long as told |
| uncancellable | CreateQuantumTask | a cancellation is accepted, and the task ends as if there were none |
| result-missing, -corrupt, -truncated, -schema, -qubits, -fewer, -500 | CreateQuantumTask | all its results are so |
| the same | GetObject | this answer is so |
"""

import random
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.loopback.wire import STATUS

BEFORE = {"drop", "error-500"}
AFTER = {"accept-then-drop", "accept-then-500"}
TASK = {"fail", "stuck", "partial", "failures", "life", "uncancellable"}
RESULT = {f"result-{how}" for how in ("missing", "corrupt", "truncated", "schema", "qubits", "fewer", "500")}
EFFECTS = BEFORE | AFTER | TASK | RESULT | {"slow"} | set(STATUS)


@dataclass
class Rule:
    """An effect and the calls it strikes: the nth, the first few, every one, or each with a probability.

    tags: only calls that carry, or concern a task that carries, these tags. `seen` counts the calls that qualify,
    repeated ones too: a task is what it became at the call that made it.
    """

    operation: str
    effect: str
    nth: int | None = None
    first: int | None = None
    every: bool = False
    probability: float | None = None
    seed: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.effect not in EFFECTS:
            raise ValueError(f"unknown effect {self.effect!r}; known: {', '.join(sorted(EFFECTS))}")
        if self.effect in TASK and self.operation != "CreateQuantumTask":
            raise ValueError(f"{self.effect} is an effect of CreateQuantumTask, not of {self.operation}")
        if self.nth is None and self.first is None and self.probability is None and not self.every:
            self.nth = 1
        self._random = random.Random(self.seed)

    def strikes(self, tags: Mapping[str, str]) -> bool:
        """Counts a call and says whether it is struck."""
        if any(tags.get(name) != value for name, value in self.tags.items()):
            return False
        self.seen += 1
        struck = self.every or self.seen == self.nth or self.seen <= (self.first or 0)
        if self.probability is not None:
            struck = struck or self._random.random() < self.probability
        self.fired += struck
        return struck


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(
        self,
        operation: str,
        effect: str,
        *,
        nth: int | None = None,
        first: int | None = None,
        every: bool = False,
        probability: float | None = None,
        seed: int = 0,
        tags: Mapping[str, str] | None = None,
        **detail: Any,
    ) -> Rule:
        """A rule from now on; without a choice of calls it strikes the next one. ValueError names the known effects."""
        rule = Rule(operation, effect, nth, first, every, probability, seed, tags or {}, detail)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """No rule is left."""
        with self._lock:
            self._rules.clear()

    def struck(self, operation: str, tags: Mapping[str, str]) -> list[Rule]:
        """The rules that strike this call, which is counted."""
        with self._lock:
            return [rule for rule in self._rules if rule.operation in (operation, "*") and rule.strikes(tags)]

    def listed(self) -> list[dict[str, Any]]:
        """The rules as JSON, with how often each fired."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]
