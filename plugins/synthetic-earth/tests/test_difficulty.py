"""The tasks can be partly predicted from the cubes, the control tasks not at all."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.labels import LABELS, control
from neuco_plugin_synthetic_earth.world.cubes import EarthCube
from neuco_plugin_synthetic_earth.world.fields import generator

FOLDS = 8
TASKS = ("biomass_mean__regr", "clouds_reg__regr", "landcover_forest__regr", "crops__regr")


def ridge_r2(features: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the pooled R2 of ridge regression over fixed folds, with the best penalty."""
    fold = np.arange(len(y)) % FOLDS
    return max(_r2(features, y, fold, strength) for strength in (0.1, 1.0, 10.0))


def _r2(
    features: NDArray[np.float64], y: NDArray[np.float64], fold: NDArray[np.intp], strength: float
) -> float:
    predicted, baseline = np.empty_like(y), np.empty_like(y)
    for held in range(FOLDS):
        train, test = fold != held, fold == held
        centre, scale = features[train].mean(0), features[train].std(0) + 1e-9
        rows, held_rows = (features[train] - centre) / scale, (features[test] - centre) / scale
        kernel = rows @ rows.T / rows.shape[1]
        weights = np.linalg.solve(kernel + strength * np.eye(len(rows)), y[train] - y[train].mean())
        predicted[test] = held_rows @ rows.T / rows.shape[1] @ weights + y[train].mean()
        baseline[test] = y[train].mean()
    return float(1.0 - ((y - predicted) ** 2).sum() / ((y - baseline) ** 2).sum())


@pytest.fixture(scope="module")
def means(cubes: list[EarthCube]) -> NDArray[np.float64]:
    """Return the mean of every band in every season."""
    parts = [
        [getattr(cube, name).mean((2, 3)).ravel() for name in ("s1", "s2l1c", "s2l2a")]
        for cube in cubes
    ]
    return np.array([np.concatenate(part) for part in parts], np.float64)


@pytest.mark.parametrize("task", TASKS)
def test_band_means_partly_predict_the_labels(
    cubes: list[EarthCube], means: NDArray[np.float64], task: str
) -> None:
    labels = [LABELS[task](cube.truth) for cube in cubes]
    labelled = np.array([label is not None for label in labels])
    y = np.array([label for label in labels if label is not None], np.float64)
    noise = generator(0, "test").normal(size=means.shape)
    assert 0.2 < ridge_r2(means[labelled], y) < 0.97
    assert ridge_r2(noise[labelled], y) < 0.05


def test_band_means_do_not_predict_the_control(
    cubes: list[EarthCube], means: NDArray[np.float64]
) -> None:
    labels_of = [control(cube.id) for cube in cubes]
    for name in labels_of[0]:
        assert ridge_r2(means, np.array([labels[name] for labels in labels_of])) < 0.05
