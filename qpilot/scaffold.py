"""`qpilot init`: a commented pilot file for a data file, every threshold written out, choices taken from the rows."""

import os
import re
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from qpilot.baselines import classifiers, regressors
from qpilot.data.columns import Columns, listed, resolve
from qpilot.data.preparation import MAX_CATEGORIES
from qpilot.data.preparing import Prepared, prepare
from qpilot.data.source import read_file
from qpilot.data.spread import spread
from qpilot.data.target import looks_like_a_quantity
from qpilot.errors import UsageError
from qpilot.pilot import Data
from qpilot.proposal import claim, line, text
from qpilot.record import durable

LOCKED = 0.3
Kind = Literal["classification", "regression"]

MOST_QUBITS = 6
MOST_TRAINING_ROWS = 1000
"""Above this a kernel matrix and the training of a circuit take minutes on a laptop."""

MOST_POINTS = 1000
"""Points on a device: twice what shows an advantage of five points at a disagreement of one in five."""


def scaffold(data: Path, target: str, out: Path, header: bool = True, kind: Kind | None = None) -> str:
    """The text of a pilot file for the CSV or Parquet file `data`, to stand at `out`; nothing is written.

    kind: what the target is, where it is not what it looks like.
    Raises QpilotError where the rows cannot carry a pilot at all, UsageError where `target` is no column of theirs.
    """
    frame = read_file(data, header)
    path = Path(os.path.relpath(data.resolve(), out.resolve().parent)).as_posix()
    columns = resolve(frame, Data(path=path, target=target, header=header))
    dropped = _no_features(frame, columns)
    kept = [name for name in columns.features if name not in dropped]
    missing = [name for name in kept if frame[name].isna().any()]
    section = Data(
        path=path,
        target=columns.target,
        header=header,
        drop=tuple(dropped),
        missing="impute" if missing else "refuse",
        text="encode" if columns.texts & set(kept) else "refuse",
        locked=LOCKED,
    )
    quantity = looks_like_a_quantity(frame[columns.target]) if kind is None else kind == "regression"
    prepared = prepare(section, out.resolve().parent, seed=0, quantity=quantity)
    training = len(prepared.dataset.development)
    if training > MOST_TRAINING_ROWS:
        section = section.model_copy(update={"max_train_rows": MOST_TRAINING_ROWS})
    parts = [
        _head(data, prepared),
        _data(section, prepared, dropped, missing),
        claim(prepared.dataset.development, prepared.dataset.locked, quantum=_qubits(prepared) > 1),
        _models(prepared),
        _rest(prepared),
    ]
    return "\n".join(parts)


def write(text: str, out: Path, force: bool = False) -> None:
    """`text` stands in `out`, whole or not at all. Raises UsageError where it may not: see `require_place`."""
    require_place(out, force)
    durable.write(out, text.encode())


def require_place(out: Path, force: bool) -> None:
    """Nothing, where `out` may be written. Raises UsageError where its folder is missing, or it is there unforced."""
    if out.is_dir():
        raise UsageError(f"{out} is a folder; name a file with --out")
    if out.exists() and not force:
        raise UsageError(f"{out} is there already; --force overwrites it, --out names another file")
    if not out.parent.is_dir():
        raise UsageError(f"no such folder: {out.parent}; make it, or name another file with --out")


def _no_features(frame: pd.DataFrame, columns: Columns) -> dict[str, str]:
    """Columns that tell nothing a model may use, and why."""
    found = {}
    for name in columns.features:
        cells = frame[name]
        if cells.isna().all():
            found[name] = "empty"
        elif pd.api.types.is_datetime64_any_dtype(cells):
            found[name] = "a time stamp"
        elif name in columns.texts and cells.nunique() > MAX_CATEGORIES:
            found[name] = f"{cells.nunique()} different texts"
        elif pd.api.types.is_integer_dtype(cells) and cells.diff().dropna().eq(1).all():
            found[name] = "a row number"
    return found


def _head(data: Path, prepared: Prepared) -> str:
    dataset = prepared.dataset
    name = re.sub(r"[^a-z0-9]+", "-", data.stem.lower()).strip("-")[:48].strip("-") or "pilot"
    target = prepared.target
    rows = f"{len(prepared.frame)} rows, {len(dataset.preparation.features)} features"
    if dataset.development.quantity:
        found = spread(target.to_numpy(dtype=np.float64))
        kind, told = "regression", f"target {found.least:.4g} to {found.most:.4g}, median {found.median:.4g}"
        asked = f"Does a quantum model predict {prepared.columns.target} closer than tuned classical models?"
    else:
        counts = target.value_counts()
        kind, told = "classification", f"{len(counts)} classes ({counts.min()} to {counts.max()} rows each)"
        asked = f"Does a quantum model tell {prepared.columns.target} better than tuned classical models?"
    return f"""\
# A pilot made from {data.name}: {rows}, {told}.
# Read it through, change what does not say what you mean, then: qpilot lint, qpilot run. Any change is a new try.
name = {text(name)}
kind = "{kind}"
seed = 0              # of the split and of every model: the same file gives the same answer

[charter]
question = {text(asked)}
owner = ""            # who answers for the decision
exit_criteria = ["promoted: use it beside its classical fallback", "refused: keep the classical baseline"]
"""


