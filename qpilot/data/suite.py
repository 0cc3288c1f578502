"""What is expected of every pilot's rows. Great Expectations is asked elsewhere."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from gates.data import DataPolicy
from gates.target import HEAVY
from gates.wording import value
from qpilot.data.columns import Columns

Severity = Literal["critical", "warning", "info"]
SEVERITIES = ("critical", "warning", "info")

SPLIT = "qpilot_split"
"""Column added for the generated suite alone: True in development rows."""

WILD = 10.0
"""Interquartile ranges from the quartiles beyond which a value is taken for a slip; Tukey's far out begins at 3."""


@dataclass(frozen=True)
class Expected:
    """One expectation to be asked of Great Expectations; `required` and `advice` are for the reader."""

    name: str
    type: str
    kwargs: dict[str, Any]
    severity: Severity
    required: str
    advice: str = ""

    @property
    def column(self) -> str | None:
        """The one column it is about."""
        column = self.kwargs.get("column")
        return None if column is None else str(column)


def generated(
    frame: pd.DataFrame,
    columns: Columns,
    policy: DataPolicy,
    development: np.ndarray[Any, np.dtype[np.bool_]],
    quantity: bool = False,
) -> tuple[Expected, ...]:
    """The suite every pilot's rows are held to. `frame` has the SPLIT column; ranges come from `development` rows.

    quantity: the target is a number, and no class.
    """
    features = list(columns.features)
    whole = [
        Expected(
            "row count",
            "expect_table_row_count_to_be_between",
            {"min_value": policy.min_rows},
            "critical",
            f">= {policy.min_rows} rows",
            "collect more rows, or lower gates.data.min_rows if fewer carry the claim",
        ),
        Expected(
            "schema",
            "expect_table_columns_to_match_set",
            {"column_set": [*features, columns.target, *columns.ignored, SPLIT], "exact_match": True},
            "critical",
            f"{len(features)} features and the target",
        ),
        Expected(
            "duplicate rows",
            "expect_compound_columns_to_be_unique",
            {"column_list": features, "mostly": 1 - policy.max_duplicate_fraction},
            "critical",
            f"<= {policy.max_duplicate_fraction:.3g} of the rows have equal features",
            "remove repeated measurements, or name what they share in data.group",
        )
        if len(features) > 1
        else _mostly("duplicate rows", "unique", features[0], "warning", policy.max_duplicate_fraction, ""),
    ]
    return (
        *whole,
        *_figures(columns, policy, quantity),
        *([_range("target range", columns.target, frame, development)] if quantity else []),
        *(one for name in features for one in _of_column(name, frame, policy, columns, development)),
    )


def _figures(columns: Columns, policy: DataPolicy, quantity: bool) -> tuple[Expected, ...]:
    def figure(
        name: str, statistic: str, low: float | None, high: float | None, severity: Severity, advice: str
    ) -> Expected:
        kwargs = {
            "statistic": statistic,
            "features": list(columns.features),
            "target": columns.target,
            "min_value": low,
            "max_value": high,
        }
        required = f"<= {high:.3g}" if low is None else f">= {low:.3g}"
        return Expected(
            name, "expect_table_statistic_to_be_between", kwargs, severity, f"{statistic} {required}", advice
        )

    return (
        figure("finite values", "infinite values", None, 0, "critical", "correct or remove these rows"),
        *(
            [
                figure(
                    "target spread",
                    "share of rows with the commonest value",
                    None,
                    policy.max_value_share,
                    "critical",
                    "ask first which rows hold it (a classification), or raise gates.data.max_value_share",
                ),
                figure(
                    "target outliers",
                    "variance in a hundredth of the rows",
                    None,
                    HEAVY,
                    "warning",
                    "what is learned is about those rows; a logarithm, or absolute_error, may say more",
                ),
            ]
            if quantity
            else [
                figure(
                    "class balance",
                    "smallest class share",
                    policy.min_class_share,
                    None,
                    "critical",
                    "collect or merge the rare class, or lower gates.data.min_class_share",
                )
            ]
        ),
        figure(
            "collinear columns",
            "largest correlation of two features",
            None,
            policy.max_correlation,
            "warning",
            "one of the two says nearly what the other says; a reduction merges them",
        ),
        figure(
            "target leakage",
            f"best single feature ({'Spearman' if quantity else 'AUC'})",
            None,
            policy.max_leakage,
            "critical",
            "is it known before the target is? If not, name it in data.drop; if it is, no model is needed beside it",
        ),
        figure(
            "development/locked overlap",
            "locked rows seen in development",
            None,
            policy.max_overlap_fraction,
            "critical",
            "nearly equal rows stand on both sides of the split; name what they share in data.group",
        ),
    )


def _of_column(
    name: str,
    frame: pd.DataFrame,
    policy: DataPolicy,
    columns: Columns,
    development: np.ndarray[Any, np.dtype[np.bool_]],
) -> tuple[Expected, ...]:
    text = name in columns.texts
    types = (
        ["object", "str", "string"]
        if text
        else ["float64", "float32", "int64", "int32", "int16", "int8", "uint8", "bool"]
    )
    expected = [
        Expected(
            "column type",
            "expect_column_values_to_be_in_type_list",
            {"column": name, "type_list": types},
            "critical",
            "text" if text else "numbers",
        ),
        _mostly(
            "missing values", "not_be_null", name, "critical", policy.max_null_fraction, "find out why they are missing"
        ),
        Expected(
            "constant column",
            "expect_column_unique_value_count_to_be_between",
            {"column": name, "min_value": 2},
            "warning",
            ">= 2 distinct values",
            "it says nothing and is left out",
        ),
    ]
    if not text and frame[name].dtype != bool:
        expected.append(_range("range", name, frame, development))
    return tuple(expected)


def _range(name: str, column: str, frame: pd.DataFrame, development: np.ndarray[Any, np.dtype[np.bool_]]) -> Expected:
    cells = frame[column][development].dropna()
    low, high = (float(cells.quantile(share)) for share in (0.25, 0.75))
    reach = WILD * ((high - low) or float(cells.std(ddof=0)) or abs(high) or 1.0)
    return Expected(
        name,
        "expect_column_values_to_be_between",
        {"column": column, "min_value": low - reach, "max_value": high + reach},
        "warning",
        f"within {value(low - reach)} .. {value(high + reach)} ({WILD:g} interquartile ranges around the quartiles)",
        "look whether it is a slip of the pen or of the unit",
    )


def _mostly(name: str, what: str, column: str, severity: Severity, most: float, advice: str) -> Expected:
    kwargs = {"column": column, "mostly": 1 - most}
    return Expected(
        name,
        f"expect_column_values_to_{'be_' if what == 'unique' else ''}{what}",
        kwargs,
        severity,
        f"<= {most:.3g} of the rows",
        advice,
    )
