"""The built-in probes."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, RandomizedSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVC, SVR

from neucocore.builtin.probes.mlp import LEARNING_RATE
from neucocore.builtin.probes.specs import probe_specs
from neucocore.evaluation.heldout.plugin_probe import generator
from neucocore.interfaces import Probe

SPECS = {spec.name: spec for spec in probe_specs()}
QUICK = {
    "svm": {"n_iter": 4},
    "mlp": {"epochs": 40},
    "linear": {"epochs": 100, "learning_rate": 0.01},
}
KINDS = [(name, problem) for name, spec in SPECS.items() for problem in spec.problems]


def make(name, problem, **params):
    module, _, attribute = SPECS[name].factory.partition(":")
    factory = getattr(importlib.import_module(module), attribute)
    return factory(problem=problem, **{**QUICK.get(name, {}), **params})


@pytest.fixture(scope="module")
def data():
    """Rows for training and test, with labels for each kind of problem."""
    rng = np.random.default_rng(0)
    X = rng.normal(3, 1, (300, 6))
    signal = X[:, :2] - 3 + rng.normal(0, 0.2, (300, 2))
    labels = {
        "regression": 10 + 5 * signal,
        "binary": (signal[:, 0] > 0).astype(np.int64),
        "multiclass": np.digitize(signal[:, 0], [-0.5, 0.5]),
        "multilabel": (signal > 0).astype(np.int64),
    }
    return X, labels


def fitted(name, problem, data, **params):
    X, labels = data
    return make(name, problem, **params).fit(X[:200], labels[problem][:200], generator("test", 0))


@pytest.mark.parametrize(("name", "problem"), KINDS)
def test_a_probe_implements_the_interface_and_learns(name, problem, data):
    X, labels = data
    probe = fitted(name, problem, data)
    assert isinstance(probe, Probe)
    predicted = probe.predict(X[200:])
    truth = labels[problem][200:]
    width = {"regression": 2, "binary": 1, "multiclass": 3, "multilabel": 2}[problem]
    assert predicted.shape == (100, width)
    if problem == "regression":
        assert np.mean((predicted - truth) ** 2) < 0.5 * truth.var()
    elif problem == "multiclass":
        assert np.mean(predicted.argmax(axis=1) == truth) > 0.6
        assert predicted.sum(axis=1) == pytest.approx(np.ones(100))
    else:
        assert np.mean((predicted > 0.5) == truth.reshape(100, -1)) > 0.75
    if problem != "regression":
        assert predicted.min() >= 0
        assert predicted.max() <= 1


@pytest.mark.parametrize(("name", "problem"), KINDS)
def test_the_same_seed_gives_the_same_state_of_plain_arrays(name, problem, data):
    first, second = (fitted(name, problem, data) for _ in range(2))
    state, again = first.state(), second.state()
    assert set(state) == set(again)
    for key, array in state.items():
        assert isinstance(array, np.ndarray)
        assert array.dtype != object
        assert (array == again[key]).all()


@pytest.mark.parametrize("name", ["svm", "mlp", "linear"])
def test_a_different_seed_gives_a_different_probe(name, data):
    X, labels = data
    probes = [
        make(name, "regression").fit(X[:200], labels["regression"][:200], generator("test", split))
        for split in (0, 1)
    ]
    first, second = (probe.predict(X[200:]) for probe in probes)
    assert (first != second).any()


@pytest.mark.parametrize("name", sorted(set(SPECS) - {"logistic"}))
def test_labels_far_from_zero_are_fitted_as_well(name, data):
    X, labels = data
    rng = generator("test", 0)
    far = make(name, "regression").fit(X[:200], 1e4 + labels["regression"][:200], rng)
    near = fitted(name, "regression", data)
    assert far.predict(X[200:]) - 1e4 == pytest.approx(near.predict(X[200:]), abs=0.1)


@pytest.mark.parametrize("name", sorted(set(SPECS) - {"logistic"}))
def test_constant_rows_give_predictions_near_the_mean_label(name, data):
    _, labels = data
    y = labels["regression"][:100]
    probe = make(name, "regression").fit(np.ones((100, 3)), y, generator("test", 0))
    predicted = probe.predict(np.ones((2, 3)))
    assert np.isfinite(predicted).all()
    if name in ("ridge", "mlp", "linear"):
        assert predicted == pytest.approx(np.tile(y.mean(axis=0), (2, 1)), abs=0.5 * y.std())


def test_nearest_neighbours_equal_those_of_scikit_learn(data):
    X, labels = data
    for metric in ("euclidean", "cosine"):
        probe = fitted("knn", "regression", data, neighbours=7, metric=metric)
        expected = KNeighborsRegressor(7, metric=metric, algorithm="brute")
        expected.fit(X[:200], labels["regression"][:200])
        assert probe.predict(X[200:]) == pytest.approx(expected.predict(X[200:]))


def test_logistic_probabilities_equal_those_of_scikit_learn(data):
    X, labels = data
    probe = fitted("logistic", "binary", data)
    scale = X[:200].std(axis=0)
    if probe.selected[0]["scaling"] == "scalar":
        scale = np.sqrt(np.mean(scale**2))
    scaled = (X - X[:200].mean(axis=0)) / scale
    C = 1 / (200 * probe.selected[0]["penalty_per_row"])
    expected = LogisticRegression(C=C, tol=1e-10, max_iter=1000)
    expected.fit(scaled[:200], labels["binary"][:200])
    reference = expected.predict_proba(scaled[200:])[:, 1:]
    assert probe.predict(X[200:]) == pytest.approx(reference, abs=1e-5)


@pytest.mark.parametrize("problem", ["regression", "binary"])
def test_the_random_search_equals_that_of_scikit_learn(problem, data):
    X, labels = data
    y = labels[problem][:90].reshape(90, -1)[:, 0].astype(float)
    probe = make("svm", problem, n_iter=6, inner_folds=3)
    probe.fit(X[:90], y, generator("test", 0))
    seed = int(generator("test", 0).integers(2**31))
    rows = (X[:90] - X[:90].mean(axis=0)) / np.sqrt(X[:90].var(axis=0).mean())
    folds = (KFold if problem == "regression" else StratifiedKFold)(
        3, shuffle=True, random_state=seed
    )
    machine = (SVR if problem == "regression" else SVC)(kernel="poly")
    scoring = "neg_mean_squared_error" if problem == "regression" else "accuracy"
    search = RandomizedSearchCV(
        machine, probe.space, n_iter=6, cv=folds, random_state=seed, scoring=scoring
    )
    search.fit(rows, (y - y.min()) / np.ptp(y))
    for name, value in search.best_params_.items():
        assert probe.selected[0][name] == pytest.approx(value)


@pytest.mark.parametrize("max_rows", [4000, 100])
def test_predictions_of_a_support_vector_machine_follow_from_its_state(data, monkeypatch, max_rows):
    X, _ = data
    monkeypatch.setattr("neucocore.builtin.probes.svm.MAX_PRODUCT_ROWS", max_rows)
    probe = fitted("svm", "regression", data)
    state = probe.state()
    rows = (X[200:] - state["centre"]) * state["scale"]
    for output in (0, 1):
        gamma, coef0, degree = state[f"{output}.kernel"]
        kernel = (gamma * rows @ state[f"{output}.support_rows"].T + coef0) ** degree
        value = kernel @ state[f"{output}.dual_coefficients"][0] + state[f"{output}.intercepts"]
        label = value * state["label_range"][output] + state["label_low"][output]
        assert probe.predict(X[200:])[:, output] == pytest.approx(label)


def test_the_perceptron_learns_a_nonlinear_rule():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((600, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    probe = make("mlp", "binary", epochs=100).fit(X[:500], y[:500], generator("test", 0))
    assert np.mean((probe.predict(X[500:])[:, 0] > 0.5) == y[500:]) > 0.85


@pytest.mark.parametrize("problem", ["regression", "binary"])
def test_the_linear_layer_does_not_depend_on_the_units_of_the_embedding(problem, data):
    X, labels = data
    plain = fitted("linear", problem, data).predict(X[200:])
    scaled = fitted("linear", problem, (1000 * X + 70, labels)).predict(1000 * X[200:] + 70)
    np.testing.assert_allclose(scaled, plain, rtol=1e-3, atol=1e-3)


def test_the_first_step_of_adam_has_the_length_of_the_learning_rate():
    """Without the bias correction of its moments the step would be about 3 times as long."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 4))
    probe = make("mlp", "regression", epochs=1).fit(X, X[:, :2] + 1, generator("test", 0))
    np.testing.assert_allclose(np.abs(probe.state()["output_bias"]), LEARNING_RATE, rtol=1e-2)
