"""What a test may set at any time."""

from dataclasses import dataclass, field

from tests.loopback.tasks import Life


@dataclass
class Settings:
    """In force from the next call on.

    token_seconds: how long a client token answers with its task. search_lag_seconds: how long a new task, or a new
    state, takes to show in SearchQuantumTasks. life: of the tasks accepted from now on. page: tasks to a page of a search.
    windows: whether tasks wait in the queue until the device's next execution window.
    poll_ms: how often the properties of a device ask clients to poll. simulated_ms: what a simulator says that it ran.
    """

    token_seconds: float = 600
    search_lag_seconds: float = 0
    life: Life = field(default_factory=Life)
    page: int = 100
    windows: bool = False
    poll_ms: int = 50
    simulated_ms: int = 40
