"""The protocol ``svm@1``."""

from __future__ import annotations

import json

import numpy as np
import pytest

from neucocore.errors import ConfigError
from neucocore.evaluation import svm
from neucocore.evaluation.inputs import ScoringInput
from neucocore.evaluation.protocols import protocol

NEUCO_BENCH_YAML = {
    "C_start_end": [0.001, 1000],
    "epsilon_list": [0.01, 0.05, 0.1, 0.5],
    "kernel_degree_list": [2, 3],
    "kernel_gamma_start_end": [0.0001, 10],
    "kernel_coef0_start_end": [-1, 2],
    "opt_params": {
        "n_iter": 50,
        "n_jobs": 1,
        "n_points": 1,
        "optimizer_kwargs": {"base_estimator": "RF", "n_initial_points": 5},
        "verbose": 1,
    },
}


@pytest.fixture(scope="session")
def score_svm():
    def run(X, *tasks, jobs=1, **options):
        ids = tuple(f"cube-{row:05d}" for row in range(len(X)))
        given = ScoringInput(ids, np.asarray(X, dtype=np.float32), tasks, frozenset())
        values = protocol("svm").with_options({"n_iter": 8, "folds": 3, **options}).values()
        return svm.SVMProtocol().score(given, values, jobs=jobs)

    return run


@pytest.fixture(scope="module")
def bowl():
    """Rows whose squared length is the label: nothing for a linear probe."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 3))
    return X, np.sum(X**2, axis=1)


def test_a_quadratic_label_is_found_that_a_linear_probe_misses(score_svm, nested_cv, task, bowl):
    X, y = bowl
    assert nested_cv(X, y)[0].score < 0.1
    assert score_svm(X, task("y", y))[0].score > 0.8


def test_classes_labels_and_outputs_are_scored(score_svm, task, bowl):
    X, y = bowl
    results = score_svm(
        X,
        task("two", (y > 3).astype(int), "binary"),
        task("three", np.digitize(y, [1.5, 4]), "multiclass"),
        task("marks", np.column_stack([y > 2, y > 4]).astype(float), "multilabel"),
        task("points", np.column_stack([y, X[:, 0]]), outputs=("row", "col")),
    )
    assert [result.score > 0.7 for result in results] == [True] * 4


def test_one_job_or_three_give_the_same_digits(score_svm, task, bowl):
    X, y = bowl
    alone, three = (score_svm(X, task("y", y), jobs=jobs)[0] for jobs in (1, 3))
    assert (alone.predictions["y_pred"] == three.predictions["y_pred"]).all()


def test_the_search_sees_nothing_of_the_held_out_rows(score_svm, task, bowl):
    X, y = bowl
    before = score_svm(X, task("y", y))[0]
    held = before.predictions["split"] == 0
    spoilt = np.where(held, -1000 * y, y)
    after = score_svm(X, task("y", spoilt))[0]
    chosen = [result.hyperparameters["selected"][0] for result in (before, after)]
    assert chosen[0] == chosen[1]
    assert json.loads(json.dumps(chosen)) == chosen
    predicted = [result.predictions["y_pred"][held] for result in (before, after)]
    assert (predicted[0] == predicted[1]).all()


def test_the_defaults_are_the_ranges_of_the_published_configuration():
    defaults = protocol("svm").values()
    for key in (*svm.RANGES, *svm.LISTS):
        assert defaults[key] == NEUCO_BENCH_YAML[key]
    assert defaults["n_iter"] == NEUCO_BENCH_YAML["opt_params"]["n_iter"]


def test_the_published_probe_params_change_no_option():
    options = svm.options_from_probe_params(NEUCO_BENCH_YAML)
    assert protocol("svm").with_options(options).identity == "svm@1"


def test_a_range_that_is_left_out_is_not_searched(score_svm, task, bowl):
    X, _ = bowl
    options = svm.options_from_probe_params({"C_start_end": [1, 10], "kernel_degree_list": 1})
    assert options["kernel_gamma_start_end"] is None
    chosen = score_svm(X, task("y", X[:, 0]), **options)[0].hyperparameters["selected"]
    assert all({"C", "degree", "epsilon"} == set(c) - {"split", "converged"} for c in chosen)
    assert all(c["degree"] == 1 and 1 <= c["C"] <= 10 for c in chosen)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"C_start_end": None}, "C_start_end is missing"),
        ({"C_start_end": [10, 1]}, "C_start_end: [10, 1] is not [low, high]"),
        ({"kernel_gamma_start_end": [0, 1]}, "must be above 0"),
        ({"kernel_degree_list": [1, 2]}, "degree 1 needs gamma and coef0 left out"),
        ({"kernel_degree_list": [2.5]}, "not a list of whole numbers"),
        ({"epsilon_list": [0.1, -1]}, "not a list of numbers above 0"),
        ({"kernel": "rbf"}, "unknown key 'kernel'"),
        ({"opt_params": {"cv": 3}}, "unknown key 'cv'"),
        ({"opt_params": {"n_iter": 0}}, "n_iter: 0 is not a whole number from 1"),
    ],
)
def test_probe_params_that_cannot_be_used_are_refused(changed, said):
    with pytest.raises(ConfigError) as error:
        svm.options_from_probe_params({**NEUCO_BENCH_YAML, **changed})
    assert any(said in problem for problem in error.value.problems)
