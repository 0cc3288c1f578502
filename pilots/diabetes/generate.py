"""Makes rows.csv: scikit-learn's diabetes data (Efron, Hastie, Johnstone and Tibshirani 2004, Least Angle Regression).

442 patients: age, sex, body mass index, blood pressure, six measurements of their blood serum (tc, ldl, hdl, tch, ltg, glu:
s1 to s6), and how far the disease had progressed a year later, a number from 25 to 346. The file is the data as it is, in
its own units.

Run: python pilots/diabetes/generate.py
"""

import csv
from pathlib import Path
from statistics import median

from sklearn.datasets import load_diabetes


def table() -> list[list[str]]:
    """The file's lines: column names, then the rows in full precision."""
    data = load_diabetes(scaled=False)
    rows = [
        [*(repr(float(value)) for value in row), repr(float(after))]
        for row, after in zip(data.data, data.target, strict=True)
    ]
    return [[*data.feature_names, "progression"], *rows]


def main() -> None:
    """Writes rows.csv beside this file."""
    lines = table()
    with (Path(__file__).parent / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    values = [float(line[-1]) for line in lines[1:]]
    print(f"{len(values)} rows, progression {min(values):g} to {max(values):g}, median {median(values):g}")


if __name__ == "__main__":
    main()
