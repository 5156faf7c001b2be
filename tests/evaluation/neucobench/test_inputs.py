"""Embeddings and labels as the probe sees them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.neucobench.inputs import probe_embeddings, probe_labels


def task(y: Any, classes: tuple[str, ...] = ()) -> ScoringTask:
    values = np.array(y)
    ids = tuple(f"s{row}" for row in range(len(values)))
    problem = "binary" if classes else "regression"
    return ScoringTask("t", "t", problem, ids, values, "r2", "d", classes)  # type: ignore[arg-type]


def many(rows: int, dimension: int) -> ScoringInput:
    rng = np.random.default_rng(0)
    matrix = (5 + 3 * rng.standard_normal((rows, dimension))).astype(np.float32)
    matrix[:, 0] += 40
    ids = tuple(f"s{row}" for row in range(rows))
    return ScoringInput(ids, matrix, (), frozenset(ids))


def test_one_mean_and_one_deviation_standardise_all_values() -> None:
    given = many(1300, 6)
    made = probe_embeddings(given, dimension=None, standardize=True)
    assert made.mean == pytest.approx(given.matrix.mean(), rel=1e-6)
    assert made.std == pytest.approx(given.matrix.std(), rel=1e-6)
    assert made.matrix == pytest.approx((given.matrix - made.mean) / made.std, abs=1e-6)
    assert abs(made.matrix[:, 0].mean()) > 1


def test_padding_counts_in_the_statistics() -> None:
    given = many(50, 6)
    made = probe_embeddings(given, dimension=12, standardize=True)
    assert made.mean == pytest.approx(given.matrix.mean() / 2, rel=1e-6)
    assert (made.found, made.matrix.shape) == (6, (50, 12))
    assert np.allclose(made.matrix[:, 6:], -made.mean / made.std)


def test_without_standardisation_values_stay() -> None:
    given = many(50, 6)
    made = probe_embeddings(given, dimension=None, standardize=False)
    assert np.array_equal(made.matrix, given.matrix)
    assert (made.mean, made.std) == (0, 1)


def test_labels_scale_to_the_unit_range_and_back() -> None:
    labels = probe_labels(task([2.0, 4.0, 3.0]), normalize=True)
    assert labels.values.tolist() == [0, 1, 0.5]
    assert labels.in_units(labels.values).tolist() == [2, 4, 3]


@pytest.mark.parametrize(
    ("classes", "normalize", "expected"),
    [
        (("-1", "1"), True, [0, 1, 1]),
        (("0.0", "1.0"), False, [0, 1, 1]),
        (("1", "2"), False, [1, 2, 2]),
        (("no", "yes"), False, [0, 1, 1]),
    ],
)
def test_classes_are_the_numbers_of_the_label_file(
    classes: tuple[str, ...], normalize: bool, expected: list[float]
) -> None:
    assert probe_labels(task([0, 1, 1], classes), normalize=normalize).values.tolist() == expected
