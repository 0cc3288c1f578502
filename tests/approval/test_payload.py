"""Whatever changes in what is to be paid for is asked anew."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpilot.approval import Payload, approve, granted, standing
from qpilot.approval.payload import Prices
from tests.approval.asking import PRICES, RUN, Asking, at, payload, yes

_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
_USD = st.decimals(0, 10_000, places=2)
_BY_TYPE: dict[type, st.SearchStrategy[Any]] = {
    str: _TEXT,
    int: st.integers(0, 10**9),
    Decimal: _USD,
    Prices: st.builds(Prices, usd_per_task=_USD, usd_per_shot=_USD, usd_per_minute=_USD),
}
_CHANGES = st.one_of(
    *(
        st.tuples(st.just(name), _BY_TYPE[field.annotation])  # type: ignore[index]
        for name, field in Payload.model_fields.items()
    )
)


@given(change=_CHANGES)
def test_every_change_of_a_field_changes_the_digest(change: tuple[str, object]) -> None:
    name, value = change
    before, after = payload(), payload(**{name: value})
    assert (before.digest == after.digest) == (before.plain() == after.plain())
    assert Payload.model_validate_json(after.model_dump_json()).digest == after.digest


@pytest.mark.parametrize("name", [name for name in Payload.model_fields if name != "run"])
def test_a_changed_field_is_asked_anew_and_takes_back_the_approval(tmp_path, name):
    run, before = Asking.of(tmp_path), payload()
    first = run.ask()
    approve(run.home, RUN, yes("Ada"), at(1))
    assert granted(run.home.journal, RUN, before.digest, at(1)) is not None
    given_, other = getattr(before, name), PRICES.model_copy(update={"usd_per_shot": Decimal("0.011")})
    changed = payload(**{name: other if name == "prices" else given_ + type(given_)("1")})
    assert granted(run.home.journal, RUN, changed.digest, at(1)) is None
    second = run.ask(2, **{name: getattr(changed, name)})
    assert (second.number, second.digest == first.digest) == (2, False)
    assert name in second.because
    assert standing(run.home.journal, RUN).state == "asked"
    for digest in (before.digest, changed.digest):
        assert granted(run.home.journal, RUN, digest, at(2)) is None


@pytest.mark.parametrize(("tasks", "shots", "usd"), [(1, 100, "1.50"), (3, 300, "4.50"), (2, 10, "1.10"), (0, 0, "0")])
def test_prices_bound_what_tasks_cost(tasks, shots, usd):
    assert PRICES.most(tasks, shots) == Decimal(usd)


def test_a_simulators_price_is_bounded_by_its_time():
    by_minute = PRICES.model_copy(update={"usd_per_task": 0, "usd_per_shot": 0, "usd_per_minute": Decimal("0.075")})
    assert by_minute.most(2, 1000) == 2 * Decimal("0.015")
