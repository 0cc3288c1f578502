"""Where two JSON values differ, place by place."""

import math
from collections.abc import Iterator
from itertools import takewhile

from pydantic import JsonValue

from gates.records import Record

SHOWN = 100
"""Characters of a value that are shown."""
CLOSE = 1e-9
"""Relative: what the last bits of a sum may differ by on another processor. A verdict's digests are held exactly."""


class Difference(Record):
    """`where`: a path into what is compared. `kept`, `again`: what stands, and what comes out now, as short text."""

    where: str
    kept: str
    again: str

    @property
    def sentence(self) -> str:
        return f"{self.where}: kept {self.kept}, recomputed {self.again}"


def differences(where: str, kept: JsonValue, again: JsonValue) -> Iterator[Difference]:
    """A difference for every place in which the values differ; fractions may differ by `CLOSE`, in proportion."""
    if isinstance(kept, dict) and isinstance(again, dict):
        for name in dict.fromkeys([*kept, *again]):
            if name not in kept or name not in again:
                yield Difference(where=f"{where}.{name}", kept=_short(kept, name), again=_short(again, name))
            else:
                yield from differences(f"{where}.{name}", kept[name], again[name])
    elif isinstance(kept, list) and isinstance(again, list):
        if len(kept) != len(again):
            yield Difference(where=where, kept=f"{len(kept)} items", again=f"{len(again)} items")
        for place, (one, other) in enumerate(zip(kept, again, strict=False)):
            yield from differences(f"{where}[{place}]", one, other)
    elif not _same(kept, again):
        start = _parting(str(kept), str(again))
        yield Difference(where=where, kept=_text(kept, start), again=_text(again, start))


def _same(kept: JsonValue, again: JsonValue) -> bool:
    if isinstance(kept, int) and isinstance(again, int):
        return type(kept) is type(again) and kept == again  # a count or a seed has no last bits
    numbers = [value for value in (kept, again) if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == 2:
        return math.isclose(numbers[0], numbers[1], rel_tol=CLOSE, abs_tol=CLOSE)
    return type(kept) is type(again) and kept == again


def _short(values: dict[str, JsonValue], name: str) -> str:
    return _text(values[name]) if name in values else "nothing"


def _parting(one: str, other: str) -> int:
    """Where two texts are shown from: their beginning, or a few words before they part where that is far in."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return 0 if same < SHOWN // 2 else one.rfind(" ", 0, same - SHOWN // 4) + 1


def _text(value: JsonValue, start: int = 0) -> str:
    text = str(value)
    shown = text[start : start + SHOWN]
    return f"{'...' if start else ''}{shown}{'...' if start + SHOWN < len(text) else ''}"
