"""Plots of a run: loss curves, predictions against labels, confusion matrices.

They need matplotlib (extra ``plots``) and are written to ``<run>/<task>/plots/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import ConfigError
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.files.atomic import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = "plots"
FIGURE_SIZE = (5.0, 4.0)
"""Inches."""
DPI = 150
MAX_POINTS = 5000
"""With more rows a scatter plot shows every second row, or every third, and so on."""

Draw = Callable[["Axes"], None]


def draw_plots(folder: Path, outcomes: Sequence[TaskOutcome]) -> list[Path]:
    """Draw the curves and predictions of the outcomes; return the PNG files.

    Parameters
    ----------
    folder
        Folder of the run.

    Raises
    ------
    ConfigError
        matplotlib is not installed.
    """
    written = []
    for outcome in outcomes:
        key = outcome.task.key
        for name, draw in (*_curve_plots(outcome), *_prediction_plots(outcome)):
            path = folder / key / FOLDER / f"{name}.png"
            _save(path, f"{key}: {name.replace('_', ' ')}", draw)
            written.append(path)
    return written


def _save(path: Path, title: str, draw: Draw) -> None:
    try:
        # Unlike pyplot, the object interface has no global state and opens no window.
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigError(
            "plots need matplotlib, which is not installed",
            hint="pip install 'neucocore[plots]', or evaluate without plots",
        ) from error
    figure = Figure(figsize=FIGURE_SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    draw(axes)
    with replacing(path, durable=False) as file:
        figure.savefig(file, format="png", dpi=DPI)


def _curve_plots(outcome: TaskOutcome) -> Iterator[tuple[str, Draw]]:
    for name, curves in outcome.curves.items():
        yield name, partial(_lines, curves)


def _prediction_plots(outcome: TaskOutcome) -> Iterator[tuple[str, Draw]]:
    if not len(outcome.predictions):
        return
    true, predicted = outcome.predictions["y_true"], outcome.predictions["y_pred"]
    problem = outcome.task.problem
    if problem in ("binary", "multiclass"):
        columns = predicted.reshape(len(true), -1)
        decided = columns[:, 0] > 0.5 if problem == "binary" else columns.argmax(axis=1)
        yield "confusion_matrix", partial(_confusion, true, decided, outcome.task.classes)
    elif problem == "regression":
        true, predicted = true.reshape(len(true), -1), predicted.reshape(len(true), -1)
        for number, name in enumerate(outcome.task.outputs or ("",)):
            label = f"scatter_{name}" if name else "scatter"
            yield label, partial(_scatter, true[:, number], predicted[:, number])


def _lines(curves: NDArray[np.float64], axes: Axes) -> None:
    epochs = np.arange(1, curves.shape[1] + 1)
    axes.plot(epochs, curves.T, color="tab:blue", alpha=0.25, linewidth=0.8)
    axes.plot(epochs, curves.mean(axis=0), color="tab:blue", linewidth=2, label="mean of splits")
    axes.set(xlabel="epoch", ylabel="loss")
    axes.legend()


def _scatter(true: NDArray[Any], predicted: NDArray[Any], axes: Axes) -> None:
    known = np.flatnonzero(np.isfinite(true) & np.isfinite(predicted))
    shown = known[:: max(1, -(-len(known) // MAX_POINTS))]
    axes.plot(true[shown], predicted[shown], ".", markersize=3, alpha=0.4)
    if len(shown):
        ends = [true[shown].min(), true[shown].max()]
        axes.plot(ends, ends, color="black", linewidth=1)
    axes.set(xlabel="label", ylabel="prediction")


def _confusion(
    true: NDArray[Any], decided: NDArray[Any], classes: Sequence[str], axes: Axes
) -> None:
    names = list(classes) or [str(code) for code in range(int(max(true.max(), decided.max())) + 1)]
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (true.astype(np.intp), decided.astype(np.intp)), 1)
    axes.imshow(counts, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        color = "white" if count > counts.max() / 2 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=color)
    ticks = np.arange(len(names))
    axes.set(xlabel="predicted", ylabel="label")
    axes.set_xticks(ticks, names)
    axes.set_yticks(ticks, names)
