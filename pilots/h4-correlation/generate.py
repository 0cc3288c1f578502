"""Makes rows.csv: which random H4 geometries need a multi-reference treatment, told from mean-field quantities.

Four hydrogen atoms fall uniformly into a cube of side 1.5 angstrom, no two closer than 0.6 angstrom. Features, in the
STO-3G basis and the restricted Hartree-Fock orbitals (hartree): the 4 orbital energies, the 10 one-electron integrals
h_pq and the 55 distinct two-electron integrals (pq|rs) in chemists' notation. The sign of an orbital is arbitrary, so
integrals enter as absolute values. Label: "multi" where the Hartree-Fock determinant's weight in the singlet full-CI
ground state is below 0.90 (the customary limit of C0^2 for single-reference methods: Jiang, DeYonker and Wilson, J.
Chem. Theory Comput. 8, 460, 2012), else "single". Weights below 1e-3 mean that Hartree-Fock found a state of another
symmetry than the ground state's: such geometries, and those where it does not converge, are left out and counted.

Run: pip install "qpilot[chem]" && python pilots/h4-correlation/generate.py
"""

import csv
from collections.abc import Iterator
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyscf import ao2mo, fci, gto, scf
from scipy.spatial.distance import pdist

SEED = 4
ROWS = 1250
SIDE, CLOSEST = 1.5, 0.6  # angstrom
MULTI_REFERENCE, OTHER_SYMMETRY = 0.90, 1e-3  # weight of the Hartree-Fock determinant

PAIRS = list(combinations_with_replacement(range(4), 2))
COLUMNS = [
    *(f"e{p}" for p in range(4)),
    *(f"h{p}{q}" for p, q in PAIRS),
    *(f"g{p}{q}{r}{s}" for (p, q), (r, s) in combinations_with_replacement(PAIRS, 2)),
]


def geometries(seed: int = SEED) -> Iterator[NDArray[np.float64]]:
    """Positions (4, 3) in angstrom, without end."""
    rng = np.random.default_rng(seed)
    while True:
        atoms = rng.uniform(0, SIDE, (4, 3))
        if pdist(atoms).min() >= CLOSEST:
            yield atoms


def integrals(
    atoms: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    """Orbital energies (4,), h (4, 4) and (pq|rs) (4, 4, 4, 4), hartree; None where Hartree-Fock does not converge."""
    molecule = gto.M(atom=[("H", tuple(atom)) for atom in atoms], basis="sto-3g", unit="Angstrom", verbose=0)
    field = scf.RHF(molecule)
    field.conv_tol = 1e-11
    field.kernel()
    if not field.converged:
        field = field.newton()
        field.kernel()
    if not field.converged:
        return None
    orbitals = field.mo_coeff
    one = orbitals.T @ field.get_hcore() @ orbitals
    two = ao2mo.restore(1, ao2mo.kernel(molecule, orbitals), 4)
    return field.mo_energy, one, two


def weight(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """The Hartree-Fock determinant's weight in the singlet full-CI ground state of four electrons in four orbitals."""
    solver = fci.addons.fix_spin_(fci.direct_spin1.FCI(), ss=0)
    solver.conv_tol = 1e-12
    _, state = solver.kernel(one, two, 4, 4)
    return float(state[0, 0] ** 2)


def features(energies: NDArray[np.float64], one: NDArray[np.float64], two: NDArray[np.float64]) -> list[float]:
    """The row of COLUMNS."""
    return [
        *map(float, energies),
        *(abs(float(one[p, q])) for p, q in PAIRS),
        *(abs(float(two[p, q, r, s])) for (p, q), (r, s) in combinations_with_replacement(PAIRS, 2)),
    ]


def rows(count: int = ROWS, seed: int = SEED) -> tuple[list[list[str]], dict[str, int]]:
    """The first `count` rows of the file, and how many geometries were left out and why."""
    kept: list[list[str]] = []
    left_out = {"Hartree-Fock did not converge": 0, "ground state of another symmetry": 0}
    for atoms in geometries(seed):
        if len(kept) == count:
            break
        found = integrals(atoms)
        if found is None:
            left_out["Hartree-Fock did not converge"] += 1
            continue
        energies, one, two = found
        share = weight(one, two)
        if share < OTHER_SYMMETRY:
            left_out["ground state of another symmetry"] += 1
            continue
        label = "multi" if share < MULTI_REFERENCE else "single"
        kept.append([*(f"{value:.5f}" for value in features(energies, one, two)), label])
    return kept, left_out


def main() -> None:
    """Writes rows.csv beside this file."""
    kept, left_out = rows()
    with (Path(__file__).parent / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([[*COLUMNS, "reference"], *kept])
    multi = sum(row[-1] == "multi" for row in kept)
    print(f"{len(kept)} rows, {multi / len(kept):.1%} multi-reference, seed {SEED}; left out: {left_out}")


if __name__ == "__main__":
    main()
