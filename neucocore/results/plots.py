"""Pictures of a run: loss curves, predictions against labels, confusion matrices.

They need matplotlib (extra ``plots``) and lie in ``<run>/<task>/plots/``.
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
INCHES = (5.0, 4.0)
DOTS_PER_INCH = 150
MOST_POINTS = 5000
"""A scatter plot shows at most so many, evenly taken."""

Draw = Callable[["Axes"], None]


def draw_plots(folder: Path, outcomes: Sequence[TaskOutcome]) -> list[Path]:
    """Draw what the outcomes hold and return the files, PNG.

    Parameters
    ----------
    folder
        The run's folder.

    Raises
    ------
    ConfigError
        matplotlib is not installed.
    """
    written = []
    for outcome in outcomes:
        key = outcome.task.key
        for name, draw in (*_of_curves(outcome), *_of_predictions(outcome)):
            path = folder / key / FOLDER / f"{name}.png"
            _save(path, f"{key}: {name.replace('_', ' ')}", draw)
            written.append(path)
    return written


def _save(path: Path, title: str, draw: Draw) -> None:
    try:
        # The object interface, not pyplot: no global state, no window.
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigError(
            "plots need matplotlib, which is not installed",
            hint="pip install 'neucocore[plots]', or evaluate without plots",
        ) from error
    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    draw(axes)
    with replacing(path, durable=False) as file:
        figure.savefig(file, format="png", dpi=DOTS_PER_INCH)


def _of_curves(outcome: TaskOutcome) -> Iterator[tuple[str, Draw]]:
    for name, curves in outcome.curves.items():
        yield name, partial(_lines, curves)


def _of_predictions(outcome: TaskOutcome) -> Iterator[tuple[str, Draw]]:
    if not len(outcome.predictions):
        return
    true, predicted = outcome.predictions["y_true"], outcome.predictions["y_pred"]
    problem = outcome.task.problem
    if problem in ("binary", "multiclass"):
        columns = predicted.reshape(len(true), -1)
        said = columns[:, 0] > 0.5 if problem == "binary" else columns.argmax(axis=1)
        yield "confusion_matrix", partial(_confusion, true, said, outcome.task.classes)
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
    shown = known[:: max(1, -(-len(known) // MOST_POINTS))]
    axes.plot(true[shown], predicted[shown], ".", markersize=3, alpha=0.4)
    if len(shown):
        ends = [true[shown].min(), true[shown].max()]
        axes.plot(ends, ends, color="black", linewidth=1)
    axes.set(xlabel="label", ylabel="prediction")


def _confusion(true: NDArray[Any], said: NDArray[Any], classes: Sequence[str], axes: Axes) -> None:
    names = list(classes) or [str(code) for code in range(int(max(true.max(), said.max())) + 1)]
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (true.astype(np.intp), said.astype(np.intp)), 1)
    axes.imshow(counts, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        ink = "white" if count > counts.max() / 2 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=ink)
    places = np.arange(len(names))
    axes.set(xlabel="predicted", ylabel="label")
    axes.set_xticks(places, names)
    axes.set_yticks(places, names)
