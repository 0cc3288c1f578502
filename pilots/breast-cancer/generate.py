"""Makes rows.csv: scikit-learn's Wisconsin diagnostic breast cancer data (Street, Wolberg and Mangasarian 1993).

569 tumours, 30 features of their cell nuclei, diagnosis "malignant" or "benign"; the file is the data as it is.

Run: python pilots/breast-cancer/generate.py
"""

import csv
from pathlib import Path

from sklearn.datasets import load_breast_cancer


def table() -> list[list[str]]:
    """The file's lines: column names, then the rows, features in full precision."""
    data = load_breast_cancer()
    columns = [name.replace(" ", "_") for name in data.feature_names]
    labels = data.target_names[data.target]
    rows = [[*(repr(float(value)) for value in row), str(label)] for row, label in zip(data.data, labels, strict=True)]
    return [[*columns, "diagnosis"], *rows]


def main() -> None:
    """Writes rows.csv beside this file."""
    lines = table()
    with (Path(__file__).parent / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    malignant = sum(line[-1] == "malignant" for line in lines)
    print(f"{len(lines) - 1} rows, {malignant / (len(lines) - 1):.1%} malignant")


if __name__ == "__main__":
    main()
