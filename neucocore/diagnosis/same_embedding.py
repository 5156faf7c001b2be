"""Whether two embeddings of the same samples are the same embedding in another form.

The candidates are tried from the most to the least specific: equal numbers, equal vectors under
other ids, the same dimensions with other signs, in another order, on another scale or with fewer
bits, a rotation, and any invertible linear map. What is left is another version of a model or
another model, told apart by the similarity of the two sets of vectors (linear CKA).

Sources: orthogonal Procrustes (Schonemann, Psychometrika 31, 1966); linear CKA with the unbiased
estimator (Song et al., JMLR 13, 2012; Kornblith et al., ICML 2019).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.errors import IdError
from neucocore.messages import pluralize

Verdict = Literal[
    "equal",
    "other ids",
    "same dimensions",
    "rotation",
    "linear map",
    "similar",
    "different",
    "too few rows",
]
"""How the second embedding follows from the first; `Relation.text` explains it in words."""

EQUAL_TOLERANCE = 1e-6
"""Largest root mean square difference of equal embeddings, relative to that of the values."""
SAME_DIMENSION = 0.999
"""Correlation from which on two dimensions are the same one, stored with enough bits."""
FEW_LEVELS = 256
"""A column with at most as many different values is stored as integers of up to 8 bits."""
MONOTONE_TOLERANCE = 1e-3
"""How far a monotone function may go back, as a share of its range."""
EXPLAINED = 0.999
"""Share of the variance from which on a rotation or a linear map explains an embedding."""
SIMILAR = 0.8
"""Linear CKA from which on two embeddings hold similar information."""
MIN_ROWS = 10
MAX_ROWS = 4096
"""Rows that are looked at, evenly spread; every id is still compared."""


@dataclass(frozen=True)
class Relation:
    """How two embeddings are related.

    Attributes
    ----------
    verdict
        See `Verdict`.
    text
        The verdict in words, with the numbers that it rests on.
    common, only_a, only_b
        Ids in both files, and in one of them only.
    rows
        Common rows that were compared.
    cosine
        Smallest, median and largest cosine between the two vectors of a sample; None if the numbers
        of dimensions differ.
    flipped, moved
        Dimensions with the other sign, and in another place.
    scales
        Smallest and largest factor between two matched dimensions; None if none matches.
    levels
        Most different values in a column of A, and of B.
    rotation
        Share of the variance of B that the best rotation of A explains; None if the numbers of
        dimensions differ.
    linear
        Share of the variance of held-out rows of B that a linear map of A explains, and of A by B;
        None with too few rows.
    cka
        Linear CKA, unbiased: 1 for a rotation, about 0 for unrelated vectors.
    """

    verdict: Verdict
    text: str
    common: int
    only_a: int
    only_b: int
    rows: int = 0
    cosine: tuple[float, float, float] | None = None
    flipped: int = 0
    moved: int = 0
    scales: tuple[float, float] | None = None
    levels: tuple[int, int] | None = None
    rotation: float | None = None
    linear: tuple[float, float] | None = None
    cka: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def relate(a: Embeddings, b: Embeddings) -> Relation:
    """Find out how two embeddings are related.

    Parameters
    ----------
    a, b
        Embeddings of the same samples, with any numbers of dimensions.

    Raises
    ------
    IdError
        They have no id in common, and no vector either.
    """
    rows_of_b = {sample: row for row, sample in enumerate(b.ids)}
    pairs = [(row, rows_of_b[name]) for row, name in enumerate(a.ids) if name in rows_of_b]
    counts = (len(pairs), len(a.ids) - len(pairs), len(b.ids) - len(pairs))
    same_vectors = _vectors_under_other_ids(a, b)
    if same_vectors is not None:
        return Relation("other ids", same_vectors, *counts)
    if not pairs:
        raise IdError(
            f"the embeddings have no id in common: {len(a.ids)} and {len(b.ids)} ids",
            problems=[f"first ids: {a.ids[0]!r} and {b.ids[0]!r}"],
            hint="compare embeddings of the same samples",
        )
    chosen = np.unique(np.linspace(0, len(pairs) - 1, min(len(pairs), MAX_ROWS)).astype(np.intp))
    index = np.array(pairs, dtype=np.intp)[chosen]
    x = a.matrix[index[:, 0]].astype(np.float64)
    y = b.matrix[index[:, 1]].astype(np.float64)
    return _Measured(x, y, counts).relation()


class _Measured:
    """The measurements of two matrices with equal rows, and the verdict."""

    def __init__(
        self, x: NDArray[np.float64], y: NDArray[np.float64], counts: tuple[int, int, int]
    ) -> None:
        self.x, self.y, self.counts = x, y, counts
        self.n = len(x)
        self.same_width = x.shape[1] == y.shape[1]
        self.values: dict[str, Any] = {"rows": self.n}
        if self.same_width:
            self.values["cosine"] = _cosines(x, y)
        self.values["levels"] = (_levels(x), _levels(y))

    def relation(self) -> Relation:
        for attempt in (self._equal, self._too_few, self._same_dimensions, self._any_map):
            found = attempt()
            if found is not None:
                verdict, text = found
                return Relation(verdict, text, *self.counts, **self.values)
        raise AssertionError("the last attempt always answers")

    def _equal(self) -> tuple[Verdict, str] | None:
        if not self.same_width:
            return None
        scale = float(np.sqrt(np.mean(np.square(self.x))))
        difference = float(np.sqrt(np.mean(np.square(self.x - self.y))))
        if difference > EQUAL_TOLERANCE * scale:
            return None
        exact = "every number is equal" if difference == 0 else "they differ by rounding only"
        return "equal", f"the same embedding: {exact}, in {_rows(self.n)}"

    def _too_few(self) -> tuple[Verdict, str] | None:
        if self.n >= MIN_ROWS:
            return None
        return "too few rows", (
            f"not equal; {_rows(self.n)} in common are too few to say more, {MIN_ROWS} are needed"
        )

    def _same_dimensions(self) -> tuple[Verdict, str] | None:
        """Match every varying dimension to one of the other file, whatever its sign and scale."""
        x, y = _centred(self.x), _centred(self.y)
        varying = x.std(axis=0) > 0, y.std(axis=0) > 0
        if not self.same_width or varying[0].sum() != varying[1].sum() or not varying[0].any():
            return None
        own, other = np.nonzero(varying[0])[0], np.nonzero(varying[1])[0]
        correlation = _unit_columns(x[:, own]).T @ _unit_columns(y[:, other])
        partner = np.abs(correlation).argmax(axis=1)
        strength = correlation[np.arange(len(own)), partner]
        if len(np.unique(partner)) < len(partner):
            return None
        matched, signs = other[partner], np.sign(strength)
        if np.abs(strength).min() < SAME_DIMENSION and not _monotone(
            self.x[:, own], self.y[:, matched] * signs
        ):
            return None
        factors = np.abs(y[:, matched].std(axis=0) / x[:, own].std(axis=0))
        self.values["flipped"] = flipped = int((strength < 0).sum())
        self.values["moved"] = moved = int((matched != own).sum())
        self.values["scales"] = scales = (float(factors.min()), float(factors.max()))
        changes = []
        d = len(own)
        if moved:
            changes.append(f"{moved} of {pluralize(d, 'dimension')} in another place")
        if flipped:
            changes.append(f"{flipped} of {pluralize(d, 'dimension')} with the other sign")
        if np.abs(strength).min() < SAME_DIMENSION:
            low, high = sorted(self.values["levels"])
            how = "stored with fewer bits" if low <= FEW_LEVELS else "on a curved scale"
            changes.append(
                f"every dimension {how} (at most {low} different values per dimension against "
                f"{high}; correlations from {np.abs(strength).min():.3f})"
            )
        elif scales[1] > 1.001 or scales[0] < 0.999:
            same = scales[1] / scales[0] < 1.001
            factor = f"{scales[0]:.4g}" if same else f"{scales[0]:.4g} to {scales[1]:.4g}"
            changes.append(f"scaled by {factor}")
        if not changes:
            shift = float(
                np.abs(self.x[:, own].mean(axis=0) - self.y[:, matched].mean(axis=0)).max()
            )
            changes.append(f"shifted by up to {shift:.4g}" if shift else "rounded")
        return "same dimensions", (
            f"the same embedding with {' and '.join(changes)}, in {_rows(self.n)}"
        )

    def _any_map(self) -> tuple[Verdict, str]:
        x, y = _centred(self.x), _centred(self.y)
        self.values["cka"] = cka = _unbiased_cka(x, y)
        if self.same_width:
            self.values["rotation"] = rotation = _explained_by_rotation(x, y)
            if rotation >= EXPLAINED:
                return "rotation", (
                    f"the same embedding, rotated: a rotation of A explains {rotation:.2%} of the "
                    f"variance of B, in {_rows(self.n)}"
                )
        self.values["linear"] = linear = _explained_by_linear_map(x, y)
        if linear is not None and min(linear) >= EXPLAINED:
            return "linear map", (
                "the same information in other coordinates: a linear map of one explains "
                f"{min(linear):.2%} or more of the variance of the other, in held-out rows"
            )
        explained = (
            "too few rows to fit a linear map"
            if linear is None
            else f"a linear map of A explains {_share(linear[0])} of the variance of B in held-out "
            f"rows, one of B {_share(linear[1])} of A"
        )
        measured = f"linear CKA {cka:.2f}; {explained}; {_rows(self.n)}"
        if cka >= SIMILAR:
            return "similar", f"not the same, but similar, as two versions of a model: {measured}"
        return "different", f"different embeddings: {measured}"


def _monotone(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    """Whether one of two matrices is in every column a rising function of the other.

    Quantising, clipping and power laws are such functions.
    """
    return _rises_with(x, y) or _rises_with(y, x)


def _rises_with(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    # Rows with equal x in the order of y: among them y may take any values.
    for own, other in zip(x.T, y.T, strict=True):
        steps = np.diff(other[np.lexsort((other, own))])
        if -steps.min() > MONOTONE_TOLERANCE * np.ptp(other):
            return False
    return True


def _vectors_under_other_ids(a: Embeddings, b: Embeddings) -> str | None:
    """Say in words that vectors of A are in B under other ids; None if they are not.

    Equal vectors are found by their bytes. Vectors that occur twice in a file are not counted.
    """
    if a.dimension != b.dimension:
        return None
    where_b = _unique_vectors(b)
    found = [(row, where_b[key]) for key, row in _unique_vectors(a).items() if key in where_b]
    moved = [(ra, rb) for ra, rb in found if a.ids[ra] != b.ids[rb]]
    if len(moved) < max(2, 0.5 * min(len(a.ids), len(b.ids))):
        return None
    shifts = {rb - ra for ra, rb in moved}
    example = ", ".join(f"{a.ids[ra]!r} in A is {b.ids[rb]!r} in B" for ra, rb in moved[:2])
    if set(a.ids).isdisjoint(b.ids):
        how = "under other ids"
    elif len(shifts) == 1:
        by = abs(shifts.pop())
        how = "under other ids" if by == 0 else f"shifted by {pluralize(by, 'row')}"
    else:
        how = "under the ids of other samples"
    return f"the same vectors {how}: {len(moved)} of {_rows(len(a.ids))}, such as {example}"


def _unique_vectors(embeddings: Embeddings) -> dict[bytes, int]:
    rows: dict[bytes, int] = {}
    repeated = set()
    for row, vector in enumerate(embeddings.matrix):
        key = vector.tobytes()
        if key in rows:
            repeated.add(key)
        rows[key] = row
    return {key: row for key, row in rows.items() if key not in repeated}


def _cosines(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float, float] | None:
    norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    usable = norms > 0
    if not usable.any():
        return None
    cosines = (x[usable] * y[usable]).sum(axis=1) / norms[usable]
    return float(cosines.min()), float(np.median(cosines)), float(cosines.max())


def _levels(x: NDArray[np.float64]) -> int:
    """Return the largest number of different values in a column."""
    return max(len(np.unique(column)) for column in x.T)


def _centred(x: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = x - x.mean(axis=0)
    centred[:, np.ptp(x, axis=0) == 0] = 0  # a rounded mean leaves a constant column not constant
    return centred


def _unit_columns(x: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = x / np.linalg.norm(x, axis=0)
    return unit


def _explained_by_rotation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return 1 - min ||s X R - Y||^2 / ||Y||^2 over rotations R and factors s."""
    total = float(np.square(x).sum() * np.square(y).sum())
    if total == 0:
        return 0.0
    nuclear = float(np.linalg.svd(x.T @ y, compute_uv=False).sum())
    return nuclear**2 / total


