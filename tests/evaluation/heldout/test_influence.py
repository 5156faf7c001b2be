"""Influence values, training noise and chance of complete tasks, against direct computation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from neucocore.builtin.metrics.standard import r2
from neucocore.evaluation.inputs import ScoringInput
from neucocore.evaluation.linear.scaling import SCALINGS
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol
from neucocore.statistics.influence import Influence

FOLDS = 5


def cube_ids(n):
    return tuple(f"cube-{row:05d}" for row in range(n))


@pytest.fixture
def rows():
    return np.random.default_rng(3).normal(size=(120, 6)).astype(np.float32)


def metric_of(outcome, name):
    return next(metric for metric in outcome.metrics if metric.metric == name)


def labels_of(problem, rows):
    signal = rows[:, :3] + np.random.default_rng(4).normal(size=(len(rows), 3))
    if problem == "regression":
        return signal[:, :2]
    if problem == "binary":
        return (signal[:, 0] > 0.5).astype(int)
    if problem == "multiclass":
        return np.digitize(signal[:, 0], [-0.6, 0.6])
    return (signal > [0, 0.5, 1.0]).astype(float)


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("problem", ["regression", "binary", "multiclass", "multilabel"])
def test_each_metric_has_influence_values_that_belong_to_its_score(
    nested_cv, task, rows, problem, repeats
):
    y = labels_of(problem, rows)
    outputs = tuple("abc"[: y.shape[1]]) if y.ndim == 2 else ()
    (outcome,) = nested_cv(rows, task("t", y, problem, outputs=outputs), repeats=repeats)
    assert len(outcome.metrics) >= 3
    for metric in outcome.metrics:
        assert isinstance(metric.influence, Influence), metric.metric
        assert metric.influence.estimate == pytest.approx(metric.score, abs=1e-12)
        assert np.sum(metric.influence.values) == pytest.approx(0, abs=1e-8)
        assert metric.influence.repeats == repeats
        assert metric.interval.low < metric.score < metric.interval.high
        if problem == "regression":
            assert metric.influence.training_noise > 1 / 120
        else:
            assert 0 < metric.influence.inflation <= 1
    assert metric_of(outcome, outcome.metrics[0].metric).score == outcome.score


def test_a_row_without_a_label_has_no_influence_on_the_output(nested_cv, task, rows):
    y = labels_of("regression", rows)
    y[::4, 1] = np.nan
    (both,) = nested_cv(rows, task("t", y, outputs=("a", "b")))
    (second,) = nested_cv(rows[1::4], task("t", y[1::4, 1]))
    psi = metric_of(both, "r2").influence.values
    (first,) = nested_cv(rows, task("t", y[:, 0]))
    own = metric_of(first, "r2").influence.values
    assert psi[::4] == pytest.approx(own[::4] / 2)
    assert second.n == 30
    assert metric_of(second, "r2").interval.reason == "only 30 rows; an interval needs 50"


def test_the_training_noise_is_that_of_the_fitted_smoother(nested_cv, task, rows):
    """A held-out prediction is a weighted sum of training labels: the sum of squared weights."""
    y = labels_of("regression", rows)[:, 0]
    (outcome,) = nested_cv(rows, task("t", y), folds=FOLDS)
    splits = outcome.predictions["split"]
    X = rows.astype(np.float64)
    noise = np.empty(len(y))
    for choice in outcome.hyperparameters["selected"]:
        out = splits == choice["split"]
        train = ~out
        scale = SCALINGS[choice["scaling"]](X[train].var(axis=0))
        Z = (X - X[train].mean(axis=0)) * scale
        penalty = choice["penalty_per_row"] * train.sum() * np.eye(X.shape[1])
        smoother = Z[out] @ np.linalg.solve(Z[train].T @ Z[train] + penalty, Z[train].T)
        smoother = smoother - smoother.mean(axis=1, keepdims=True) + 1 / train.sum()
        assert smoother @ y[train] == pytest.approx(outcome.predictions["y_pred"][out])
        noise[out] = np.sum(smoother**2, axis=1)
    assert outcome.training_noise == pytest.approx(noise.mean(), rel=1e-9)


def test_rows_of_a_group_are_summed(nested_cv, task, rows):
    y = labels_of("regression", rows)[:, 0]
    groups = np.repeat(np.arange(20), 6).astype(str)[::-1]
    (outcome,) = nested_cv(rows, task("t", y, groups=groups))
    metric = metric_of(outcome, "r2")
    assert metric.interval.unit == "group"
    assert metric.interval.n_units == 20
    assert np.array_equal(np.sort(np.bincount(metric.influence.groups)), np.full(20, 6))
    # All rows of a group have one number, whatever the order of the file.
    assert len({(g, n) for g, n in zip(groups, metric.influence.groups, strict=True)}) == 20
    assert "rough: only 20 groups" in metric.interval.remarks


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("problem", ["binary", "multilabel"])
@pytest.mark.parametrize("share", [0.1, 0.4])
def test_a_constant_embedding_ranks_at_chance(nested_cv, task, problem, share, grouped):
    """Also where groups differ in their share, which alone used to give an AUC of 0.23."""
    rng = np.random.default_rng(11)
    place = np.repeat(np.arange(25), 8)
    odds = np.log(share / (1 - share)) + rng.normal(size=25)
    columns = 1 if problem == "binary" else 3
    y = (rng.random((200, columns)) < 1 / (1 + np.exp(-odds[place]))[:, None]).astype(int)
    fields = {"groups": place.astype(str)} if grouped else {}
    if problem == "binary":
        made = task("t", y[:, 0], problem, **fields)
    else:
        made = task("t", y.astype(float), problem, outputs=("a", "b", "c"), **fields)
    (outcome,) = nested_cv(np.full((200, 8), 2.5), made)
    precision, auc = metric_of(outcome, "average-precision"), metric_of(outcome, "roc-auc")
    assert precision.score == pytest.approx(y.mean(), abs=1e-12)
    assert precision.chance == pytest.approx(y.mean(), abs=1e-12)
    assert auc.score == auc.chance == 0.5


@pytest.mark.parametrize("grouped", [False, True])
def test_a_random_embedding_ranks_near_chance(nested_cv, task, grouped):
    differences = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        place = np.repeat(np.arange(25), 12)
        odds = rng.normal(size=25)
        y = (rng.random(300) < 1 / (1 + np.exp(-odds[place]))).astype(int)
        fields = {"groups": place.astype(str)} if grouped else {}
        (outcome,) = nested_cv(rng.normal(size=(300, 16)), task("t", y, "binary", **fields))
        auc = metric_of(outcome, "roc-auc")
        differences.append(auc.score - auc.chance)
    # Without the prior taken off the mean with groups is -0.14.
    assert abs(np.mean(differences)) < 0.05


def test_chance_of_each_metric_is_that_of_a_constant_prediction(nested_cv, task, rows):
    y = np.repeat([0, 1, 2, 2], 30)
    (outcome,) = nested_cv(rows, task("t", y, "multiclass"))
    chance = {metric.metric: metric.chance for metric in outcome.metrics}
    assert chance["accuracy"] == 0.5
    assert chance["balanced-accuracy"] == pytest.approx(1 / 3)
    assert chance["macro-f1"] == pytest.approx(2 * 0.5 / 1.5 / 3)
    assert chance["log-loss"] == pytest.approx(1.5 * np.log(2))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rows": 49}, "only 49 rows; an interval needs 50"),
        ({"groups": 9}, "only 9 groups; an interval needs 10"),
        ({"positives": 9}, "only 9 rows of the rarer class; an interval needs 10"),
    ],
)
def test_too_little_data_has_a_reason_instead_of_an_interval(nested_cv, task, rows, change, reason):
    n = change.get("rows", 120)
    y = np.zeros(n, dtype=int)
    y[: change.get("positives", n // 3)] = 1
    fields = {}
    if "groups" in change:
        fields["groups"] = (np.arange(n) % change["groups"]).astype(str)
    (outcome,) = nested_cv(rows[:n], task("t", y, "binary", **fields), folds=3)
    metric = metric_of(outcome, "average-precision")
    assert (metric.interval.low, metric.interval.high) == (None, None)
    assert metric.interval.reason == reason


def test_the_attainable_r2_of_labels_with_errors(nested_cv, task, rows):
    y = labels_of("regression", rows)[:, 0]
    (outcome,) = nested_cv(rows, task("t", y, label_sd=np.full(120, 0.5)))
    assert outcome.attainable == pytest.approx(1 - 0.25 / y.var())
    (without,) = nested_cv(rows, task("t", y))
    assert without.attainable is None
    both = np.column_stack([y, y])
    sd = np.column_stack([np.full(120, 0.5), np.full(120, np.nan)])
    (unknown,) = nested_cv(rows, task("t", both, outputs=("a", "b"), label_sd=sd))
    assert unknown.attainable is None
    assert (
        "the attainable R2 is not known: the labels of output 2 have no standard deviations"
        in unknown.warnings
    )


def test_a_probe_without_training_noise_says_so(nested_cv, task, rows):
    y = labels_of("regression", rows)[:, 0]
    (outcome,) = nested_cv(rows, task("t", y), probe="knn")
    metric = metric_of(outcome, "r2")
    assert outcome.training_noise is None
    assert metric.interval.low is not None
    assert "without the noise of training, so it can be too short" in metric.interval.remarks


class TestJackknife:
    """The ratio of two variances over folds: models fitted again, and models kept."""

    @staticmethod
    def score(nested_cv_input, method, **options):
        values = protocol("nested-cv").with_options(options).values()
        return NestedCVProtocol().score(replace(nested_cv_input, interval=method), values)[0]

    def test_the_inflation_is_that_of_scikit_learn_models_fitted_without_pairs(self, task, rows):
        y = labels_of("regression", rows)[:, 0]
        given = ScoringInput(cube_ids(120), rows, (task("t", y),), frozenset())
        outcome = self.score(
            given, "jackknife", folds=FOLDS, probe={"name": "knn", "neighbours": 7}
        )
        splits, X = outcome.predictions["split"], rows.astype(np.float64)
        refitted, kept = [], []
        for fold in range(FOLDS):
            others = np.flatnonzero(splits != fold)
            predicted, mean = np.empty(120), np.empty(120)
            for other in set(range(FOLDS)) - {fold}:
                train, out = ~np.isin(splits, [fold, other]), splits == other
                model = KNeighborsRegressor(7).fit(X[train], y[train])
                predicted[out], mean[out] = model.predict(X[out]), y[train].mean()
            refitted.append(r2(y[others], predicted[others], mean[others]))
            means = np.array([y[splits != split].mean() for split in splits])
            held_out = outcome.predictions["y_pred"]
            kept.append(r2(y[others], held_out[others], means[others]))
        ratio = np.clip(np.var(refitted) / np.var(kept), 1, 10)
        metric = metric_of(outcome, "r2")
        assert metric.influence.inflation == pytest.approx(ratio - 1)
        assert not any("without the noise" in remark for remark in metric.interval.remarks)

    def test_scores_do_not_depend_on_how_intervals_are_computed(self, task, rows):
        tasks = tuple(
            task(problem, labels_of(problem, rows), problem, outputs=outputs)
            for problem, outputs in (
                ("binary", ()),
                ("multiclass", ()),
                ("multilabel", tuple("abc")),
            )
        )
        for made in tasks:
            given = ScoringInput(cube_ids(120), rows, (made,), frozenset())
            one, other = (self.score(given, method) for method in ("influence", "jackknife"))
            assert [m.score for m in one.metrics] == [m.score for m in other.metrics]
            assert all(m.interval.low is not None for m in other.metrics)

    def test_a_class_that_occurs_in_two_folds_only_has_no_jackknife(self, task, rows):
        y = np.repeat([0, 1, 2], [60, 58, 2])
        given = ScoringInput(cube_ids(120), rows, (task("t", y, "multiclass"),), frozenset())
        outcome = self.score(given, "jackknife")
        assert outcome.score is not None
        assert outcome.metrics[0].interval.reason == "a class has no row outside of two folds"

    def test_two_folds_leave_nothing_to_train_on(self, task, rows):
        y = labels_of("regression", rows)[:, 0]
        given = ScoringInput(cube_ids(120), rows, (task("t", y),), frozenset())
        outcome = self.score(given, "jackknife", folds=2)
        assert outcome.score is not None
        reason = "the jackknife over folds needs at least 3 folds"
        assert outcome.metrics[0].interval.reason == reason


def test_an_output_with_few_rows_has_no_interval_and_neither_has_the_mean(nested_cv, task, rows):
    y = labels_of("regression", rows)
    y[40:, 1] = np.nan
    (outcome,) = nested_cv(rows, task("t", y, outputs=("a", "b")))
    first, second = outcome.outputs
    assert first.low is not None
    assert (second.low, second.interval_reason) == (None, "only 40 rows; an interval needs 50")
    assert second.averaged
    assert metric_of(outcome, "r2").interval.reason == "only 40 rows; an interval needs 50"
    assert metric_of(outcome, "r2").score is not None
