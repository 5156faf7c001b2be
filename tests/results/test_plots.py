"""Plots of a run."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.errors import ConfigError
from neucocore.results.plots import draw_plots, plot_data, stored_plot_data

Make = Callable[..., Any]
CURVES = {"train_loss": np.array([[2.0, 1.0], [3.0, 1.5]])}


def names(files: list[Path]) -> list[str]:
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
    return [file.name for file in files]


def drawn(folder: Path, *outcomes: Any) -> list[Path]:
    return list(draw_plots(folder, [plot_data(outcome) for outcome in outcomes]).drawn)


def test_regression_gets_curves_and_a_scatter_plot(tmp_path: Path, outcome: Make) -> None:
    predictions = {"y_true": np.arange(4.0), "y_pred": np.array([0.1, np.nan, 2.0, 3.0])}
    files = drawn(tmp_path, outcome(curves=CURVES, predictions=predictions))
    assert names(files) == ["train_loss.png", "scatter.png"]
    assert files[0].parent == tmp_path / "crops" / "plots"


def test_each_output_gets_a_scatter_plot(tmp_path: Path, outcome: Make) -> None:
    predictions = {"y_true": np.ones((3, 2)), "y_pred": np.ones((3, 2))}
    result = outcome(predictions=predictions)
    result = replace(result, task=replace(result.task, outputs=("row", "column")))
    assert names(drawn(tmp_path, result)) == ["scatter_row.png", "scatter_column.png"]


@pytest.mark.parametrize("problem", ["binary", "multiclass"])
def test_classes_get_a_confusion_matrix(tmp_path: Path, outcome: Make, problem: str) -> None:
    width = 1 if problem == "binary" else 3
    predictions = {"y_true": np.array([0, 1, 1]), "y_pred": np.eye(3)[:, :width]}
    result = outcome(problem=problem, predictions=predictions)
    assert names(drawn(tmp_path, result)) == ["confusion_matrix.png"]


def test_an_outcome_without_curves_and_predictions_has_no_plots(
    tmp_path: Path, outcome: Make
) -> None:
    report = draw_plots(tmp_path, [plot_data(outcome())])
    assert report.drawn == ()
    assert report.notes() == ["no plot of crops: it has no predictions"]


def test_predictions_without_a_plot_are_reported(tmp_path: Path, outcome: Make) -> None:
    predictions = {"y_true": np.ones((3, 2)), "y_pred": np.ones((3, 2))}
    result = outcome(problem="multilabel", predictions=predictions)
    (note,) = draw_plots(tmp_path, [plot_data(result)]).notes()
    assert note == "no plot of crops: predictions of multilabel tasks are not drawn"


def test_plots_are_drawn_later_from_the_stored_predictions(tmp_path: Path, outcome: Make) -> None:
    (tmp_path / "crops").mkdir()
    np.savez(tmp_path / "crops/predictions.npz", y_true=np.arange(4.0), y_pred=np.arange(4.0))
    tasks = [
        {"task": "crops", "problem": "regression", "status": "ok", "reason": ""},
        {"task": "ships", "problem": "regression", "status": "ok", "reason": ""},
        {"task": "flat", "problem": "regression", "status": "undefined", "reason": "constant"},
    ]
    report = draw_plots(tmp_path, stored_plot_data(tmp_path, tasks))
    assert names(list(report.drawn)) == ["scatter.png"]
    assert report.notes() == [
        "no plot of ships: its predictions are not stored; --force scores again and draws them",
        "no plot of flat: it has no score (constant)",
    ]


def test_outputs_whose_names_cannot_be_file_names_get_different_files(
    tmp_path: Path, outcome: Make
) -> None:
    predictions = {"y_true": np.ones((3, 2)), "y_pred": np.ones((3, 2))}
    result = outcome(predictions=predictions)
    result = replace(result, task=replace(result.task, outputs=("a/b", "a:b")))
    assert names(drawn(tmp_path, result)) == ["scatter_a_b.png", "scatter_a_b_1.png"]


def test_without_matplotlib_the_error_names_the_extra(
    tmp_path: Path, outcome: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigError, match="matplotlib") as caught:
        draw_plots(tmp_path, [plot_data(outcome(curves=CURVES))])
    assert "neucocore[plots]" in str(caught.value)
