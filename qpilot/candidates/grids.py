"""Lists in a [[candidates]] table: each stands for as many candidates as it has values."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from qpilot.candidates.candidate import Candidate

MOST_CANDIDATES = 256
"""More would be read as a search, and a search has a method of its own: search.method = "auto"."""


def expanded(tables: Sequence[Any]) -> list[Any]:
    """The tables, those that hold lists where a candidate takes one value as the product of their lists.

    In the order written, the last list changing fastest. Raises ValueError for an empty list and for a product of more
    than MOST_CANDIDATES.
    """
    found: list[Any] = []
    for place, table in enumerate(tables):
        for choice in _choices(Candidate, table, f"{place}") if isinstance(table, Mapping) else (table,):
            found.append(choice)
            if len(found) > MOST_CANDIDATES:
                raise ValueError(
                    f"the lists multiply to more than {MOST_CANDIDATES} candidates; shorten them, or let"
                    ' search.method = "auto" search under a budget'
                )
    return found


def _choices(kind: type[BaseModel], table: Mapping[str, Any], where: str) -> Iterator[dict[str, Any]]:
    alternatives = [_alternatives(kind, name, value, f"{where}.{name}") for name, value in table.items()]
    for values in product(*alternatives):
        yield dict(zip(table, values, strict=True))


def _alternatives(kind: type[BaseModel], name: str, value: Any, where: str) -> Sequence[Any]:
    """What a field may be; a single value where it is no list, where a list is its value, and where nobody knows it."""
    field = kind.model_fields.get(name)
    if field is None:
        return (value,)
    inner = next((part for part in _parts(field.annotation) if _is_record(part)), None)
    if isinstance(value, Mapping) and inner is not None:
        return tuple(_choices(inner, value, where))
    if not isinstance(value, list) or any(get_origin(part) in (tuple, list) for part in _parts(field.annotation)):
        return (value,)
    if not value:
        raise ValueError(f"{where} is an empty list; give it a value, or several")
    return value


def _parts(annotation: Any) -> Iterator[Any]:
    """The annotation, and what it is made of where it is a union or annotated."""
    yield annotation
    if get_origin(annotation) not in (tuple, list, dict):
        for part in get_args(annotation):
            yield from _parts(part)


def _is_record(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)
