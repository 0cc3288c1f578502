"""A task as the service keeps it, and how its state follows from polls, time and cancellation."""

import threading
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any, Literal, get_args

State = Literal["CREATED", "QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLING", "CANCELLED"]
STATES = get_args(State)
TERMINAL = ("COMPLETED", "FAILED", "CANCELLED")


@dataclass(frozen=True)
class Life:
    """How long a task is CREATED, QUEUED, RUNNING, CANCELLING: answers of GetQuantumTask, or seconds of the clock."""

    created: float = 0
    queued: float = 0
    running: float = 0
    cancelling: float = 0
    unit: Literal["polls", "seconds"] = "polls"


@dataclass(frozen=True)
class Fate:
    """What a fault does to a task.

    shots: successful ones, where not all are. failed: numbers of the circuits that failed. result: effects on downloads.
    """

    fails: str | None = None
    stuck: bool = False
    uncancellable: bool = False
    shots: int | None = None
    failed: tuple[int, ...] = ()
    result: tuple[str, ...] = ()


@dataclass(frozen=True)
class Accepted:
    """What is known when a task is accepted, and is kept: money, request and what becomes of it.

    device: the name of the profile, or of the simulator. figures: the profile as JSON then, "" for a simulator, which
    runs for `milliseconds`. fingerprint: of the request. opens: it does not run before this time. nth: which task of
    this token it is (a token can be used again when its life is over).
    """

    arn: str
    nth: int
    region: str
    token: str
    device_arn: str
    device: str
    figures: str
    action: str
    kind: str
    programs: int
    executables: int
    shots: int
    bucket: str
    directory: str
    parameters: str
    tags: dict[str, str]
    fingerprint: str
    created: float
    opens: float
    usd_per_task: str
    usd_per_shot: str
    usd_per_minute: str = "0"
    milliseconds: int = 0
    life: Life = field(default_factory=Life)
    fate: Fate = field(default_factory=Fate)

    @property
    def price(self) -> Decimal:
        """USD for all shots on a QPU; a simulator's is known when it has run."""
        return Decimal(self.usd_per_task) + self.shots * Decimal(self.usd_per_shot)

    def json(self) -> dict[str, Any]:
        """As JSON; `read` is the inverse."""
        return asdict(self)

    @classmethod
    def read(cls, record: dict[str, Any]) -> "Accepted":
        """From JSON."""
        known = {name: record[name] for name in (f.name for f in fields(cls))}
        fate = known["fate"] | {name: tuple(known["fate"][name]) for name in ("failed", "result")}
        return cls(**{**known, "life": Life(**known["life"]), "fate": Fate(**fate)})


class Task:
    """An accepted task and where it stands. Whoever simulates it does not keep its state from being asked."""

    def __init__(self, accepted: Accepted) -> None:
        self.accepted = accepted
        self.tags = dict(accepted.tags)
        self.polls = 0
        self.ended: float | None = None
        self.ran = 1.0  # the fraction of the shots that ran
        self._final: State | None = None
        self._cancelled: float | None = None  # progress when the cancellation came
        self.lock = threading.RLock()
        self.making = threading.Lock()  # held while the documents are made, so that nothing else waits for that
        self.documents: dict[str, bytes] | None = None

    @property
    def arn(self) -> str:
        return self.accepted.arn

    def _progress(self, now: float) -> float:
        return self.polls if self.accepted.life.unit == "polls" else now - self.accepted.created

    def _living(self, progress: float, now: float) -> State:
        life, fate = self.accepted.life, self.accepted.fate
        if progress < life.created:
            return "CREATED"
        if fate.stuck or now < self.accepted.opens or progress < life.created + life.queued:
            return "QUEUED"
        if progress < life.created + life.queued + life.running:
            return "RUNNING"
        return "FAILED" if fate.fails is not None else "COMPLETED"

    def state(self, now: float) -> State:
        """The state at `now`; a terminal one is final."""
        with self.lock:
            if self._final is not None:
                return self._final
            progress = self._progress(now)
            if self._cancelled is not None:
                over = progress >= self._cancelled + self.accepted.life.cancelling
                found: State = "CANCELLED" if over else "CANCELLING"
            else:
                found = self._living(progress, now)
            if found in TERMINAL:
                self.settle(found, now)
            return found

    def settle(self, state: State, now: float) -> None:
        """The task has ended."""
        with self.lock:
            self._final, self.ended = state, now

    def cancel(self, now: float) -> bool:
        """Whether a cancellation was taken: not after the end. What ran by then has run."""
        with self.lock:
            state = self.state(now)
            if state in TERMINAL:
                return False
            if self._cancelled is None and not self.accepted.fate.uncancellable:
                life, progress = self.accepted.life, self._progress(now)
                done = progress - life.created - life.queued
                self.ran = done / life.running if state == "RUNNING" else 0.0
                self._cancelled = progress
            return True

    def finish(self, now: float, state: State = "COMPLETED") -> None:
        """Ends the task now, whatever its life."""
        with self.lock:
            if self._final is None:
                self.settle(state, now)

    def shots_done(self, now: float) -> int | None:
        """Successful shots, None before the end."""
        state, wanted = self.state(now), self.accepted.shots
        if state == "COMPLETED":
            return wanted if self.accepted.fate.shots is None else self.accepted.fate.shots
        return {"CANCELLED": int(wanted * self.ran), "FAILED": 0}.get(state)