def _data(section: Data, prepared: Prepared, dropped: dict[str, str], missing: list[str]) -> str:
    why = "; ".join(f"{name}: {reason}" for name, reason in dropped.items())
    texts = f"text in {listed(sorted(prepared.columns.texts), 5)}; each text becomes a 0/1 feature"
    lines = [
        "[data]",
        f"path = {text(str(section.path))}",
        f"target = {text(section.target)}",
        f"header = {str(section.header).lower()}         # does the first line name the columns?",
        f"drop = {text(list(section.drop))}  # columns no model may read{f' ({why})' if why else ''}",
        line(
            f'missing = "{section.missing}"',
            f"gaps in {listed(missing, 5)}: filled with the median" if missing else "a gap is an error",
        ),
        line(f'text = "{section.text}"', texts if section.text == "encode" else "a text feature is an error"),
        f"locked = {LOCKED}          # share of the rows split off, hashed, and read once",
        '# group = "patient"   # rows that share this column never stand on both sides of a split',
        '# time = "date"       # or: the locked rows are the latest',
        '# suite = "suite.json"  # your own Great Expectations, a JSON list of {"type", "kwargs", "severity"}',
    ]
    most = section.max_train_rows
    if most is not None:
        lines.append(
            f"max_train_rows = {most}  # of {len(prepared.dataset.development)}: more takes minutes to train on"
        )
    return "\n".join(lines) + "\n"


def _qubits(prepared: Prepared) -> int:
    return min(MOST_QUBITS, len(prepared.dataset.preparation.features))


def _models(prepared: Prepared) -> str:
    qubits = _qubits(prepared)
    features, classes = len(prepared.dataset.preparation.features), len(prepared.dataset.development.classes)
    method = "pca" if features > qubits else "none"
    variational = f"""
[[candidates]]
model = "variational"
encoding = "angle"
ansatz = "strongly-entangling"
layers = 2            # of the ansatz; more layers, more angles to train
qubits = {qubits}
optimizer = "adam"
steps = 200
batch = 32            # rows a step
learning_rate = 0.05
"""
    return f"""\
[reduce]
{line(f'method = "{method}"', "pca, autoencoder, selection or none; fitted inside training folds only")}
{line(f"components = {qubits}", f"of {features} features: one a qubit")}

# Every candidate is compared by cross-validation; one finalist reads the locked rows, once.
[[candidates]]
model = "projected-kernel"   # single-qubit X, Y, Z: three circuits a row on a device
encoding = "zz"
layers = 1
qubits = {qubits}
bandwidth = "auto"           # factor on the angles, chosen on the training rows
expected_shots = 1000        # settings are chosen for rows measured with so many shots a circuit
{variational if classes <= qubits else ""}
[[candidates]]
model = "hybrid"      # every qubit's <Z> goes into a small MLP, trained together with the circuit
encoding = "angle"
ansatz = "strongly-entangling"
layers = 1
qubits = {qubits}
optimizer = "adam"
steps = 200
batch = 32
learning_rate = 0.05
hidden = 8            # neurons of the MLP

[search]
folds = 5             # of cross-validation, on the development rows
repeats = 1
seeds = 1             # trainings a candidate
runner = "processes"  # or "threads", "dask"
"""


def _rest(prepared: Prepared) -> str:
    locked = len(prepared.dataset.locked)
    off = "" if locked > MOST_POINTS else "# "
    gaps = float(prepared.frame[list(prepared.columns.features)].isna().mean().max()) > 0
    quantity = prepared.dataset.development.quantity
    if quantity:
        tuned, lost, alone = regressors.DEFAULT, "score (mean grade)", "rank correlation of one feature with the target"
        share = "max_value_share = 0.5         # the commonest value's share of the rows"
    else:
        tuned, lost, alone = classifiers.DEFAULT, "accuracy", "AUC of one feature alone"
        share = "min_class_share = 0.05        # the rarest class's share of the rows"
    return f"""\
# Without [[baselines]] these are tuned: {", ".join(tuned)}.

[hardware]
backend = "emulator"  # the device's published figures, simulated: nothing is charged
device = "iqm-garnet"
shots = "auto"        # the fewest that cost about a fifth of `margin`; or a number
mitigation = "readout"  # or "none", "zne-linear", ...; "auto": the one that pays for itself
margin = 0.05         # {lost} the device may lose against the simulator
batch = 25            # points a submission
{off}max_points = {MOST_POINTS}     # measure at most so many of the {locked} locked rows

[budget]
usd = 100             # the hardware stage may cost at most; compared with the 90th percentile of the forecast
queue_hours = 72      # and may wait so long

[approval]
when = "charged"      # a person is asked before money is spent; or "always", "never"
identity = "stated"   # the name that is typed; or "signed": by the approver's key in QPILOT_HOME/approvers.toml
# approvers = ["Ada", "Bob"]  # who may approve; without the line anybody
four_eyes = false     # two of the approvers have to, neither of whom started the run
expires_hours = 72    # until when a request may be answered, and an approval be used

[gates.data]
min_rows = 100
max_null_fraction = {0.2 if gaps else 0.0}       # missing cells a column may have
{share}
max_duplicate_fraction = 0.05 # rows with equal features (they never stand on both sides of the split)
max_correlation = 0.99        # of two features; above it a warning
max_leakage = 0.99            # {alone}; above it the feature is taken for the target in disguise
max_overlap_fraction = 0.0    # locked rows nearly equal to a development row

[gates.reduction]
max_accuracy_loss = 0.05      # a classical model may lose on reduced features

[gates.trainability]
max_shots = 20000             # to tell one component of a gradient, or one kernel entry, from nothing

[gates.prototype]
min_alpha = 0.0005            # below this share of alpha the rows count as used up

[gates.forecast]
max_emulated_loss = 0.05      # the emulated device may lose against the simulator

[gates.promotion]
require_fallback = true       # a classical model must stand ready to answer when the device cannot
"""
