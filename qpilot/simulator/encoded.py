"""Encoded rows, kept from call to call where the data does not change."""

from collections import OrderedDict

from qpilot.simulator.steps import States

_HELD = 2**20  # amplitudes of encoded rows that are held, 16 MB
_SEEN = 256  # chunks of rows that are remembered to have come once


class Encoded:
    """States before the first weight, of rows that came twice: full-batch steps, shifted angles and the predictions of a
    training curve then begin there. Mini-batches hardly ever come twice, and cost a look-up.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, States] = OrderedDict()
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._amplitudes = 0

    def find(self, key: bytes) -> States | None:
        """The states of these rows, (2**qubits, n_rows), to be read only."""
        return self._held.get(key)

    def keep(self, key: bytes, states: States) -> None:
        """Holds a copy from the second time on; the oldest go where there are too many."""
        if key not in self._seen:
            self._seen[key] = None
            if len(self._seen) > _SEEN:
                self._seen.popitem(last=False)
            return
        if states.size > _HELD:
            return
        self._held[key] = states.copy()
        self._amplitudes += states.size
        while self._amplitudes > _HELD:
            self._amplitudes -= self._held.popitem(last=False)[1].size
