"""Plots of a run."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.errors import ConfigError, ResultsError
from neucocore.results.plots import draw_plots, draw_run, plot_data, stored_plot_data

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


def a_task(name: str = "crops", **facts: Any) -> dict[str, Any]:
    return {
        "task": name, "problem": "regression", "status": "ok", "reason": "", "metric": "r2",
        "score": 0.51234, "n": 1200, "unit": "t/ha", **facts,
    }  # fmt: skip


def texts_of(figures: list[Any]) -> list[str]:
    return [axes.get_title() for figure in figures for axes in figure.axes]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every figure that is written."""
    from matplotlib.figure import Figure

    seen: list[Any] = []
    save = Figure.savefig

    def saved(figure: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(figure)
        return save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", saved)
    return seen


def store(folder: Path, task: str, true: Any, predicted: Any) -> None:
    (folder / task).mkdir()
    np.savez(folder / task / "predictions.npz", y_true=true, y_pred=predicted)


def test_titles_name_method_protocol_score_rows_and_unit(
    tmp_path: Path, figures: list[Any]
) -> None:
    store(tmp_path, "crops", np.arange(4.0), np.arange(4.0) * 3)
    data = stored_plot_data(tmp_path, [a_task()], "$clay$", "nested-cv@1")
    draw_plots(tmp_path, data)
    (figure,) = figures
    title = texts_of(figures)[0].replace("\\$", "$")
    assert title == "$clay$: crops\nnested-cv@1, r2 0.512, n = 1,200, t/ha"
    axes = figure.axes[0]
    assert axes.get_xlim() == axes.get_ylim()
    assert axes.get_aspect() == 1
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("label (t/ha)", "prediction (t/ha)")
    assert axes.get_xlim()[1] > 9


def test_an_output_has_its_own_score_in_the_title(tmp_path: Path, figures: list[Any]) -> None:
    store(tmp_path, "crops", np.ones((3, 2)), np.ones((3, 2)))
    outputs = [{"name": "row", "score": 0.1}, {"name": "col", "score": None}]
    draw_plots(tmp_path, stored_plot_data(tmp_path, [a_task(outputs=outputs)], "m", "p@1"))
    assert texts_of(figures) == ["m: crops, row\np@1, r2 0.100, n = 1,200, t/ha",
                                 "m: crops, col\np@1, n = 1,200, t/ha"]  # fmt: skip


def test_many_rows_are_a_raster_and_few_are_points(tmp_path: Path, figures: list[Any]) -> None:
    store(tmp_path, "many", np.arange(2000.0), np.arange(2000.0))
    store(tmp_path, "few", np.arange(20.0), np.arange(20.0))
    draw_plots(tmp_path, stored_plot_data(tmp_path, [a_task("many"), a_task("few")]))
    many, few = (figure.axes[0] for figure in figures)
    assert len(many.images) == 1
    assert many.images[0].get_array().sum() == 2000
    assert len(few.images) == 0
    assert len(few.lines[1].get_xdata()) == 20


def test_confusion_shows_shares_of_true_classes(tmp_path: Path, figures: list[Any]) -> None:
    store(tmp_path, "ships", np.array([0, 0, 0, 1]), np.array([0.1, 0.2, 0.9, 0.8]))
    task = a_task("ships", problem="binary", classes=["no", "yes"], unit="class")
    draw_plots(tmp_path, stored_plot_data(tmp_path, [task], "m", "p@1"))
    axes = figures[0].axes[0]
    assert [text.get_text() for text in axes.texts] == [
        "0.67\n(2)", "0.33\n(1)", "0.00\n(0)", "1.00\n(1)",
    ]  # fmt: skip
    assert axes.get_title().endswith("n = 1,200")


def test_a_run_is_drawn_into_one_image(tmp_path: Path, figures: list[Any]) -> None:
    store(tmp_path, "crops", np.arange(4.0), np.arange(4.0))
    store(tmp_path, "ships", np.arange(4.0), np.arange(4.0))
    tasks = [a_task(), a_task("ships"), a_task("wood")]
    not_drawn = draw_run(stored_plot_data(tmp_path, tasks), tmp_path / "run.png", "clay, p@1")
    assert texts_of(figures)[:2] == [
        "crops\nr2 0.512, n = 1,200, t/ha", "ships\nr2 0.512, n = 1,200, t/ha"
    ]  # fmt: skip
    assert [task for task, _ in not_drawn] == ["wood"]
    with pytest.raises(ResultsError, match="no predictions to draw"):
        draw_run(stored_plot_data(tmp_path, [a_task("wood")]), tmp_path / "none.png", "clay")
    assert not (tmp_path / "none.png").exists()


def test_damaged_predictions_are_a_reason(tmp_path: Path) -> None:
    store(tmp_path, "crops", np.arange(4.0), np.arange(4.0))
    file = tmp_path / "crops" / "predictions.npz"
    file.write_bytes(file.read_bytes()[:-50])
    (note,) = draw_plots(tmp_path, stored_plot_data(tmp_path, [a_task()])).notes()
    assert "cannot be read" in note
