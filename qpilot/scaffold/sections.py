"""The sections of a new pilot file, each a piece of commented TOML, with what the rows decide filled in."""

import re
from pathlib import Path

import numpy as np

from qpilot.baselines import classifiers, regressors
from qpilot.data.columns import listed
from qpilot.data.preparing import Prepared
from qpilot.data.spread import spread
from qpilot.pilot import Data
from qpilot.scaffold.lines import line, text

MOST_QUBITS = 6

MOST_POINTS = 1000
"""Points on a device: twice what shows an advantage of five points at a disagreement of one in five."""


def head(data: Path, prepared: Prepared) -> str:
    """Name, kind, seed and charter."""
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


def data(section: Data, prepared: Prepared, dropped: dict[str, str], missing: list[str]) -> str:
    """[data]. dropped: columns left out, and why; missing: features with gaps."""
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
        f"locked = {section.locked}          # share of the rows split off, hashed, and read once",
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


def models(prepared: Prepared) -> str:
    """[reduce], [[candidates]] and [search]."""
    wires = qubits(prepared)
    features, classes = len(prepared.dataset.preparation.features), len(prepared.dataset.development.classes)
    method = "pca" if features > wires else "none"
    variational = f"""
[[candidates]]
model = "variational"
encoding = "angle"
ansatz = "strongly-entangling"
layers = 2            # of the ansatz; more layers, more angles to train
qubits = {wires}
optimizer = "adam"
steps = 200
batch = 32            # rows a step
learning_rate = 0.05
"""
    return f"""\
[reduce]
{line(f'method = "{method}"', "pca, autoencoder, selection or none; fitted inside training folds only")}
{line(f"components = {wires}", f"of {features} features: one a qubit")}

# Every candidate is compared by cross-validation; one finalist reads the locked rows, once.
[[candidates]]
model = "projected-kernel"   # single-qubit X, Y, Z: three circuits a row on a device
encoding = "zz"
layers = 1
qubits = {wires}
bandwidth = "auto"           # factor on the angles, chosen on the training rows
expected_shots = 1000        # settings are chosen for rows measured with so many shots a circuit
{variational if classes <= wires else ""}
[[candidates]]
model = "hybrid"      # every qubit's <Z> goes into a small MLP, trained together with the circuit
encoding = "angle"
ansatz = "strongly-entangling"
layers = 1
qubits = {wires}
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


def rest(prepared: Prepared) -> str:
    """[hardware], [budget], [approval] and every threshold."""
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


def qubits(prepared: Prepared) -> int:
    """Of every candidate: one a feature, as far as a laptop trains them soon."""
    return min(MOST_QUBITS, len(prepared.dataset.preparation.features))
