"""`qpilot init`: a commented pilot file for a data file, every threshold written out, choices taken from the rows."""

import json
import math
import os
import re
from pathlib import Path

import pandas as pd

from gates.statistics.power import detectable, effective_psi
from gates.statistics.wallet import alpha as wallet_alpha
from qpilot.baselines import DEFAULT
from qpilot.data.columns import Columns, listed, resolve
from qpilot.data.preparation import MAX_CATEGORIES
from qpilot.data.preparing import Prepared, prepare
from qpilot.data.source import read_file
from qpilot.errors import UsageError
from qpilot.pilot import Data
from qpilot.record import durable

ALPHA, POWER, LOCKED = 0.05, 0.8, 0.3
MOST_QUBITS = 6
MOST_TRAINING_ROWS = 1000
"""Above this a kernel matrix and the training of a circuit take minutes on a laptop."""

MOST_POINTS = 1000
"""Points on a device: twice what shows an advantage of five points at a disagreement of one in five."""


def scaffold(data: Path, target: str, out: Path, header: bool = True) -> str:
    """The text of a pilot file for the CSV or Parquet file `data`, to stand at `out`; nothing is written.

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
    prepared = prepare(section, out.resolve().parent, seed=0)
    training = len(prepared.dataset.development)
    if training > MOST_TRAINING_ROWS:
        section = section.model_copy(update={"max_train_rows": MOST_TRAINING_ROWS})
    parts = [
        _head(data, prepared),
        _data(section, prepared, dropped, missing),
        _claim(prepared),
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
    counts = prepared.frame[prepared.columns.target].value_counts()
    rows = f"{len(prepared.frame)} rows, {len(dataset.preparation.features)} features"
    return f"""\
# A pilot made from {data.name}: {rows}, {len(counts)} classes ({counts.min()} to {counts.max()} rows each).
# Read it through, change what does not say what you mean, then: qpilot lint, qpilot run. Any change is a new try.
name = {_text(name)}
kind = "classification"
seed = 0              # of the split and of every model: the same file gives the same answer

[charter]
question = {_text(f"Does a quantum model tell {prepared.columns.target} better than tuned classical models?")}
owner = ""            # who answers for the decision
exit_criteria = ["promoted: use it beside its classical fallback", "refused: keep the classical baseline"]
"""


def _data(section: Data, prepared: Prepared, dropped: dict[str, str], missing: list[str]) -> str:
    why = "; ".join(f"{name}: {reason}" for name, reason in dropped.items())
    texts = f"text in {listed(sorted(prepared.columns.texts), 5)}; each text becomes a 0/1 feature"
    lines = [
        "[data]",
        f"path = {_text(str(section.path))}",
        f"target = {_text(section.target)}",
        f"header = {str(section.header).lower()}         # does the first line name the columns?",
        f"drop = {_text(list(section.drop))}  # columns no model may read{f' ({why})' if why else ''}",
        _line(
            f'missing = "{section.missing}"',
            f"gaps in {listed(missing, 5)}: filled with the median" if missing else "a gap is an error",
        ),
        _line(f'text = "{section.text}"', texts if section.text == "encode" else "a text feature is an error"),
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


def _claim(prepared: Prepared) -> str:
    locked = prepared.dataset.locked
    shares = [float((locked.y == code).mean()) for code in range(len(locked.classes))]
    skewed = min(shares) < 0.6 / len(shares)
    target, psi, shown = _detectable(len(locked), shares if skewed else None)
    power = (
        f"the smallest that {len(locked)} locked rows show is about {shown:.2f}"
        if math.isfinite(shown)
        else f"more than {len(locked)} locked rows can show: collect more"
    )
    metric = "balanced_accuracy" if skewed else "accuracy"
    meaning = "mean over the classes, since they are of unequal size" if skewed else "share of rows told rightly"
    return f"""\
[claim]
kind = "superiority"  # or "non-inferiority", with margin, resource and max_ratio
{_line(f'metric = "{metric}"', meaning)}
target = {target:.2f}         # the advantage worth having over the best tuned classical model; {power}
psi = {psi:.2f}            # expected share of rows on which the two disagree
alpha = {ALPHA}          # risk of promoting a worthless model, over all tries on these rows
power = {POWER}           # chance to see an advantage of `target` if it is there
{_line(f"quantum = {str(_qubits(prepared) > 1).lower()}", "must the same model without entanglement be beaten too?")}
"""


def _detectable(points: int, shares: list[float] | None) -> tuple[float, float, float]:
    """An advantage to aim at, a psi that allows it, and the smallest advantage that `points` rows show."""
    alpha = wallet_alpha(1, ALPHA)
    for psi in (0.2, 0.3, 0.4, 0.5):
        shown = detectable(points, 0.0, effective_psi(psi, shares) if shares else psi, alpha, POWER)
        if shown <= psi:
            return max(0.05, min(psi, math.ceil(shown * 100) / 100)), psi, shown
    return 0.3, 0.5, math.inf


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
{_line(f'method = "{method}"', "pca, autoencoder, selection or none; fitted inside training folds only")}
{_line(f"components = {qubits}", f"of {features} features: one a qubit")}

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
    return f"""\
# Without [[baselines]] these are tuned: {", ".join(DEFAULT)}.

[hardware]
backend = "emulator"  # the device's published figures, simulated: nothing is charged
device = "iqm-garnet"
shots = "auto"        # the fewest that cost about a fifth of `margin`; or a number
mitigation = "readout"  # or "none", "zne-linear", ...; "auto": the one that pays for itself
margin = 0.05         # accuracy the device may lose against the simulator
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
min_class_share = 0.05        # the rarest class's share of the rows
max_duplicate_fraction = 0.05 # rows with equal features (they never stand on both sides of the split)
max_correlation = 0.99        # of two features; above it a warning
max_leakage = 0.99            # AUC of one feature alone; above it the feature is taken for the target in disguise
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


def _line(setting: str, comment: str) -> str:
    return f"{setting:<21} # {comment}"


def _text(value: str | list[str]) -> str:
    """`value` as TOML; JSON's strings and lists of strings are TOML too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
