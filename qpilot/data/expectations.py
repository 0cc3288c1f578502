"""The one module that loads Great Expectations (seconds, hundreds of megabytes): imported when a suite is run."""

import logging
import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import great_expectations as gx
import numpy as np
import pandas as pd
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.exceptions.exceptions import ExpectationNotFoundError
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.expectations.registry import get_expectation_impl, list_registered_expectation_implementations

from gates.expectation import Expectation
from gates.wording import value
from qpilot.data.columns import listed
from qpilot.data.quality import STATISTICS
from qpilot.data.suite import SPLIT, Expected
from qpilot.errors import QpilotError, UsageError

_one_at_a_time = threading.Lock()
"""Great Expectations keeps its current context in a global; two at once mix up."""


class TableStatistic(TableMetricProvider):
    """A figure of `quality.STATISTICS`, with the place it was found at."""

    metric_name = "table.qpilot_statistic"
    value_keys = ("statistic", "features", "target")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  # the decorator makes it a class method
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> dict[str, Any]:
        frame, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE)
        figure = STATISTICS[metric_value_kwargs["statistic"]]
        development = frame[SPLIT].to_numpy(dtype=bool) if SPLIT in frame else np.ones(len(frame), dtype=bool)
        found = figure(frame, list(metric_value_kwargs["features"]), metric_value_kwargs["target"], development)
        return found._asdict()


class ExpectTableStatisticToBeBetween(BatchExpectation):
    """Expect a figure of `quality.STATISTICS` to lie between two bounds; NaN lies nowhere."""

    statistic: str
    features: list[str]
    target: str
    min_value: float | None = None
    max_value: float | None = None

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.qpilot_statistic",)
    success_keys: ClassVar[tuple[str, ...]] = ("statistic", "features", "target", "min_value", "max_value")
    args_keys: ClassVar[tuple[str, ...]] = success_keys

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        found = metrics["table.qpilot_statistic"]
        value = float(found["value"])
        above = self.min_value is None or value >= self.min_value
        below = self.max_value is None or value <= self.max_value
        success = above and below and not math.isnan(value)
        return {"success": success, "result": {"observed_value": value, "details": {"where": found["where"]}}}


def require_sound(suite: Sequence[Expected], names: Sequence[str]) -> None:
    """Nothing, where every expectation of the user's `suite` is known, complete and about columns in `names`.

    Raises UsageError otherwise; run unchecked, an unknown type or a twisted range fails far from its cause.
    """
    for expected in suite:
        try:
            kind = get_expectation_impl(expected.type)
        except ExpectationNotFoundError as error:
            near = sorted(name for name in list_registered_expectation_implementations() if name.startswith("expect_"))
            raise UsageError(f"unknown expectation {expected.type!r}; known: {listed(near, 80)}") from error
        low, high = expected.kwargs.get("min_value"), expected.kwargs.get("max_value")
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            raise UsageError(f"{expected.type}: min_value {low:g} is above max_value {high:g}")
        given = [expected.kwargs.get(key) for key in ("column", "column_A", "column_B")]
        missing = [name for name in given if name is not None and name not in names]
        if missing:
            raise UsageError(f"{expected.type}: unknown column {missing[0]!r}; known: {listed(names, 30)}")
        try:
            kind(**expected.kwargs)
        except (ValueError, TypeError) as error:
            raise UsageError(f"{expected.type}: {' '.join(str(error).split())[:200]}") from error


def run(frame: pd.DataFrame, suite: Sequence[Expected]) -> tuple[Expectation, ...]:
    """What Great Expectations found of `suite` in `frame`, in its order. Raises QpilotError on an empty suite."""
    if not suite:
        raise QpilotError("an empty suite of expectations passes anything; give at least one")
    asked = [
        {"type": one.type, "kwargs": one.kwargs, "severity": one.severity, "meta": {"at": at}}
        for at, one in enumerate(suite)
    ]
    # It tells of every temporary folder it makes.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    with _one_at_a_time:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
        batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": frame})
        validated = batch.validate(gx.ExpectationSuite(name="rows", expectations=asked), result_format="SUMMARY")
    results = {
        config.meta["at"]: one for one in validated.results if (config := one.expectation_config) and config.meta
    }
    return tuple(_record(one, results.get(at)) for at, one in enumerate(suite))


def _record(expected: Expected, result: Any) -> Expectation:
    trouble = "it was not asked" if result is None else _trouble(result.exception_info)
    details: Mapping[str, Any] = {} if result is None else result.result or {}
    success = bool(result is not None and result.success and trouble is None)
    observed = None if trouble else _observed(details)
    if trouble:
        reason = f"could not be evaluated: {trouble}"
    else:
        subject = f"column {expected.column!r}" if expected.column else expected.name
        reason = f"{subject}: {_sentence(details, observed)}; required: {expected.required}"
        if not success and expected.advice:
            reason += f"; {expected.advice}"
    return Expectation(
        name=expected.name,
        column=expected.column,
        severity=expected.severity,
        success=success,
        evaluated=trouble is None,
        observed=observed,
        required=expected.required,
        reason=reason,
    )


def _trouble(info: Any) -> str | None:
    """The exception of an expectation, which comes in two shapes: one record, or one a metric."""
    if not isinstance(info, Mapping):
        return None
    records = [info] if "raised_exception" in info else [each for each in info.values() if isinstance(each, Mapping)]
    raised = [record for record in records if record.get("raised_exception")]
    return None if not raised else " ".join(str(raised[0].get("exception_message") or "unknown error").split())[:200]


def _observed(details: Mapping[str, Any]) -> float | int | str | None:
    value = details.get("observed_value")
    if value is None and "unexpected_percent" in details:
        value = (details["unexpected_percent"] or 0.0) / 100
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list):
        return listed(value, 4)
    if isinstance(value, bool) or not isinstance(value, int | float | str | None):
        return str(value)[:200]
    return value


def _sentence(details: Mapping[str, Any], observed: float | int | str | None) -> str:
    if "unexpected_count" in details:
        count, of = details["unexpected_count"], details.get("element_count")
        examples = [str(value)[:40] for value in details.get("partial_unexpected_list", [])[:2] if value is not None]
        shown = f" (such as {', '.join(examples)})" if examples and "column_list" not in details else ""
        return f"{count} of {of} rows are not as expected{shown}"
    where = details.get("details", {}).get("where") if isinstance(details.get("details"), Mapping) else ""
    number = value(observed) if isinstance(observed, float) else str(observed)
    return f"{number}{f' ({where})' if where else ''} was found"
