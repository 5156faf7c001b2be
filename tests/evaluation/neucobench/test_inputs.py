"""Embeddings and labels as NeuCo-Bench's probe takes them."""

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


def embeddings_of(rows: int, dimension: int) -> ScoringInput:
    rng = np.random.default_rng(0)
    matrix = (5 + 3 * rng.standard_normal((rows, dimension))).astype(np.float32)
    matrix[:, 0] += 40
    ids = tuple(f"s{row}" for row in range(rows))
    return ScoringInput(ids, matrix, (), frozenset(ids))


def test_all_values_are_standardised_with_one_mean_and_one_standard_deviation() -> None:
    inputs = embeddings_of(1300, 6)
    prepared = probe_embeddings(inputs, dimension=None, standardize=True)
    assert prepared.mean == pytest.approx(inputs.matrix.mean(), rel=1e-6)
    assert prepared.std == pytest.approx(inputs.matrix.std(), rel=1e-6)
    assert prepared.matrix == pytest.approx(
        (inputs.matrix - prepared.mean) / prepared.std, abs=1e-6
    )
    assert abs(prepared.matrix[:, 0].mean()) > 1


def test_padded_zeros_are_part_of_mean_and_standard_deviation() -> None:
    inputs = embeddings_of(50, 6)
    prepared = probe_embeddings(inputs, dimension=12, standardize=True)
    assert prepared.mean == pytest.approx(inputs.matrix.mean() / 2, rel=1e-6)
    assert (prepared.dimension, prepared.matrix.shape) == (6, (50, 12))
    assert np.allclose(prepared.matrix[:, 6:], -prepared.mean / prepared.std)


def test_without_standardisation_values_are_unchanged() -> None:
    inputs = embeddings_of(50, 6)
    prepared = probe_embeddings(inputs, dimension=None, standardize=False)
    assert np.array_equal(prepared.matrix, inputs.matrix)
    assert (prepared.mean, prepared.std) == (0, 1)


def test_labels_are_scaled_to_0_to_1_and_back() -> None:
    labels = probe_labels(task([2.0, 4.0, 3.0]), normalize=True)
    assert labels.values.tolist() == [0, 1, 0.5]
    assert labels.to_label_units(labels.values).tolist() == [2, 4, 3]


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
