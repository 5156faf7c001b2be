"""Whole tasks under ``nested-cv`` against scikit-learn, fitted here from the splits alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import logit
from sklearn import metrics as reference
from sklearn.linear_model import LogisticRegression, RidgeCV

import neucocore as nc
from neucocore.errors import ConfigError

PENALTIES = 10.0 ** np.arange(-6, 3.25, 0.5)


@pytest.fixture
def rows():
    rng = np.random.default_rng(11)
    X = rng.normal(2, 1, (240, 15)) * 10 ** rng.uniform(-0.5, 0.5, 15)
    return X.astype(np.float32).astype(np.float64)


@pytest.fixture
def signals(rows):
    """Three label-like signals that the rows say something about."""
    rng = np.random.default_rng(12)
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    return standard[:, :3] + 0.5 * standard[:, 3:6] + rng.normal(0, 0.8, (240, 3))


def scalings(train):
    variance = train.var(axis=0)
    return {"scalar": np.sqrt(np.full_like(variance, variance.mean())), "per": np.sqrt(variance)}


def ridge_predictions(rows, y, splits):
    """Held-out predictions of the ridge whose scaling and penalty leave-one-out likes best."""
    held = np.empty(len(y))
    for split in np.unique(splits):
        train = splits != split
        best = (-np.inf, None)
        for scale in scalings(rows[train]).values():
            scaled = (rows - rows[train].mean(axis=0)) / scale
            model = RidgeCV(alphas=PENALTIES * train.sum()).fit(scaled[train], y[train])
            if model.best_score_ > best[0]:
                best = (model.best_score_, model.predict(scaled[~train]))
        held[~train] = best[1]
    return held


def logistic_predictions(rows, y, splits, chosen):
    """Held-out probabilities of scikit-learn with the scalings and penalties that were reported."""
    k = len(np.unique(y))
    held = np.empty((len(y), k))
    for split, choice in zip(np.unique(splits), chosen, strict=True):
        assert choice["split"] == split
        train = splits != split
        scale = scalings(rows[train])["scalar" if choice["scaling"] == "scalar" else "per"]
        scaled = (rows - rows[train].mean(axis=0)) / scale
        C = 1 / (choice["penalty_per_row"] * train.sum())
        model = LogisticRegression(C=C, tol=1e-9, solver="newton-cholesky", max_iter=100)
        model.fit(scaled[train], y[train])
        held[~train] = model.predict_proba(scaled[~train])
    return held


def pooled_r2(y, predicted, splits):
    mean = np.array([y[splits != split].mean() for split in splits])
    return 1 - np.sum((y - predicted) ** 2) / np.sum((y - mean) ** 2)


def relative_log_odds(y, probability, splits):
    """Return log-odds minus those of the training part, rounded to four decimals."""
    prior = np.empty_like(probability)
    for split in np.unique(splits):
        prior[splits == split] = y[splits != split].mean(axis=0)
    return np.round(logit(probability) - logit(prior), 4)


def test_a_task_of_several_outputs_equals_scikit_learn(nested_cv, task, rows, signals):
    position = signals[:, :2] * [10, 200] + [64, 128]
    result = nested_cv(rows, task("ships", position, outputs=("row", "col")))[0]
    splits = result.predictions["split"]
    expected = np.column_stack([ridge_predictions(rows, y, splits) for y in position.T])
    assert result.predictions["y_pred"] == pytest.approx(expected, rel=1e-7)
    by_output = [pooled_r2(position[:, k], expected[:, k], splits) for k in (0, 1)]
    assert result.score == pytest.approx(np.mean(by_output))
    assert [result.extra["r2:row"], result.extra["r2:col"]] == pytest.approx(by_output)
    distance = np.hypot(*(position - expected).T).mean()
    assert result.extra["mean-distance"] == pytest.approx(distance)
    rmse = reference.root_mean_squared_error(position, expected)
    assert result.extra["rmse"] == pytest.approx(rmse)


def test_a_binary_task_equals_scikit_learn(nested_cv, task, rows, signals):
    y = (signals[:, 0] > 0.8).astype(int)
    result = nested_cv(rows, task("vessel", y, "binary"))[0]
    chosen = result.hyperparameters["selected"]
    held = logistic_predictions(rows, y, result.predictions["split"], chosen)[:, 1]
    assert result.predictions["y_pred"] == pytest.approx(held, abs=1e-4)
    order = relative_log_odds(y, held, result.predictions["split"])
    assert result.score == pytest.approx(reference.average_precision_score(y, order))
    decided = held > 0.5
    assert result.extra == pytest.approx(
        {
            "balanced-accuracy": reference.balanced_accuracy_score(y, decided),
            "f1": reference.f1_score(y, decided),
            "roc-auc": reference.roc_auc_score(y, order),
            "accuracy": reference.accuracy_score(y, decided),
        }
    )


def test_a_multi_class_task_equals_scikit_learn(nested_cv, task, rows, signals):
    y = np.digitize(signals[:, 1], [-0.7, 0.7])
    result = nested_cv(rows, task("crop", y, "multiclass", classes=("maize", "rye", "soy")))[0]
    chosen = result.hyperparameters["selected"]
    held = logistic_predictions(rows, y, result.predictions["split"], chosen)
    assert result.predictions["y_pred"] == pytest.approx(held, abs=1e-4)
    decided = held.argmax(axis=1)
    assert result.score == pytest.approx(reference.f1_score(y, decided, average="macro"))
    assert result.extra == pytest.approx(
        {
            "balanced-accuracy": reference.balanced_accuracy_score(y, decided),
            "accuracy": reference.accuracy_score(y, decided),
            "log-loss": reference.log_loss(y, held),
        },
        rel=1e-4,
    )


def test_a_multi_label_task_equals_scikit_learn(nested_cv, task, rows, signals):
    y = (signals > [0, 0.7, 1.0]).astype(float)
    result = nested_cv(rows, task("cover", y, "multilabel", outputs=("a", "b", "c")))[0]
    splits = result.predictions["split"]
    chosen = result.hyperparameters["selected"]
    held = np.column_stack(
        [logistic_predictions(rows, y[:, k], splits, chosen[k::3])[:, 1] for k in range(3)]
    )
    assert result.predictions["y_pred"] == pytest.approx(held, abs=1e-4)
    order = relative_log_odds(y, held, splits)
    assert result.score == pytest.approx(reference.average_precision_score(y, order))
    macro = reference.f1_score(y, held > 0.5, average="macro")
    assert result.extra["macro-f1"] == pytest.approx(macro)


def test_a_missing_label_does_not_change_what_macro_f1_means(nested_cv, task, rows, signals):
    y = (signals[:, :2] > [0, 1.0]).astype(float)
    y[::7, 1] = np.nan
    result = nested_cv(rows, task("cover", y, "multilabel", outputs=("a", "b")))[0]
    held = result.predictions["y_pred"]
    known = ~np.isnan(y)
    each = [reference.f1_score(y[k, c], held[k, c] > 0.5) for c, k in enumerate(known.T)]
    assert result.extra["macro-f1"] == pytest.approx(np.mean(each))


def test_every_row_is_held_out_once_per_repeat_and_scores_are_averaged(nested_cv, rows, signals):
    y = signals[:, 0]
    result = nested_cv(rows, y, repeats=3)[0]
    kept = result.predictions
    assert len(kept["ids"]) == 3 * 240
    assert sorted(np.unique(kept["split"])) == list(range(30))
    scores = [
        pooled_r2(kept["y_true"][part], kept["y_pred"][part], kept["split"][part])
        for part in (slice(0, 240), slice(240, 480), slice(480, 720))
    ]
    assert result.score == pytest.approx(np.mean(scores))
    assert np.std(scores) > 0


def test_split_scores_are_those_of_each_split_and_their_spread_is_kept(nested_cv, rows, signals):
    y = signals[:, 0]
    result = nested_cv(rows, y)[0]
    kept = result.predictions
    r2 = {score.split: score.value for score in result.splits if score.metric == "r2"}
    for split, value in r2.items():
        held = kept["split"] == split
        error = np.sum((y[held] - kept["y_pred"][held]) ** 2)
        assert value == pytest.approx(1 - error / np.sum((y[held] - y[~held].mean()) ** 2))
    assert result.std == pytest.approx(np.std(list(r2.values())))


def test_rows_of_a_group_are_never_on_both_sides_of_a_split(nested_cv, task, rows, signals):
    groups = np.array([f"place-{row % 12}" for row in range(240)])
    result = nested_cv(rows, task("y", signals[:, 0], groups=groups))[0]
    splits = result.predictions["split"]
    assert all(len(set(splits[groups == group])) == 1 for group in set(groups))


def test_with_groups_the_penalty_does_not_profit_from_neighbours(nested_cv, task):
    place = np.repeat(np.arange(20), 12)
    scores = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        # The columns tell places apart, but nothing about a place not seen before.
        X = rng.standard_normal((20, 60))[place] + rng.normal(0, 0.1, (240, 60))
        y = rng.standard_normal(20)[place]
        assert nested_cv(X, y)[0].score > 0.9
        scores.append(nested_cv(X, task("y", y, groups=place.astype(str)))[0].score)
    assert -0.3 < np.mean(scores) < 0.1  # with row by row selection inside: -0.8


def test_outputs_with_missing_labels_are_masked_one_by_one(nested_cv, task, rows, signals):
    y = signals[:, :2].copy()
    y[::3, 1] = np.nan
    result = nested_cv(rows, task("two", y, outputs=("a", "b")))[0]
    alone = nested_cv(rows, task("a", signals[:, :1], outputs=("a",)))[0]
    assert result.extra["r2:a"] == alone.score
    kept = result.predictions
    known = ~np.isnan(y[:, 1])
    assert np.isnan(kept["y_pred"][~known, 1]).all()
    expected = ridge_predictions(rows[known], y[known, 1], kept["split"][known])
    assert kept["y_pred"][known, 1] == pytest.approx(expected, rel=1e-7)


def test_points_are_judged_by_distance_and_by_output(nested_cv, task, rows, signals):
    ships = task("ships", signals[:, :2], outputs=("row", "col"), metric="mean-distance")
    result = nested_cv(rows, ships)[0]
    assert result.q == -result.score
    assert result.extra["r2"] == pytest.approx(
        (result.extra["r2:row"] + result.extra["r2:col"]) / 2
    )


def test_what_was_chosen_is_plain_json_by_split_and_column(nested_cv, task, rows, signals):
    ships = task("ships", signals[:, :2], outputs=("row", "col"))
    chosen = nested_cv(rows, ships)[0].hyperparameters["selected"]
    assert json.loads(json.dumps(chosen)) == chosen
    assert [(c["split"], c["column"]) for c in chosen] == [
        (s, k) for s in range(10) for k in (0, 1)
    ]


@pytest.mark.parametrize(("option", "value"), [("folds", 1), ("folds", 2.5), ("repeats", 0)])
def test_options_that_leave_nothing_to_train_on_are_refused(
    nested_cv, rows, signals, option, value
):
    with pytest.raises(ConfigError, match=rf"{option}.*{value}"):
        nested_cv(rows, signals[:, 0], **{option: value})


def test_another_metric_leads_when_it_is_named(nested_cv, task, rows, signals):
    y = (signals[:, 0] > 0).astype(int)
    result = nested_cv(rows, task("vessel", y, "binary"), metric="log-loss")[0]
    held = result.predictions["y_pred"]
    assert result.score == pytest.approx(reference.log_loss(y, held))
    assert result.q == -result.score  # smaller is better
    assert "average-precision" in result.extra


def test_a_metric_of_another_problem_leaves_a_task_its_own(nested_cv, task, rows, signals):
    height, vessel, flat = (
        task("height", signals[:, 0]),
        task("vessel", (signals[:, 0] > 0).astype(int), "binary"),
        task("flat", np.ones(len(rows))),
    )
    mixed = nested_cv(rows, height, vessel, flat, metric="f1")
    (alone,) = nested_cv(rows, height)
    assert [outcome.task.metric for outcome in mixed][::2] == ["r2", "r2"]
    assert [outcome.metrics[0].metric for outcome in mixed[:2]] == ["r2", "f1"]
    assert mixed[0].score == alone.score
    texts = [[text for text in outcome.warnings if "--metric core/f1" in text] for outcome in mixed]
    assert [len(found) for found in texts] == [1, 0, 1]
    assert "f1 is for binary" in texts[0][0]


def test_a_metric_that_applies_to_no_task_is_an_error(rows, signals):
    ids = [f"s{number}" for number in range(len(rows))]
    with pytest.raises(ConfigError) as caught:
        nc.evaluate(rows, labels=dict(zip(ids, signals[:, 0], strict=True)), ids=ids,
                    metric="f1")  # fmt: skip
    assert caught.value.message == "the metric core/f1 does not apply to any task"
    assert caught.value.problems == ("task labels is regression; core/f1 is for binary",)


def test_further_metrics_a_task_asks_for_are_computed(nested_cv, task, rows, signals):
    asked = task("vessel", (signals[:, 0] > 0).astype(int), "binary", secondary_metrics=("recall",))
    assert 0 < nested_cv(rows, asked)[0].extra["recall"] < 1


def test_progress_counts_the_splits_of_each_task(nested_cv, task, rows, signals):
    calls = []
    nested_cv(
        rows,
        task("a", signals[:, 0]),
        task("b", (signals[:, 1] > 0).astype(int), "binary"),
        progress=lambda *call: calls.append(call),
    )
    for name in ("a", "b"):
        assert [call for call in calls if call[0] == name] == [(name, k, 10) for k in range(1, 11)]


def test_a_stored_probe_predicts_from_its_arrays(nested_cv, task, rows, signals):
    stored = nested_cv(rows, task("a", signals[:, :2], outputs=("x", "y")), store_probe=True)[
        0
    ].probe
    predicted = rows @ stored.arrays["weights"] + stored.arrays["intercept"]
    assert pooled_r2(signals[:, 0], predicted[:, 0], np.arange(240)) > 0.5
    assert stored.meta["predict"] == (
        "embedding times weights plus intercept; the result is the label"
    )
    assert stored.meta["outputs"] == ["x", "y"]
    assert stored.meta["trained_on"] == 240


def test_a_stored_probe_keeps_the_arrays_of_outputs_known_on_different_rows(
    nested_cv, task, rows, signals
):
    y = signals[:, :2].copy()
    y[::7, 0] = np.nan
    y[1::5, 1] = np.nan
    stored = nested_cv(rows, task("a", y, outputs=("x", "y")), store_probe=True)[0].probe
    assert stored.meta["columns"] == [[0], [1]]
    for number in (0, 1):
        predicted = rows @ stored.arrays[f"{number}.weights"] + stored.arrays[f"{number}.intercept"]
        known = np.isfinite(y[:, number])
        truth = y[known, number]
        assert pooled_r2(truth, predicted.reshape(-1)[known], np.arange(len(truth))) > 0.5
