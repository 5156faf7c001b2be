"""Rows of a matrix that are equal, or nearly equal, to another row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import EXAMPLES_SHOWN, Finding

SAMPLED_COLUMNS = 16
SAMPLED_ROWS = 1024
PROJECTIONS = 8
NEIGHBOURS = 4
MAX_ROWS_COMPARED = 2048
"""Up to this number of rows, all pairs are compared."""
BLOCK_ROWS = 512
TOLERANCE = 0.01
"""Rows are nearly equal within this share of the typical distance between two rows."""
# Of rows without any copies, fewer than this number of pairs may be nearly equal by chance.
PAIRS_BY_CHANCE = 0.5


def equal_rows(matrix: NDArray[np.float32]) -> list[NDArray[np.intp]]:
    """Find the rows that have exactly the same numbers.

    Rows that are equal are equal in any sample of columns, so only rows that share a hash of a few
    columns are compared completely: for most matrices this reads 16 numbers per row.

    Parameters
    ----------
    matrix
        (n, d) float32, finite. 0 and -0 are equal.

    Returns
    -------
    list of (k,) intp
        The indices of each set of equal rows, k >= 2, ascending; in the order of their first row.
    """
    sets: dict[bytes, list[int]] = {}
    for row in _candidates(matrix).tolist():
        sets.setdefault((matrix[row] + np.float32(0)).tobytes(), []).append(row)
    return [np.array(rows, dtype=np.intp) for rows in sets.values() if len(rows) > 1]


def _candidates(matrix: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the rows that share the numbers of a sample of columns with another row."""
    n, d = matrix.shape
    if n < 2 or d == 0:
        return np.arange(n if d == 0 else 0)
    # Neighbouring columns, so that each row is one access to memory; -0 becomes 0.
    sample = matrix[:, : min(d, SAMPLED_COLUMNS)] + np.float32(0)
    weights = np.random.default_rng(0).integers(1, 2**63, sample.shape[1], dtype=np.uint64) | 1
    hashes = sample.view(np.uint32).astype(np.uint64) @ weights
    order = np.argsort(hashes, kind="stable")
    same_as_next = hashes[order[1:]] == hashes[order[:-1]]
    shared = np.zeros(n, dtype=bool)
    shared[order[1:][same_as_next]] = True
    shared[order[:-1][same_as_next]] = True
    return np.nonzero(shared)[0]


def duplicate_rows_finding(ids: Sequence[str], sets: Sequence[NDArray[np.intp]]) -> list[Finding]:
    """Return the warning ``duplicate-rows`` about sets of equal rows; none if there are no sets.

    Its count is the number of rows that are equal to another row; its examples name their ids.
    """
    if not sets:
        return []
    count = sum(len(rows) for rows in sets)
    examples = tuple(
        " = ".join(ids[row] for row in rows[:EXAMPLES_SHOWN].tolist())
        + (" = ..." if len(rows) > EXAMPLES_SHOWN else "")
        for rows in sets[:EXAMPLES_SHOWN]
    )
    message = "row has the same vector as a row with another id, which makes scores too high"
    return [Finding("duplicate-rows", "warning", message, count, examples)]


def nearly_equal_rows(
    matrix: NDArray[np.float32], tolerance: float = TOLERANCE
) -> list[tuple[int, int]]:
    """Find rows that are nearly, but not exactly, equal to another row.

    Two rows are nearly equal if their Euclidean distance is at most `tolerance` times the typical
    distance of two rows, ``sqrt(2 * total variance)``. Candidates are the nearest neighbours in a
    random orthogonal projection, which shortens distances, and every candidate is verified. Nothing
    is reported if rows without copies would be as close by chance (few effective dimensions).

    Parameters
    ----------
    matrix
        (n, d) float32, finite.

    Returns
    -------
    list of (int, int)
        Each row with its nearest such row, first index below the second, without repetition.
    """
    n, d = matrix.shape
    keep = np.ones(n, dtype=bool)
    for rows in equal_rows(matrix):
        keep[rows[1:]] = False
    kept = np.nonzero(keep)[0]
    if len(kept) < 2 or d == 0:
        return []
    centred = matrix[kept].astype(np.float64)
    centred -= centred.mean(axis=0)
    typical = float(np.sqrt(2 * np.square(centred).sum() / len(kept)))
    sample = centred[:: max(1, len(kept) // SAMPLED_ROWS)]
    by_chance = len(kept) ** 2 / 2 * tolerance ** effective_dimension(sample)
    if typical == 0 or by_chance > PAIRS_BY_CHANCE:
        return []
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((d, min(d, PROJECTIONS))))[0]
    projected = centred @ basis
    radius = tolerance * typical
    others, is_near = _nearest(projected, radius * (1 + 1e-9))
    pairs: set[tuple[int, int]] = set()
    for row, near in zip(*np.nonzero(is_near), strict=True):
        other = int(others[row, near])
        if other == row or np.linalg.norm(centred[row] - centred[other]) > radius:
            continue
        pairs.add((min(int(kept[row]), int(kept[other])), max(int(kept[row]), int(kept[other]))))
    return sorted(pairs)


def _nearest(
    points: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the indices of the nearest points of each point, and which are within a radius.

    Both arrays have the shape (n, k), k at most `NEIGHBOURS`; a point is among its own neighbours.
    """
    k = min(NEIGHBOURS, len(points))
    if len(points) > MAX_ROWS_COMPARED:
        from scipy.spatial import cKDTree

        distances, others = cKDTree(points).query(points, k=k, distance_upper_bound=radius)
        return others, np.isfinite(distances)
    # Importing scipy.spatial takes longer than comparing all pairs of a few thousand points.
    squares = np.einsum("ij,ij->i", points, points)
    others = np.empty((len(points), k), dtype=np.intp)
    is_near = np.empty((len(points), k), dtype=bool)
    for start in range(0, len(points), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        distances = squares[rows, None] + squares - 2 * (points[rows] @ points.T)
        others[rows] = np.argpartition(distances, k - 1, axis=1)[:, :k]
        near = points[others[rows]] - points[rows, None]
        is_near[rows] = np.sqrt(np.einsum("ijk,ijk->ij", near, near)) <= radius
    return others, is_near


def effective_dimension(centred: NDArray[np.float64]) -> float:
    """Return the participation ratio of the variances, ``(sum v)^2 / sum v^2``; 0 if all are 0.

    ``v`` are the eigenvalues of the covariance matrix. Between 1 (all variance along one line) and
    d (equal in all directions).

    Parameters
    ----------
    centred
        (n, d) float64, each column with mean 0.
    """
    n, d = centred.shape
    gram = centred @ centred.T if n < d else centred.T @ centred
    total = float(np.trace(gram))
    return 0.0 if total == 0 else total**2 / float(np.square(gram).sum())
