"""Plots of a run: loss curves, predictions against labels, confusion matrices.

They need matplotlib (extra ``plots``) and are written to ``<run>/<task>/plots/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
PREDICTIONS = "predictions.npz"
FIGURE_SIZE = (5.0, 4.0)
"""Inches."""
DPI = 150
MAX_POINTS = 5000
"""With more rows a scatter plot shows every second row, or every third, and so on."""

Draw = Callable[["Axes"], None]


@dataclass(frozen=True, eq=False)
class PlotData:
    """What the plots of one task show.

    Attributes
    ----------
    predictions
        Arrays ``y_true`` and ``y_pred``, or empty.
    curves
        Loss curves by name, (splits, epochs), or empty.
    reason
        Why there are no predictions.
    """

    task: str
    problem: str
    classes: Sequence[str] = ()
    outputs: Sequence[str] = ()
    predictions: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    curves: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlotReport:
    """The plots of a run.

    Attributes
    ----------
    drawn
        The PNG files.
    not_drawn
        Tasks without a plot of predictions, each with the reason.
    """

    drawn: tuple[Path, ...]
    not_drawn: tuple[tuple[str, str], ...]

    def notes(self) -> list[str]:
        """Describe which plots are missing, one line per reason."""
        tasks: dict[str, list[str]] = {}
        for task, reason in self.not_drawn:
            tasks.setdefault(reason, []).append(task)
        return [f"no plot of {', '.join(names)}: {reason}" for reason, names in tasks.items()]


def require_matplotlib() -> None:
    """Check that plots can be drawn, before any work is done.

    Raises
    ------
    ConfigError
        matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "plots need matplotlib, which is not installed",
            hint="pip install 'neucocore[plots]', or evaluate without plots",
        ) from error


def plot_data(outcome: TaskOutcome) -> PlotData:
    """Return what the plots of a scored task show."""
    task = outcome.task
    return PlotData(
        task.key,
        task.problem,
        task.classes,
        task.outputs,
        outcome.predictions,
        outcome.curves,
        f"it has no score ({outcome.reason})" if outcome.status != "ok" else "",
    )


def stored_plot_data(folder: Path, tasks: Sequence[Mapping[str, Any]]) -> list[PlotData]:
    """Return what the plots of a run show, from its stored predictions.

    Parameters
    ----------
    folder
        Folder of the run.
    tasks
        The tasks as ``run.json`` describes them.
    """
    data = []
    for task in tasks:
        key = task["task"]
        predictions: dict[str, NDArray[Any]] = {}
        if (stored := folder / key / PREDICTIONS).is_file():
            with np.load(stored, allow_pickle=False) as file:
                predictions = {name: file[name] for name in ("y_true", "y_pred")}
        reason = "its predictions are not stored; --force scores again and draws them"
        if task["status"] != "ok":
            reason = f"it has no score ({task['reason']})"
        data.append(
            PlotData(
                key,
                task["problem"],
                task.get("classes", ()),
                [output["name"] for output in task.get("outputs", ())],
                predictions,
                reason="" if predictions else reason,
            )
        )
    return data


def draw_plots(folder: Path, tasks: Sequence[PlotData]) -> PlotReport:
    """Draw the curves and predictions of tasks; plots that exist are not drawn again.

    Parameters
    ----------
    folder
        Folder of the run.

    Raises
    ------
    ConfigError
        matplotlib is not installed.
    """
    require_matplotlib()
    drawn = []
    not_drawn = []
    for task in tasks:
        of_predictions = list(_prediction_plots(task))
        if not of_predictions:
            reason = task.reason or "it has no predictions"
            if len(task.predictions):
                reason = f"predictions of {task.problem} tasks are not drawn"
            not_drawn.append((task.task, reason))
        paths: list[Path] = []
        for name, draw in (*_curve_plots(task), *of_predictions):
            path = folder / task.task / FOLDER / f"{safe_name(name)}.png"
            if path in paths:  # names that differ only in characters that file names cannot have
                path = path.with_stem(f"{path.stem}_{len(paths)}")
            paths.append(path)
            if not path.exists():
                _save(path, f"{task.task}: {name.replace('_', ' ')}", draw)
        drawn += paths
    return PlotReport(tuple(drawn), tuple(not_drawn))


def safe_name(name: str) -> str:
    """Return a name of an output as part of a file name."""
    return "".join(char if char.isalnum() or char in "-_.+=" else "_" for char in name)


def _save(path: Path, title: str, draw: Draw) -> None:
    # Unlike pyplot, the object interface has no global state and opens no window.
    from matplotlib.figure import Figure

    figure = Figure(figsize=FIGURE_SIZE, layout="constrained")
    axes = figure.add_subplot()
    # A dollar sign would start a formula.
    axes.set_title(title.replace("$", r"\$"))
    draw(axes)
    with replacing(path, durable=False) as file:
        figure.savefig(file, format="png", dpi=DPI)


def _curve_plots(task: PlotData) -> Iterator[tuple[str, Draw]]:
    for name, curves in task.curves.items():
        yield name, partial(_lines, curves)


def _prediction_plots(task: PlotData) -> Iterator[tuple[str, Draw]]:
    if not len(task.predictions):
        return
    true, predicted = task.predictions["y_true"], task.predictions["y_pred"]
    if task.problem in ("binary", "multiclass"):
        columns = predicted.reshape(len(true), -1)
        decided = columns[:, 0] > 0.5 if task.problem == "binary" else columns.argmax(axis=1)
        yield "confusion_matrix", partial(_confusion, true, decided, task.classes)
    elif task.problem == "regression":
        true, predicted = true.reshape(len(true), -1), predicted.reshape(len(true), -1)
        for number, name in enumerate(task.outputs or ("",)):
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
