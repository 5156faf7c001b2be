"""What the place alone predicts, against scikit-learn and loops."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.places.baseline import (
    median_nearest_km,
    nearest_places,
    place_features,
    with_place,
)
from neucocore.statistics.sphere import chord_to_km, unit_vectors

N = 120
RNG = np.random.default_rng(4)
LON, LAT = RNG.uniform(170, 190, N), RNG.uniform(-10, 10, N)  # across the date line
POINTS = unit_vectors(LON, LAT)
FOLDS = np.arange(N) % 5


def joined(y, problem="regression", classes=(), folds=FOLDS):
    ids = tuple(f"s{row:03d}" for row in range(N))
    task = ScoringTask("t", "t", problem, ids, y, "r2", classes=classes)
    return JoinedTask(task, ids, y, np.arange(N), (folds,))


def test_the_mean_of_the_five_nearest_training_places():
    y = RNG.normal(size=N)
    predicted = nearest_places(joined(y), POINTS)[0, :, 0]
    for fold in range(5):
        test = fold == FOLDS
        model = KNeighborsRegressor(5).fit(POINTS[~test], y[~test])
        assert predicted[test] == pytest.approx(model.predict(POINTS[test]))


def test_missing_outputs_and_classes():
    y = RNG.normal(size=(N, 2))
    y[::2, 1] = np.nan
    predicted = nearest_places(joined(y), POINTS)[0]
    test, known = FOLDS == 0, ~np.isnan(y[:, 1])
    model = KNeighborsRegressor(5).fit(POINTS[~test & known], y[~test & known, 1])
    assert predicted[test, 1] == pytest.approx(model.predict(POINTS[test]))
    kinds = RNG.integers(0, 3, N)
    shares = nearest_places(joined(kinds, "multiclass", ("a", "b", "c")), POINTS)[0]
    assert shares.sum(axis=1) == pytest.approx(np.ones(N))
    model = KNeighborsRegressor(5).fit(POINTS[~test], kinds[~test] == 2)
    assert shares[test, 2] == pytest.approx(model.predict(POINTS[test]))


def test_rows_that_are_only_trained_on_predict_but_are_not_predicted():
    y = RNG.normal(size=N)
    folds = np.where(np.arange(N) < 40, 0, -1)
    predicted = nearest_places(joined(y, folds=folds), POINTS)[0, :, 0]
    assert np.isnan(predicted[40:]).all()
    model = KNeighborsRegressor(5).fit(POINTS[40:], y[40:])
    assert predicted[:40] == pytest.approx(model.predict(POINTS[:40]))


def test_the_median_distance_to_training_rows():
    km = median_nearest_km(joined(np.zeros(N)), POINTS)
    distances = chord_to_km(np.linalg.norm(POINTS[:, None] - POINTS[None], axis=2))
    distances[FOLDS[:, None] == FOLDS[None]] = np.inf
    assert km == pytest.approx(np.median(distances.min(axis=1)))


def test_features_are_fixed_and_approximate_gaussian_kernels():
    features = place_features(LON, LAT)
    assert features.shape == (N, 183)
    assert (features == place_features(LON, LAT)).all()
    assert place_features(LON - 360, LAT) == pytest.approx(features, abs=1e-5)
    widest = features[:, -60:].astype(np.float64)
    chord = np.linalg.norm(POINTS[:, None] - POINTS[None], axis=2)
    kernel = np.exp(-((chord * 6371.0088 / 1000) ** 2) / 2)
    assert np.abs(widest @ widest.T - kernel).mean() < 0.12  # 60 features: about 1 / sqrt(60)


def test_embedding_and_place_are_put_on_comparable_scales():
    matrix = 1e6 * RNG.normal(size=(N, 8)).astype("f4")
    both = with_place(matrix, place_features(LON, LAT))
    assert both.shape == (N, 191)
    assert both[:, :8].std() == pytest.approx(1, rel=0.1)
    assert both[:, -60:].std(axis=0) == pytest.approx(np.full(60, 0.4), rel=1e-3)
    assert np.isfinite(with_place(np.zeros((N, 2), "f4"), place_features(LON, LAT))).all()
