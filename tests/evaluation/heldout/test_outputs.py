"""Outputs with few rows are not averaged into the score (fault 81)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.evaluation.heldout.outputs import (
    MIN_OUTPUT_ROWS,
    averaged_outputs,
    reason_left_out,
    required_rows,
    rows_per_output,
)


def labels(n: int, *rows: int, values=None) -> np.ndarray:
    """Return labels of which each output is known in its number of first rows."""
    y = np.random.default_rng(0).standard_normal((n, len(rows))) if values is None else values
    for column, count in enumerate(rows):
        y[count:, column] = np.nan
    return y


@pytest.mark.parametrize(
    ("rows", "required", "averaged"),
    [
        ((300, 3), 20, [0]),
        ((300, 20), 20, [0, 1]),
        ((300, 19), 20, [0]),
        ((12, 12), 6, [0, 1]),
        ((12, 5), 6, [0]),
        ((30, 16), 15, [0, 1]),
        ((40, 40, 40), 20, [0, 1, 2]),
    ],
)
def test_an_output_needs_twenty_rows_or_half_of_those_of_the_largest(
    task, rows, required, averaged
):
    made = task("y", labels(max(rows), *rows), outputs=tuple("abc"[: len(rows)]))
    assert required_rows(made) == required
    assert averaged_outputs(made).tolist() == averaged
    assert rows_per_output(made).tolist() == list(rows)


def test_fault_81_an_output_with_few_rows_is_reported_and_not_averaged(nested_cv, task):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((90, 4))
    y = labels(90, 90, 5, values=np.column_stack([X[:, 0], X[:, 1]]))
    (outcome,) = nested_cv(X, task("plot", y, outputs=("height", "girth")))
    height, girth = outcome.outputs
    assert outcome.score == height.score == outcome.extra["r2:height"]
    assert (height.n, height.averaged, girth.n, girth.averaged) == (90, True, 5, False)
    assert girth.reason == "only 5 labelled rows; at least 20 are needed"
    assert outcome.warnings[0] == (
        "outputs that do not count in the score: girth (only 5 labelled rows; at least 20 are "
        "needed)"
    )
    assert "labelled rows per output: height 90, girth 5" in outcome.warnings


def test_fault_28_warnings_about_few_rows_name_the_output(nested_cv, task):
    X = np.random.default_rng(4).standard_normal((60, 40))
    y = labels(60, 60, 25, values=np.column_stack([X[:, 0], X[:, 1]]))
    (outcome,) = nested_cv(X, task("plot", y, outputs=("height", "girth")))
    assert "output girth: fewer labelled rows (25) than dimensions (40)" in outcome.warnings
    assert not any("height: fewer" in text for text in outcome.warnings)


def test_a_metric_of_all_outputs_needs_enough_rows_with_all_of_them(nested_cv, task):
    X = np.random.default_rng(5).standard_normal((80, 3))
    y = X[:, :2].copy()
    y[:40, 0] = np.nan
    y[44:, 1] = np.nan
    place = task("place", y, outputs=("row", "column"), metric="mean-distance")
    (outcome,) = nested_cv(X, place)
    assert (outcome.status, outcome.score) == ("undefined", None)
    assert outcome.reason.startswith(
        "mean-distance needs all outputs of a row, which only 4 of 80 rows have"
    )
    assert [output.n for output in outcome.outputs] == [40, 44]


@pytest.mark.parametrize("options", [{}, {"probe": "svm"}])
def test_a_label_with_few_rows_of_one_class_does_not_stop_the_task(nested_cv, task, options):
    X = np.random.default_rng(6).standard_normal((90, 3))
    y = (X[:, :2] > 0).astype(float)
    y[:, 1] = np.nan
    y[:4, 1] = 1.0
    marks = task("marks", y, "multilabel", outputs=("road", "rail"))
    (outcome,) = nested_cv(X, marks, **options)
    road, rail = outcome.outputs
    assert outcome.score == road.score > 0.9
    assert (rail.n, rail.score, rail.averaged) == (4, None, False)


def test_a_task_without_any_output_with_a_score_states_the_reasons(nested_cv, task):
    X = np.random.default_rng(7).standard_normal((60, 3))
    y = labels(60, 60, 3, values=np.column_stack([np.full(60, 2.0), X[:, 1]]))
    (outcome,) = nested_cv(X, task("plot", y, outputs=("flat", "few")))
    assert outcome.status == "undefined"
    assert "no output has a score: flat: r2 is undefined" in outcome.reason
    assert "few: only 3 labelled rows" in outcome.reason


@settings(derandomize=True, max_examples=25, deadline=None)
@given(rows=st.lists(st.integers(0, 60), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_fault_81_the_score_is_the_mean_of_the_outputs_with_enough_rows(
    nested_cv, task, rows, seed
):
    rows = [60, *rows]
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((60, 4))
    y = labels(60, *rows, values=X @ rng.standard_normal((4, len(rows))))
    (outcome,) = nested_cv(X, task("plot", y, outputs=tuple(map(str, range(len(rows))))), folds=3)
    assert [output.n for output in outcome.outputs] == rows
    counted = [o.score for o in outcome.outputs if o.n >= MIN_OUTPUT_ROWS]
    assert outcome.score == pytest.approx(np.mean(counted), abs=1e-12)
    made = task("plot", y, outputs=tuple(map(str, range(len(rows)))))
    for column, output in enumerate(outcome.outputs):
        assert output.averaged == (output.n >= MIN_OUTPUT_ROWS)
        assert bool(reason_left_out(made, column)) == (not output.averaged)
