"""How a row of the file becomes numbers: columns, medians, categories and classes, fitted on development rows."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.records import Record
from qpilot.data.columns import Columns, listed, numeric_where_possible
from qpilot.errors import QpilotError
from qpilot.pilot import Data

MAX_CATEGORIES = 20
"""Distinct texts a column may have and still be encoded, one feature each; more is a name or a note, not a category."""


class Preparation(Record):
    """Turns a frame of the file's columns into features; saved with every model and used again to predict.

    `columns` are read, `ignored` may be there and are not; `constant` columns carried nothing and are ignored too.
    `medians` fill missing numbers and `commonest` missing texts (empty: missing values are refused).
    `categories`: text column -> its known texts, one 0/1 feature each. `classes`: none where the target is a quantity.
    """

    target: str
    header: bool
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    constant: tuple[str, ...]
    medians: dict[str, float]
    commonest: dict[str, str]
    categories: dict[str, tuple[str, ...]]
    classes: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in their order: a column's own, or column=text for an encoded one."""
        names: list[str] = []
        for column in self.columns:
            names += [f"{column}={text}" for text in self.categories[column]] if column in self.categories else [column]
        return tuple(names)

    def transform(self, frame: pd.DataFrame, unseen: Literal["refuse", "zeros"] = "refuse") -> NDArray[np.float64]:
        """The features of `frame`: (n, n_features) float64, finite.

        `unseen`: what a text that no development row had becomes: an error, or zeros in all its column's features.
        Raises QpilotError on missing or unexpected columns, text in a number column, missing or infinite values.
        """
        named = self._named(frame)
        parts = [
            self._encoded(named[name], name, unseen) if name in self.categories else self._numbers(named[name], name)
            for name in self.columns
        ]
        return np.column_stack(parts).astype(np.float64)

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        if not self.header and len(frame.columns) == len(self.columns) + len(self.constant):
            # rows to predict have no label; without a header the place of a column is its name
            inputs = sorted((*self.columns, *self.constant), key=lambda name: int(name[1:]))
            frame = frame.set_axis(inputs, axis=1)
        missing = [name for name in self.columns if name not in frame.columns]
        if missing:
            raise QpilotError(f"columns missing: {listed(missing)}; the model was fitted with {listed(self.columns)}")
        known = {*self.columns, *self.ignored, *self.constant, self.target}
        extra = [name for name in frame.columns if name not in known]
        if extra:
            raise QpilotError(f"columns the model does not know: {listed(extra)}; leave them out")
        return frame

    def _numbers(self, cells: pd.Series, column: str) -> NDArray[np.float64]:
        numbers: NDArray[np.float64] = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = np.isnan(numbers) & cells.notna().to_numpy()
        if wrong.any():
            row = int(wrong.argmax()) + 1
            raise QpilotError(f"column {column!r} holds {cells[wrong].iloc[0]!r} in row {row}, and a number is needed")
        if np.isinf(numbers).any():
            row = int(np.isinf(numbers).argmax()) + 1
            raise QpilotError(f"column {column!r} is infinite in row {row}, and a finite number is needed")
        empty = np.isnan(numbers)
        if empty.any() and column not in self.medians:
            raise QpilotError(
                f"column {column!r} is missing in row {int(empty.argmax()) + 1}; fill it in, or fit with data.missing ="
                ' "impute"'
            )
        return np.where(empty, self.medians.get(column, np.nan), numbers)

    def _encoded(self, cells: pd.Series, column: str, unseen: str) -> NDArray[np.float64]:
        empty = cells.isna()
        if empty.any() and column not in self.commonest:
            raise QpilotError(
                f"column {column!r} is missing in row {int(empty.to_numpy().argmax()) + 1}; fill it in, or fit with"
                ' data.missing = "impute"'
            )
        texts = cells.where(~empty, self.commonest.get(column)).astype(str).to_numpy()
        encoded = texts[:, None] == np.array(self.categories[column], dtype=object)[None, :]
        lost = ~encoded.any(axis=1)
        if lost.any() and unseen == "refuse":
            raise QpilotError(
                f"column {column!r} holds {texts[lost][0]!r} in row {int(lost.argmax()) + 1}; known:"
                f" {listed(self.categories[column])}"
            )
        features: NDArray[np.float64] = encoded.astype(np.float64)
        return features


def fit(frame: pd.DataFrame, columns: Columns, data: Data, classes: tuple[str, ...]) -> Preparation:
    """The preparation learned from `frame`, the development rows.

    Raises QpilotError where a text column has more than MAX_CATEGORIES texts or every feature is constant.
    """
    impute = data.missing == "impute"
    kept: list[str] = []
    medians: dict[str, float] = {}
    commonest: dict[str, str] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for name in columns.features:
        cells = numeric_where_possible(frame[name]).dropna()
        if cells.nunique() < 2:
            continue
        kept.append(name)
        if name in columns.texts:
            counts = cells.astype(str).value_counts()
            if len(counts) > MAX_CATEGORIES:
                raise QpilotError(
                    f"text column {name!r} has {len(counts)} distinct texts, more than the {MAX_CATEGORIES} that can be"
                    " encoded; recode it, or name it in data.drop"
                )
            categories[name] = tuple(sorted(counts.index))
            if impute:
                commonest[name] = min(counts.index[counts == counts.iloc[0]])
        elif impute:
            medians[name] = float(cells.median())
    if not kept:
        raise QpilotError("every feature is constant over the development rows; give more rows")
    return Preparation(
        target=columns.target,
        header=data.header,
        columns=tuple(kept),
        ignored=columns.ignored,
        constant=tuple(name for name in columns.features if name not in kept),
        medians=medians,
        commonest=commonest,
        categories=categories,
        classes=classes,
    )
