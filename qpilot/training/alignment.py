"""How well a kernel of states agrees with the target: the loss that a trainable kernel is trained by."""

import numpy as np

from qpilot.training.network import Floats

VANISHING = 1e-12


def alignment(outputs: Floats, targets: Floats) -> tuple[Floats, Floats]:
    """1 less the centred alignment of |<a|b>|^2 with the target's own kernel, between 0 and 2.

    Kernel-target alignment, for quantum kernels by Hubregtsen et al. 2022 (arXiv 2105.02276), centred as by Cortes et
    al. 2012 (arXiv 1203.0550), which lets classes be of unequal size and more than two, and a quantity have any mean.
    outputs: states (n_rows, 2 * 2**qubits), real and imaginary parts by turns. targets: (n_rows, n_classes), rows sum to
    1; or (n_rows, 1), values of a quantity, whose kernel is that of their products. A row's loss is its share: the mean
    over the batch is 1 less its alignment. Rows are not independent, each loss takes all of them; slopes are those of the
    losses' sum. Rows of one class, or value, alone have no alignment: they say 1, and no slope.
    """
    states = np.ascontiguousarray(outputs).view(np.complex128)
    inner = states.conj() @ states.T
    kernel, labels = centred(inner.real**2 + inner.imag**2), centred(targets @ targets.T)
    length, other, rows = float(np.linalg.norm(kernel)), float(np.linalg.norm(labels)), len(outputs)
    if min(length, other) < VANISHING:
        return np.ones(rows), np.zeros_like(outputs)
    shares = (kernel * labels).sum(axis=1) / (length * other)
    by_kernel = labels / (length * other) - shares.sum() * kernel / length**2
    by_states = 2 * (by_kernel * inner.conj()) @ states  # derivative by the conjugate states
    return 1 - rows * shares, -2 * rows * by_states.view(np.float64)


def centred(kernel: Floats) -> Floats:
    """The kernel (n, n) of features less their mean."""
    return np.asarray(kernel - kernel.mean(axis=0) - kernel.mean(axis=1)[:, None] + kernel.mean())
