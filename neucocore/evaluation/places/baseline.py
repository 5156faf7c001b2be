"""What the place alone predicts: its features for a linear probe, and the nearest labelled places.

The features are the point on the unit sphere and random Fourier features at three scales, which
approximate Gaussian kernels (Rahimi and Recht, NeurIPS 2007). Their directions are the same in
every run.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.predict import class_count
from neucocore.statistics.sphere import chord_to_km, km_to_chord, unit_vectors

SCALES_KM = (50.0, 250.0, 1000.0)
FEATURES_PER_SCALE = 60
NEAREST = 5
PLACE_SHARE = 0.4
"""Scale of place features next to embedding columns, as in the simulations."""
_SEED = 20_261_126


def place_features(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the features of places in degrees, (n, 183) float32."""
    points = unit_vectors(lon, lat)
    rng = np.random.default_rng(_SEED)
    columns = [points]
    for km in SCALES_KM:
        directions = rng.standard_normal((3, FEATURES_PER_SCALE)) / km_to_chord(km)
        phases = rng.uniform(0, 2 * np.pi, FEATURES_PER_SCALE)
        columns.append(np.cos(points @ directions + phases) * np.sqrt(2 / FEATURES_PER_SCALE))
    return np.hstack(columns).astype(np.float32)


def with_place(matrix: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return embedding columns next to place features, (n, d + k), on comparable scales."""
    embedding = matrix / _typical_deviation(matrix)
    place = features / features.std(axis=0).clip(1e-12) * PLACE_SHARE
    joined: NDArray[np.float32] = np.hstack([embedding, place]).astype(np.float32)
    return joined


def _typical_deviation(matrix: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.var(matrix, axis=0, dtype=np.float64)))) or 1.0


def nearest_places(joined: JoinedTask, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Predict the mean label of the nearest training places, (repeats, n, k).

    Parameters
    ----------
    points
        (n, 3) places of the task's rows on the unit sphere.

    Returns
    -------
    (repeats, n, k) float64
        Means of labels, or shares of classes; NaN where no training row is labelled.
    """
    from scipy.spatial import cKDTree

    y = _as_columns(joined)
    predicted = np.full((len(joined.folds), *y.shape), np.nan)
    for repeat, folds in enumerate(joined.folds):
        for held_out, train in _parts(folds):
            for column in range(y.shape[1]):
                known = train[~np.isnan(y[train, column])]
                if not len(known):
                    continue
                count = min(NEAREST, len(known))
                _, found = cKDTree(points[known]).query(points[held_out], count)
                labels = y[known, column][np.asarray(found).reshape(len(held_out), -1)]
                predicted[repeat, held_out, column] = labels.mean(axis=1)
    return predicted


def median_nearest_km(joined: JoinedTask, points: NDArray[np.float64]) -> float:
    """Return the median distance in kilometres of held-out rows to the nearest training row."""
    from scipy.spatial import cKDTree

    distances = [
        cKDTree(points[train]).query(points[held_out])[0]
        for held_out, train in _parts(joined.folds[0])
    ]
    return float(np.median(chord_to_km(np.concatenate(distances))))


def _parts(
    folds: NDArray[np.int64],
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    for fold in np.unique(folds[folds >= 0]):
        held_out = folds == fold
        yield np.flatnonzero(held_out), np.flatnonzero(~held_out)


def _as_columns(joined: JoinedTask) -> NDArray[np.float64]:
    if joined.task.problem != "multiclass":
        return joined.label_matrix.astype(np.float64)
    classes = np.arange(class_count(joined))
    one_hot: NDArray[np.float64] = (joined.y.reshape(-1, 1) == classes).astype(np.float64)
    return one_hot
