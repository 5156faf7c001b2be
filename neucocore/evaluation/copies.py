"""Copies of embedding rows under different ids, which leak from training into held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.duplicates import equal_rows, nearly_equal_rows
from neucocore.evaluation.inputs import ScoringTask
from neucocore.files.findings import EXAMPLES_SHOWN

MAX_ROWS = 20_000
"""Nearly equal rows are searched for among at most this number of labelled rows."""
LABEL_TOLERANCE = 0.01
"""Labels of a regression task agree if they differ by less than this share of their deviation."""
MIN_AGREEMENT = 0.5
"""Labels of copies agree if they do so this much more often than those of any two rows.

Relative to complete agreement: 0 is agreement by chance, 1 is that of copies of labelled rows.
"""
PAIRS_BY_CHANCE = 20_000
SAME_LENGTH = 1e-3
"""If the lengths of all rows differ by less than this share, directions are not compared too."""


@dataclass(frozen=True, eq=False)
class Copies:
    """Sets of rows that are equal or nearly equal.

    Attributes
    ----------
    set_of_id
        Number of the set that an id belongs to; ids without a copy are not in it.
    nearly
        Sets with rows that are only nearly equal, or equal apart from their length.
    searched
        Whether nearly equal rows were searched for.
    """

    set_of_id: dict[str, int]
    nearly: frozenset[int]
    searched: bool = True


@dataclass(frozen=True, slots=True)
class TaskCopies:
    """Copies among the rows of one task that can be on both sides of a split.

    Attributes
    ----------
    rows
        Rows with a copy under another id.
    nearly
        Of these, the rows of sets that are only nearly equal.
    same_label
        Rows whose copy has the same label.
    agree
        Whether labels of copies agree more often than by chance.
    examples
        Ids of the first copies.
    searched
        Whether nearly equal rows were searched for.
    """

    rows: int
    nearly: int
    same_label: int
    agree: bool
    examples: tuple[str, ...]
    searched: bool = True

    def counts(self) -> dict[str, int | None]:
        """Return the counts for the JSON of a run; None where near copies were not searched for."""
        return {
            "rows_with_copy": self.rows,
            "rows_with_near_copy": self.nearly if self.searched else None,
            "rows_with_copy_and_same_label": self.same_label,
        }

    def warning(self, n: int) -> str:
        """Describe the copies; empty if there are none.

        Parameters
        ----------
        n
            Number of rows of the task.
        """
        if not self.rows:
            return ""
        kind = "nearly the same" if self.nearly == self.rows else "the same"
        if 0 < self.nearly < self.rows:
            kind = "the same or nearly the same"
        text = (
            f"{self.rows} of {n} labelled rows have {kind} embedding as a row with another id "
            f"({', '.join(self.examples)})"
        )
        if self.agree:
            return (
                f"{text}, and for {self.same_label} of them the label is the same too: copies of "
                "training rows are held out, so the score is too high; remove the copies, or keep "
                "them in one group with --split group:FILE:COLUMN"
            )
        return f"{text}; their labels differ, so check where these rows come from"


def find_copies(ids: Sequence[str], matrix: NDArray[np.float32]) -> Copies:
    """Find equal rows and, among at most `MAX_ROWS` rows, nearly equal ones.

    Parameters
    ----------
    ids
        (n,) ids of the rows.
    matrix
        (n, d) float32: the labelled rows of the embeddings.
    """
    parent = np.arange(len(ids))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = int(parent[row])
        return row

    equal = equal_rows(matrix)
    if any(len(rows) == len(ids) for rows in equal):
        return Copies({}, frozenset())  # a constant embedding, which is reported as such
    for rows in equal:
        parent[rows] = rows[0]
    joined_by_near = []
    searched = len(ids) <= MAX_ROWS
    for first, second in _near_pairs(matrix) if searched else ():
        if root(first) != root(second):
            parent[root(second)] = root(first)
            joined_by_near.append(first)
    roots = np.array([root(row) for row in range(len(ids))], dtype=np.intp)
    sizes = np.bincount(roots, minlength=len(ids))
    return Copies(
        {ids[row]: int(roots[row]) for row in np.flatnonzero(sizes[roots] > 1).tolist()},
        frozenset(int(roots[row]) for row in joined_by_near),
        searched,
    )


def _near_pairs(matrix: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Return pairs of rows that are nearly equal, as they are or divided by their length."""
    pairs = nearly_equal_rows(matrix)
    norms = np.sqrt(np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64))
    directed = np.flatnonzero(norms > 0)
    if len(directed) < 2 or np.ptp(norms[directed]) < SAME_LENGTH * norms.max():
        return pairs
    unit = (matrix[directed] / norms[directed, None]).astype(np.float32)
    # Rounding makes copies of another length nearly, not exactly, equal; either is found.
    sets = [(int(rows[0]), int(row)) for rows in equal_rows(unit) for row in rows[1:]]
    same_direction = [*sets, *nearly_equal_rows(unit)]
    return [*pairs, *((int(directed[a]), int(directed[b])) for a, b in same_direction)]


