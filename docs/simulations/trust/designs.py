"""Random data sets whose truth is known in closed form.

Labels are functions y = g(u) of u with mean 0 and variance 1, of which a share rho is linear in the
embedding:

    u = sqrt(rho) x'b + sqrt(1 - rho) e,   Var(x'b) = 1

Rows are x = z A with standard normal z. The expected squared error of a linear prediction b0 + w'x
on a new row is then exact: Var(y) + (E y - b0)^2 - 2 w'Cov(x, y) + |A w|^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

LABELS = {
    "normal": lambda u: u,
    "t3 errors": lambda u: u,
    "fraction": lambda u: np.clip(0.75 * (u - 0.15), 0, 1),  # 56 % zeros, 7 % ones
    "zero-inflated": lambda u: np.maximum(u - 0.52, 0),  # 70 % zeros, a long tail without bound
    "lognormal": np.exp,
}
SIGNALS = 16
"""Columns that carry the signal in comparisons."""


@cache
def moments(label):
    """Return mean and variance of g(u), and its covariance with u, for standard normal u."""
    u = np.linspace(-10, 12, 400_001)
    weight = np.exp(-(u**2) / 2)
    weight /= weight.sum()
    y = LABELS[label](u)
    mean = weight @ y
    return mean, weight @ y**2 - mean**2, weight @ (u * y)


def linear_share(label, r2):
    """Return the rho with which the best linear map explains `r2` of the label."""
    _, variance, covariance = moments(label)
    share = r2 * variance / covariance**2
    if share > 1:
        raise ValueError(f"no linear map of x explains {r2} of {label} labels")
    return share


@dataclass(frozen=True)
class Design:
    """A family of data sets.

    Attributes
    ----------
    n, d
        Rows and columns.
    label, r2
        A key of `LABELS`, and what the best linear map explains.
    decay
        Standard deviations of the columns are j^-decay.
    autocorrelation
        Correlation of neighbouring columns, falling as a power of their distance.
    groups
        Number of groups; 0 for independent rows. Groups have random sizes; a half of the variance
        of x and 0.3 of the variance of e is common to the rows of a group.
    outputs
        Number of outputs that are averaged into one score; their errors correlate by 0.5.
    """

    n: int
    d: int
    label: str = "normal"
    r2: float = 0.5
    decay: float = 0.0
    autocorrelation: float = 0.0
    groups: int = 0
    outputs: int = 1


@dataclass(frozen=True, eq=False)
class Data:
    """Labels on one set of rows, with what the truth of a prediction needs.

    Attributes
    ----------
    X, Y
        (n, d) and (n, k).
    groups
        (n,) or None.
    root
        A, (d, d), or the standard deviations (d,) of independent columns.
    covariance
        (d, k) of x and y.
    mean, variance
        Of y.
    """

    X: np.ndarray
    Y: np.ndarray
    groups: np.ndarray | None
    root: np.ndarray
    covariance: np.ndarray
    mean: float
    variance: float

    def true_r2(self, weights, intercepts, baselines):
        """Return R2 on new rows of linear predictions: weights (d, k), the others (k,)."""
        spread = self.root[:, None] * weights if self.root.ndim == 1 else self.root @ weights
        error = (
            self.variance
            + (self.mean - intercepts) ** 2
            - 2 * np.sum(weights * self.covariance, axis=0)
            + np.sum(spread**2, axis=0)
        )
        return 1 - error / (self.variance + (self.mean - baselines) ** 2)


def root_of(design):
    """Return A of the rows of a design."""
    deviations = np.arange(1.0, design.d + 1) ** -design.decay
    if not design.autocorrelation:
        return deviations
    columns = np.arange(design.d)
    correlation = design.autocorrelation ** np.abs(columns[:, None] - columns)
    return np.linalg.cholesky(correlation).T * deviations


def times_root(z, root):
    return z * root if root.ndim == 1 else z @ root


def directions(d, k, root, rng):
    """Return random b (d, k) with Var(x'b) = 1."""
    b = rng.standard_normal((d, k))
    spread = root[:, None] * b if root.ndim == 1 else root @ b
    return b / np.sqrt(np.sum(spread**2, axis=0))


def errors(design, k, member, rng):
    """Return e, (n, k outputs), with variance 1."""
    shape = design.n, k
    if design.label == "t3 errors":
        return rng.standard_t(3, shape) / np.sqrt(3)
    e = rng.standard_normal(shape)
    if design.groups:
        common = rng.standard_normal((design.groups, k))[member]
        e = np.sqrt(0.3) * common + np.sqrt(0.7) * e
    if design.outputs > 1:
        common = rng.standard_normal((design.n, k // design.outputs))
        common = np.repeat(common, design.outputs, axis=1)
        e = np.sqrt(0.5) * common + np.sqrt(0.5) * e
    return e


def draw(design, labels, rng):
    """Draw one set of rows with `labels` labels; a label has `design.outputs` columns of Y."""
    k = labels * design.outputs
    root = root_of(design)
    x = times_root(rng.standard_normal((design.n, design.d)), root)
    member = None
    if design.groups:
        member = rng.integers(0, design.groups, design.n)
        common = times_root(rng.standard_normal((design.groups, design.d)), root)
        x = np.sqrt(0.5) * common[member] + np.sqrt(0.5) * x
    b = directions(design.d, k, root, rng)
    return with_labels(design, x, x @ b, root, _covariance(root, b), member, rng)


def with_labels(design, x, signal, root, covariance, member, rng):
    """Return data with labels of a signal (n, k) with variance 1; `covariance` is that of both."""
    rho = linear_share(design.label, design.r2)
    mean, variance, slope = moments(design.label)
    e = errors(design, signal.shape[1], member, rng)
    y = LABELS[design.label](np.sqrt(rho) * signal + np.sqrt(1 - rho) * e)
    return Data(x, y, member, root, np.sqrt(rho) * slope * covariance, mean, variance)


def _covariance(root, b):
    if root.ndim == 1:
        return (root**2)[:, None] * b
    return root.T @ (root @ b)


@dataclass(frozen=True)
class Pair:
    """Two embeddings of the same rows.

    Attributes
    ----------
    design
        Of the labels; its `decay` is not used.
    kind
        ``junk``: both contain the signal columns, and other columns of their own. ``views``: each
        contains the signal columns with noise of its own. ``coarse``: the same columns, with a
        little noise of its own on all of them, as two quantisers would leave.
    noise
        Standard deviations of the noise of A and of B, relative to the columns.
    """

    design: Design
    kind: str
    noise: tuple[float, float]


def draw_pair(pair, labels, rng):
    """Draw one set of rows with `labels` labels and two embeddings; return two `Data`."""
    return draw_views(pair.design, pair.kind, pair.noise, labels, rng)


def draw_views(design, kind, noises, labels, rng):
    """Draw embeddings of the same rows, one for each standard deviation of noise."""
    n, d, groups = design.n, design.d, design.groups
    member = rng.integers(0, groups, n) if groups else None

    def normal(columns):
        z = rng.standard_normal((n, columns))
        if not groups:
            return z
        common = rng.standard_normal((groups, columns))[member]
        return np.sqrt(0.5) * common + np.sqrt(0.5) * z

    signal = normal(SIGNALS)
    b = directions(SIGNALS, labels, np.ones(SIGNALS), rng)
    shared = rng.standard_normal((n, d - SIGNALS))
    full = np.zeros((d, labels))
    full[:SIGNALS] = b
    common = with_labels(design, signal, signal @ b, np.ones(d), full, member, rng)
    result = []
    for noise in noises:
        x = np.empty((n, d))
        deviations = np.ones(d)
        if kind == "coarse":
            x[:, :SIGNALS], x[:, SIGNALS:] = signal, shared
            x += noise * rng.standard_normal((n, d))
            deviations[:] = np.hypot(1, noise)
        else:
            x[:, :SIGNALS] = signal + (noise * normal(SIGNALS) if noise else 0.0)
            x[:, SIGNALS:] = rng.standard_normal((n, d - SIGNALS))
            deviations[:SIGNALS] = np.hypot(1, noise)
        result.append(
            Data(x, common.Y, member, deviations, common.covariance, common.mean, common.variance)
        )
    return result
