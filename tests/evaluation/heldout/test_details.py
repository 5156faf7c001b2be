"""Details of scores, compared with scikit-learn and numpy on the stored predictions."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_fscore_support,
    r2_score,
)

from neucocore.evaluation.heldout.details import details_of
from neucocore.evaluation.heldout.influence import TaskInfluence
from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.metrics import metrics_for
from neucocore.evaluation.heldout.predict import OutOfFold
from neucocore.evaluation.inputs import RowColumn, ScoringInput
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol
from neucocore.statistics.training_noise import class_inflation

N = 120
RNG = np.random.default_rng(3)
WEIGHTS = RNG.uniform(0.2, 9, N)


@pytest.fixture(name="numbers")
def _numbers(nested_cv, linear_data, task):
    X, y = linear_data(N, 4)

    def score(labels=y, **fields):
        options = {key: fields.pop(key) for key in ("repeats", "folds") if key in fields}
        (outcome,) = nested_cv(X, task("height", labels, **fields), **options)
        return outcome

    return score


@pytest.fixture(name="kinds")
def _kinds(nested_cv, task):
    X = np.random.default_rng(0).standard_normal((N, 3))
    codes = np.digitize(X[:, 0] + 0.5 * X[:, 1] ** 2, [-0.5, 1.2])

    def score(**fields):
        labels = task("kind", codes, "multiclass", classes=("ice", "rock", "snow"), **fields)
        (outcome,) = nested_cv(X, labels)
        return outcome

    return score


def test_errors_are_those_of_the_held_out_predictions(numbers):
    outcome = numbers()
    (errors,) = outcome.details["outputs"]
    y, p = outcome.predictions["y_true"], outcome.predictions["y_pred"]
    assert errors["n"] == N
    assert errors["r2"] == pytest.approx(outcome.score, rel=1e-12)
    assert errors["rmse"] == pytest.approx(np.sqrt(mean_squared_error(y, p)))
    assert errors["mae"] == pytest.approx(mean_absolute_error(y, p))
    assert errors["bias"] == pytest.approx(np.mean(p) - np.mean(y))
    reach = student.ppf(0.975, N - 1) * np.std(p - y) / np.sqrt(N)
    low, high = errors["intervals"]["bias"]
    assert (low, high) == pytest.approx((errors["bias"] - reach, errors["bias"] + reach))
    of_metric = {metric.metric: metric.interval for metric in outcome.metrics}
    for name in ("r2", "rmse", "mae"):
        expected = of_metric[name].low, of_metric[name].high
        assert errors["intervals"][name] == pytest.approx(expected)


def test_each_fifth_of_the_labels_has_its_errors(numbers):
    outcome = numbers()
    y, p = outcome.predictions["y_true"], outcome.predictions["y_pred"]
    fifths = outcome.details["outputs"][0]["fifths"]
    assert [fifth["n"] for fifth in fifths] == [24] * 5
    for rows, fifth in zip(np.array_split(np.argsort(y), 5), fifths, strict=True):
        assert fifth["low"] <= y[rows].min() <= y[rows].max() <= fifth["high"]
        assert fifth["rmse"] == pytest.approx(np.sqrt(mean_squared_error(y[rows], p[rows])))
        assert fifth["mae"] == pytest.approx(mean_absolute_error(y[rows], p[rows]))
        assert fifth["bias"] == pytest.approx(np.mean(p[rows] - y[rows]))
    # Predictions shrink to the mean: too high for small labels, too low for large ones.
    assert fifths[0]["bias"] > 0 > fifths[-1]["bias"]


def test_equal_labels_are_in_one_fifth(numbers, linear_data):
    y = np.maximum(linear_data(N, 4)[1], 0)  # about half of the labels are 0
    fifths = numbers(y).details["outputs"][0]["fifths"]
    assert fifths[0]["n"] >= np.sum(y == 0)
    assert sum(fifth["n"] for fifth in fifths) == N
    assert all(fifth["low"] < fifth["high"] for fifth in fifths)


def test_errors_are_averaged_over_repeats_and_separate_per_output(numbers, linear_data):
    y = linear_data(N, 4)[1]
    other = 100 + 10 * y
    other[::3] = np.nan
    outcome = numbers(np.column_stack([y, other]), outputs=("a", "b"), repeats=2, folds=5)
    a, b = outcome.details["outputs"]
    assert (a["output"], b["output"], a["n"], b["n"]) == ("a", "b", N, 80)
    truth = outcome.predictions["y_true"].reshape(2, N, 2)
    predicted = outcome.predictions["y_pred"].reshape(2, N, 2)
    rmse = np.sqrt(np.nanmean((truth - predicted) ** 2, axis=1)).mean(axis=0)
    assert [a["rmse"], b["rmse"]] == pytest.approx(rmse.tolist())
    assert outcome.extra["rmse"] == pytest.approx(rmse.mean())


def test_classes_have_precision_recall_and_support(kinds):
    outcome = kinds()
    details = outcome.details
    y, p = outcome.predictions["y_true"], outcome.predictions["y_pred"].argmax(axis=1)
    expected = precision_recall_fscore_support(y, p)
    for code, entry in enumerate(details["classes"]):
        found = [entry[name] for name in ("precision", "recall", "f1", "n")]
        assert found == pytest.approx([column[code] for column in expected])
        assert entry["n_predicted"] == np.sum(p == code)
    assert [entry["class"] for entry in details["classes"]] == ["ice", "rock", "snow"]
    assert details["accuracy"] == pytest.approx(accuracy_score(y, p))
    assert details["balanced_accuracy"] == pytest.approx(outcome.extra["balanced-accuracy"])
    assert details["macro_f1"] == pytest.approx(outcome.score)
    of_metric = {metric.metric: metric.interval for metric in outcome.metrics}["accuracy"]
    assert details["intervals"]["accuracy"] == pytest.approx([of_metric.low, of_metric.high])


def test_two_classes_and_labels_have_the_same_details(nested_cv, task):
    X = np.random.default_rng(0).standard_normal((N, 3))
    flags = (X[:, :2] > 0.4).astype(float)
    (binary,) = nested_cv(X, task("ship", flags[:, 0].astype(int), "binary", classes=("no", "yes")))
    (multi,) = nested_cv(X, task("tags", flags, "multilabel", outputs=("a", "b")))
    y, p = binary.predictions["y_true"], binary.predictions["y_pred"] > 0.5
    no, yes = binary.details["classes"]
    assert yes["f1"] == pytest.approx(f1_score(y, p))
    assert no["f1"] == pytest.approx(f1_score(1 - y, ~p))
    assert [entry["class"] for entry in multi.details["classes"]] == ["a", "b"]
    for column, entry in enumerate(multi.details["classes"]):
        y, p = (multi.predictions[name][:, column] for name in ("y_true", "y_pred"))
        assert entry["f1"] == pytest.approx(f1_score(y, p > 0.5))
        assert entry["n_labelled"] == N


def test_weights_change_the_weighted_figures_and_nothing_else(numbers, kinds):
    weights = RowColumn("area", WEIGHTS)
    plain, outcome = numbers(), numbers(weights=weights)
    assert outcome.score == plain.score
    assert (outcome.predictions["y_pred"] == plain.predictions["y_pred"]).all()
    assert outcome.details["outputs"] == plain.details["outputs"]
    area = outcome.details["area_weighted"]
    assert area["column"] == "area"
    (errors,) = area["outputs"]
    y, p = outcome.predictions["y_true"], outcome.predictions["y_pred"]
    w = WEIGHTS
    assert errors["rmse"] == pytest.approx(np.sqrt(mean_squared_error(y, p, sample_weight=w)))
    assert errors["mae"] == pytest.approx(mean_absolute_error(y, p, sample_weight=w))
    assert errors["bias"] == pytest.approx(np.average(p - y, weights=w))
    # About as scikit-learn, which compares with the weighted mean of all rows.
    assert errors["r2"] == pytest.approx(r2_score(y, p, sample_weight=w), abs=0.02)
    fifth = errors["fifths"][0]
    rows = y < fifth["high"]
    assert fifth["bias"] == pytest.approx(np.average((p - y)[rows], weights=w[rows]))

    outcome = kinds(weights=weights)
    y, p = outcome.predictions["y_true"], outcome.predictions["y_pred"].argmax(axis=1)
    area = outcome.details["area_weighted"]
    assert area["accuracy"] == pytest.approx(accuracy_score(y, p, sample_weight=w))
    expected = precision_recall_fscore_support(y, p, sample_weight=w)
    for code, entry in enumerate(area["classes"]):
        found = [entry[name] for name in ("precision", "recall", "f1")]
        assert found == pytest.approx([column[code] for column in expected[:3]])
        assert entry["area_share"] == pytest.approx(w[y == code].sum() / w.sum())
        assert entry["n"] == np.sum(y == code)
    errors = w * ((y == p) - area["accuracy"]) / w.mean()
    standard_error = np.sqrt(np.sum(errors**2)) / N
    low, high = area["intervals"]["accuracy"]
    assert (high - low) / 2 >= 0.999 * student.ppf(0.975, N - 1) * standard_error


def test_equal_weights_give_the_figures_of_the_sample(numbers, kinds):
    for score in (numbers, kinds):
        details = dict(score(weights=RowColumn("area", np.full(N, 7.0))).details)
        area = details.pop("area_weighted")
        assert area["n_effective"] == pytest.approx(N)
        assert_close(details, area)


def assert_close(sample, area):
    """Compare what both have; the area-weighted figures have more."""
    if isinstance(sample, dict):
        for name, value in sample.items():
            assert_close(value, area[name])
    elif isinstance(sample, list):
        for pair in zip(sample, area, strict=True):
            assert_close(*pair)
    else:
        assert area == (sample if isinstance(sample, str | None) else pytest.approx(sample))


def test_an_area_weighted_r2_of_the_training_mean_is_zero(nested_cv, task):
    """Without the weighted mean, a sample that prefers large labels would score far above 0."""
    rng = np.random.default_rng(1)
    y = np.r_[rng.normal(0, 1, 20), rng.normal(10, 1, 100)]
    weights = np.r_[np.full(20, 50.0), np.full(100, 1.0)]  # most of the area has small labels
    constant = np.zeros((N, 2))
    constant[0, 0] = 1e-6
    (outcome,) = nested_cv(constant, task("y", y, weights=RowColumn("area", weights)))
    assert outcome.score == pytest.approx(0, abs=0.05)
    assert outcome.details["area_weighted"]["outputs"][0]["r2"] < 0


def held_out(y, scores, classes, **fields):
    """Return the details of given predictions of classes."""
    from neucocore.evaluation.inputs import ScoringTask

    n, k = scores.shape
    ids = tuple(f"r{row:04d}" for row in range(n))
    task = ScoringTask("map", "map", "multiclass", ids, y, "accuracy", classes=classes, **fields)
    joined = JoinedTask(task, ids, y, np.arange(n), (np.arange(n) % 10,))
    unknown = np.full((1, n, k), np.nan)
    result = OutOfFold(scores[None], np.full((1, 1), np.nan), unknown, unknown[:, None, :0])
    ((accuracy, *_),) = metrics_for([joined], None)
    return details_of(TaskInfluence(joined, result), accuracy)


def test_the_published_example_of_area_weighted_accuracies():
    """Olofsson et al. 2014, Tables 8 and 9: counts of four strata, and their areas in pixels."""
    classes = ("deforestation", "forest gain", "stable forest", "stable non-forest")
    counts = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
    areas = np.array([200_000, 150_000, 3_200_000, 6_450_000])
    mapped, reference = (np.repeat(grid.ravel(), counts.ravel()) for grid in np.indices((4, 4)))
    weights = (areas / counts.sum(axis=1))[mapped]
    details = held_out(reference, np.eye(4)[mapped], classes, weights=RowColumn("area", weights))
    area = details["area_weighted"]
    assert round(area["accuracy"], 2) == 0.95
    found = {entry["class"]: entry for entry in area["classes"]}
    assert [round(found[name]["precision"], 2) for name in classes] == [0.88, 0.73, 0.93, 0.96]
    assert [round(found[name]["recall"], 2) for name in classes] == [0.75, 0.85, 0.93, 0.96]
    # The estimated area of deforestation: 235,086 pixels of 30 m, 21,158 ha.
    pixels = found["deforestation"]["area_share"] * areas.sum()
    assert pixels * 0.09 == pytest.approx(21_158, abs=1)
    assert round(details["accuracy"], 2) == round((66 + 55 + 153 + 313) / 640, 2) != 0.95


def test_a_class_that_is_never_predicted_has_no_precision():
    y = np.array([0, 1, 2] * 20)
    details = held_out(y, np.eye(3)[np.where(y == 2, 0, y)], ("a", "b", "c"))
    a, b, c = details["classes"]
    assert (c["precision"], c["recall"], c["f1"], c["n_predicted"]) == (None, 0.0, 0.0, 0.0)
    assert (a["precision"], b["precision"]) == (0.5, 1.0)
    json.dumps(details, allow_nan=False)


def test_details_are_json_without_nan(numbers, kinds, linear_data):
    parts = RowColumn("region", np.array(["a", None, "b"] * 40, dtype=object))
    exact = linear_data(N, 4, r2=1.0)[1]
    for outcome in (
        numbers(parts=parts, weights=RowColumn("w", WEIGHTS)),
        kinds(parts=parts, weights=RowColumn("w", WEIGHTS)),
        numbers(exact),
        numbers(np.where(np.arange(N) < 2, 1.0, 0.0)),
        numbers(np.column_stack([exact, np.full(N, 3.0)]), outputs=("a", "constant")),
    ):
        json.dumps(outcome.details, allow_nan=False)


def test_classes_with_few_rows_are_named(nested_cv, task):
    y = np.array([0] * 70 + [1] * 41 + [2] * 9)
    X = np.random.default_rng(0).standard_normal((N, 3))
    (outcome,) = nested_cv(X, task("kind", y, "multiclass", classes=("a", "b", "rare")))
    assert "classes with fewer than 10 rows: rare (9)" in outcome.warnings
    (outcome,) = nested_cv(X, task("kind", y % 2, "binary", classes=("a", "b")))
    assert not any("classes with fewer" in text for text in outcome.warnings)


REGIONS = np.array(["north"] * 60 + ["south"] * 50 + ["tiny"] * 9 + [None], dtype=object)


def test_the_score_of_a_part_compares_with_the_training_means_of_all_rows(numbers):
    outcome = numbers(parts=RowColumn("region", REGIONS))
    per = outcome.details["per"]
    assert (per["column"], per["metric"], per["without_value"]) == ("region", "r2", 1)
    north, south, tiny = per["values"]
    y, p, split = (outcome.predictions[name] for name in ("y_true", "y_pred", "split"))
    means = np.array([y[split != fold].mean() for fold in split])
    for part in (north, south):
        rows = part["value"] == REGIONS  # ids are in the order of the rows
        sse = np.sum((y - p)[rows] ** 2)
        assert part["score"] == pytest.approx(1 - sse / np.sum((y - means)[rows] ** 2))
        assert part["n"] == rows.sum()
        assert part["low"] < part["score"] < part["high"]
    assert (tiny["n"], tiny["score"], tiny["reason"]) == (9, None, "fewer than 10 rows")


@pytest.mark.parametrize("interval", ["influence", "jackknife"])
@pytest.mark.parametrize("problem", ["regression", "multiclass"])
def test_a_part_of_all_rows_has_the_score_and_interval_of_the_task(
    task, linear_data, problem, interval
):
    X, y = linear_data(N, 4)
    labels = y if problem == "regression" else np.digitize(y, [-0.5, 0.5])
    everything = RowColumn("region", np.full(N, "all", dtype=object))
    made = task("y", labels, problem, parts=everything)
    inputs = ScoringInput(made.ids, X.astype(np.float32), (made,), frozenset(), interval=interval)
    values = protocol("nested-cv").with_options({"folds": 5}).values()
    (outcome,) = NestedCVProtocol().score(inputs, values)
    (part,) = outcome.details["per"]["values"]
    primary = outcome.metrics[0]
    assert part["score"] == pytest.approx(primary.score)
    assert (part["low"], part["high"]) == pytest.approx(
        (primary.interval.low, primary.interval.high)
    )


def test_a_part_of_half_of_the_rows_is_less_sure(numbers):
    halves = np.array(["a", "b"] * (N // 2), dtype=object)
    outcome = numbers(parts=RowColumn("half", halves))
    width = outcome.metrics[0].interval.high - outcome.metrics[0].interval.low
    for part in outcome.details["per"]["values"]:
        assert 1.1 * width < part["high"] - part["low"] < 2 * width


def test_groups_count_in_the_interval_of_a_part(numbers):
    groups = np.array([f"g{row % 15}" for row in range(N)])
    halves = np.array(["a" if row % 15 < 12 else "b" for row in range(N)], dtype=object)
    a, b = numbers(parts=RowColumn("half", halves), groups=groups).details["per"]["values"]
    assert a["low"] is not None
    assert (b["low"], b["n"]) == (None, 24)
    everything = RowColumn("all", np.where(np.arange(N) % 15 < 9, "few", "rest").astype(object))
    few, _ = numbers(parts=everything, groups=groups).details["per"]["values"]
    assert (few["n"], few["interval_reason"]) == (72, "only 9 groups; an interval needs 10")


def test_values_of_a_part_are_ordered_like_numbers(numbers):
    years = np.array(["2021", "2019", "1e3"] * 40, dtype=object)
    values = numbers(parts=RowColumn("year", years)).details["per"]["values"]
    assert [part["value"] for part in values] == ["1e3", "2019", "2021"]


def test_a_part_with_constant_labels_has_a_reason(numbers, linear_data):
    y = linear_data(N, 4)[1]
    y[:30] = 4.0
    parts = np.array(["flat"] * 30 + ["rest"] * 90, dtype=object)
    flat, rest = numbers(y, parts=RowColumn("p", parts)).details["per"]["values"]
    assert flat["score"] is None
    assert "constant labels" in flat["reason"]
    assert rest["score"] is not None


def test_a_fixed_split_reports_its_test_rows(nested_cv, linear_data, task):
    X, y = linear_data(N, 4)
    folds = np.where(np.arange(N) % 3 == 0, 0, -1)  # a third is the test part
    halves = RowColumn("half", np.array(["a", "b"] * (N // 2), dtype=object))
    made = task("y", y, folds=folds, weights=RowColumn("area", WEIGHTS), parts=halves)
    (outcome,) = nested_cv(X, made)
    test = np.flatnonzero(folds == 0)
    p = outcome.predictions["y_pred"]
    assert (outcome.predictions["y_true"] == y[test]).all()
    (errors,) = outcome.details["area_weighted"]["outputs"]
    w, trained_on = WEIGHTS[test], folds < 0
    assert errors["rmse"] == pytest.approx(np.sqrt(mean_squared_error(y[test], p, sample_weight=w)))
    mean = np.average(y[trained_on], weights=WEIGHTS[trained_on])
    expected = 1 - np.sum(w * (y[test] - p) ** 2) / np.sum(w * (y[test] - mean) ** 2)
    assert errors["r2"] == pytest.approx(expected)
    a, _ = outcome.details["per"]["values"]
    rows = test % 2 == 0
    base = (y[test] - y[trained_on].mean())[rows]
    expected = 1 - np.sum((y[test] - p)[rows] ** 2) / np.sum(base**2)
    assert (a["n"], a["score"]) == (20, pytest.approx(expected))


def test_the_training_noise_of_a_part_rests_on_the_class_shares_of_all_training_rows(task):
    """In each part nearly all rows are of one class; its own shares would say there is no noise."""
    rng = np.random.default_rng(2)
    y = np.r_[np.where(rng.random(60) < 0.9, 0, 1), np.where(rng.random(60) < 0.9, 1, 2)]
    folds = np.arange(N) % 10
    one_hot = np.eye(3)[y]
    predicted = one_hot * 0.4 + rng.normal(0, 0.2, (N, 3)) + 0.2
    made = task("kind", y, "multiclass", metric="accuracy")
    joined = JoinedTask(made, made.ids, y, np.arange(N), (folds,))
    noise = np.full((1, 1), 0.05)
    result = OutOfFold(predicted[None], noise, predicted[None], np.empty((1, 0, N, 3)))
    ((accuracy, *_),) = metrics_for([joined], "accuracy")
    rows = np.arange(60)
    shares = np.stack([one_hot[folds != fold].mean(axis=0) for fold in folds])
    expected = class_inflation(one_hot[rows], predicted[rows], shares[rows], np.array([0.05]))
    found = TaskInfluence(joined, result).of_part(accuracy, rows)
    assert 0 < expected < 1
    assert found.inflation == pytest.approx(expected)


@pytest.mark.filterwarnings("error")
def test_only_the_relations_of_weights_count_up_to_the_largest_numbers(numbers, kinds):
    for score in (numbers, kinds):
        usual = score(weights=RowColumn("w", WEIGHTS)).details["area_weighted"]
        large = score(weights=RowColumn("w", WEIGHTS * 1e307)).details["area_weighted"]
        assert_close(usual, large)