def copies_in_task(copies: Copies, task: ScoringTask) -> TaskCopies:
    """Count the rows of a task that have a copy which may be on the other side of a split.

    Copies within one group are always on the same side, and are not counted.
    """
    sets: dict[int, list[int]] = {}
    for row, sample in enumerate(task.ids):
        if (number := copies.set_of_id.get(sample)) is not None:
            sets.setdefault(number, []).append(row)
    if task.groups is not None:
        groups = np.asarray(task.groups).astype(str)
        sets = {number: rows for number, rows in sets.items() if len(set(groups[rows])) > 1}
    sets = {number: rows for number, rows in sets.items() if len(rows) > 1}
    labels = _ComparableLabels(task)
    same = pairs = agreeing = 0
    for rows in sets.values():
        equal = labels.equal(rows[:-1], rows[1:])
        pairs += len(equal)
        agreeing += int(equal.sum())
        has_equal = np.zeros(len(rows), dtype=bool)
        has_equal[:-1] |= equal
        has_equal[1:] |= equal
        same += int(has_equal.sum())
    by_chance = labels.agreement_by_chance() if sets else 0.0
    share = agreeing / pairs if pairs else 0.0
    return TaskCopies(
        rows=sum(map(len, sets.values())),
        nearly=sum(len(rows) for number, rows in sets.items() if number in copies.nearly),
        same_label=same,
        agree=share > by_chance and share - by_chance >= MIN_AGREEMENT * (1 - by_chance),
        searched=copies.searched,
        examples=tuple(
            " = ".join(task.ids[row] for row in rows[:2])
            for rows in list(sets.values())[:EXAMPLES_SHOWN]
        ),
    )


class _ComparableLabels:
    """Labels of a task that can be compared: (n, k), each column with its tolerance."""

    def __init__(self, task: ScoringTask) -> None:
        self.y: NDArray[Any] = np.asarray(task.y, dtype=np.float64).reshape(len(task.ids), -1)
        self.tolerance = np.zeros(self.y.shape[1])
        if task.problem == "regression":
            spread = [
                column[~np.isnan(column)].std() if len(column) else 0.0 for column in self.y.T
            ]
            self.tolerance = LABEL_TOLERANCE * np.nan_to_num(np.array(spread))

    def equal(
        self, first: Sequence[int] | NDArray[np.intp], second: Sequence[int] | NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Return whether all labels known for both rows of a pair are equal; False if none is."""
        difference = np.abs(self.y[list(first)] - self.y[list(second)])
        known = ~np.isnan(difference)
        return np.asarray(known.any(axis=1) & (~known | (difference <= self.tolerance)).all(axis=1))

    def agreement_by_chance(self) -> float:
        """Return the share of random pairs of rows with equal labels."""
        rng = np.random.default_rng(0)
        n = len(self.y)
        first = rng.integers(0, n, PAIRS_BY_CHANCE)
        second = (first + rng.integers(1, max(n, 2), PAIRS_BY_CHANCE)) % n
        return float(self.equal(first.astype(np.intp), second.astype(np.intp)).mean())
