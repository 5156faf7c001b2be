"""An installed probe in place of the protocol's own."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest

from neucocore.components import discovery
from neucocore.errors import ComponentOutputError, ConfigError, UnknownComponentError

PLUGIN = """
import numpy as np
from neucocore.plugin import MetricSpec, Param, ProbeSpec, hookimpl

NEUCO_API = 1


class MeanProbe:
    def __init__(self, problem, offset=0.0, fault=""):
        self.offset, self.fault = offset, fault

    def fit(self, X, y, rng):
        self.mean = np.mean(y, axis=0).reshape(1, -1) + self.offset + 0 * rng.random()
        return self

    def predict(self, X):
        predicted = np.repeat(self.mean, len(X), axis=0)
        if self.fault == "shape":
            return predicted[:-1]
        if self.fault == "nan":
            predicted[0] = np.nan
        return predicted

    def state(self):
        return {"mean": self.mean}


def worst(y_true, y_pred):
    return float(np.max(np.abs(y_true - y_pred)))


@hookimpl
def neuco_probes():
    params = (
        Param("offset", "float", 0.0, "added to the prediction"),
        Param("fault", "str", "", "kind of wrong output"),
    )
    return [
        ProbeSpec(
            name="mean-label",
            summary="the mean label",
            factory=MeanProbe,
            params=params,
            problems=("regression",),
        )
    ]


@hookimpl
def neuco_metrics():
    return [
        MetricSpec(
            name="worst",
            summary="largest error",
            factory=worst,
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
        )
    ]
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """A plugin file with a probe and a metric, installed for one test."""
    file = tmp_path / "third_party.py"
    file.write_text(textwrap.dedent(PLUGIN), encoding="utf-8")
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(file))
    discovery.forget()
    yield
    monkeypatch.undo()
    discovery.forget()


@pytest.fixture
def rows():
    return np.random.default_rng(0).standard_normal((50, 4))


def test_a_probe_of_another_plugin_is_fitted_on_every_training_part(nested_cv, rows, plugin):
    y = rows[:, 0] + 5
    result = nested_cv(rows, y, probe="mean-label")[0]
    predictions = result.predictions
    means = [y[predictions["split"] != split].mean() for split in predictions["split"]]
    assert predictions["y_pred"] == pytest.approx(means)
    assert result.score == pytest.approx(0)
    assert result.hyperparameters["probe"].endswith("/mean-label")


def test_a_probe_is_chosen_with_its_parameters(nested_cv, rows, plugin):
    y = rows[:, 0]
    result = nested_cv(rows, y, probe={"name": "mean-label", "offset": 2})[0]
    assert result.extra["rmse"] > 2
    with pytest.raises(ConfigError, match="cannot be used"):
        nested_cv(rows, y, probe={"name": "mean-label", "ofset": 2})


def test_a_metric_of_another_plugin_can_be_the_primary_one(nested_cv, rows, plugin):
    y = rows[:, 0] + rows[:, 1] ** 2
    result = nested_cv(rows, y, metric="worst")[0]
    assert result.score == pytest.approx(np.abs(y - result.predictions["y_pred"]).max())


@pytest.mark.parametrize(
    ("fault", "message"),
    [("shape", r"shape \(4, 1\) for 5 rows"), ("nan", "1 values that are not")],
)
def test_fault_53_wrong_predictions_of_a_probe_are_an_error_that_names_the_probe(
    nested_cv, rows, plugin, fault, message
):
    with pytest.raises(ComponentOutputError, match=f"mean-label predicted.*{message}"):
        nested_cv(rows, rows[:, 0], probe={"name": "mean-label", "fault": fault})


def test_the_error_for_a_probe_that_does_not_support_a_problem_names_the_tasks(
    nested_cv, task, rows, plugin
):
    with pytest.raises(ConfigError, match="task kind is binary; mean-label is for regression"):
        nested_cv(rows, task("kind", np.arange(50) % 2, "binary"), probe="mean-label")


def test_an_unknown_probe_is_an_error(nested_cv, rows):
    with pytest.raises(UnknownComponentError, match="ridgee"):
        nested_cv(rows, rows[:, 0], probe="ridgee")


def test_the_ridge_probe_has_the_predictions_of_the_protocols_own_probe(nested_cv, rows):
    y = rows[:, 0] + np.random.default_rng(1).standard_normal(50)
    own, installed = (nested_cv(rows, y, probe=probe)[0] for probe in (None, "ridge"))
    assert installed.predictions["y_pred"] == pytest.approx(own.predictions["y_pred"])


def test_a_class_without_rows_has_almost_no_probability(nested_cv, task, rows):
    y = np.where(rows[:, 0] > 0, 2, 0)
    for probe in (None, "knn"):
        result = nested_cv(
            rows, task("kind", y, "multiclass", classes=("a", "b", "c")), probe=probe
        )[0]
        assert result.score > 0.7
        assert result.predictions["y_pred"].shape == (50, 3)
        assert result.predictions["y_pred"][:, 1].max() < 0.1


def test_a_stored_probe_of_a_plugin_is_its_state(nested_cv, rows, plugin):
    y = rows[:, 0]
    stored = nested_cv(rows, y, probe="mean-label", store_probe=True)[0].probe
    assert stored.arrays["mean"] == pytest.approx(y.mean())


@pytest.mark.parametrize(
    ("problem", "y"),
    [("binary", np.arange(50) % 2), ("multiclass", np.arange(50) % 3)],
    ids=["binary", "multiclass"],
)
def test_a_probe_gets_classes_as_integer_codes(nested_cv, rows, task, monkeypatch, problem, y):
    from neucocore.builtin.probes.knn import KNearestProbe

    fitted_labels = []
    fit = KNearestProbe.fit

    def recording_fit(self, X, y, rng):
        fitted_labels.append(y)
        return fit(self, X, y, rng)

    monkeypatch.setattr(KNearestProbe, "fit", recording_fit)
    nested_cv(rows, task("kind", y, problem), probe="knn")
    assert {(part.ndim, part.dtype.kind) for part in fitted_labels} == {(1, "i")}
    assert {int(code) for part in fitted_labels for code in part} == set(y.tolist())