def _explained_by_linear_map(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[float, float] | None:
    """Return the R2 over held-out rows of least squares, of B from A and of A from B.

    Every other row is held out; None unless there are twice as many training rows as dimensions.
    """
    train, test = slice(0, None, 2), slice(1, None, 2)
    if len(x[train]) < 2 * max(x.shape[1], y.shape[1]):
        return None
    return _held_out_r2(x, y, train, test), _held_out_r2(y, x, train, test)


def _held_out_r2(
    x: NDArray[np.float64], y: NDArray[np.float64], train: slice, test: slice
) -> float:
    weights = np.linalg.lstsq(x[train], y[train], rcond=1e-10)[0]
    total = float(np.square(y[test]).sum())
    return 1 - float(np.square(y[test] - x[test] @ weights).sum()) / total if total else 0.0


def _unbiased_cka(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return linear CKA from the unbiased estimator of HSIC, clipped to 0 and 1.

    The biased estimator is near 1 for any two embeddings with more dimensions than rows.
    """
    k, m = x @ x.T, y @ y.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    product = _hsic(k, k) * _hsic(m, m)
    return float(np.clip(_hsic(k, m) / np.sqrt(product), 0, 1)) if product > 0 else 0.0


def _hsic(k: NDArray[np.float64], m: NDArray[np.float64]) -> float:
    n = len(k)
    rows_k, rows_m = k.sum(axis=0), m.sum(axis=0)
    value = (k * m).sum() + rows_k.sum() * rows_m.sum() / ((n - 1) * (n - 2))
    value -= 2 * (rows_k @ rows_m) / (n - 2)
    return float(value / (n * (n - 3)))


def _rows(n: int) -> str:
    return pluralize(n, "row")


def _share(value: float) -> str:
    return f"{max(value, 0.0):.0%}"
