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

from neucocore.errors import ResultsError
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.files.image_file import plain, require_matplotlib, save_figure
from neucocore.results.influence_file import read_arrays
from neucocore.results.layout import PREDICTIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = "plots"
FIGURE_SIZE = (5.0, 4.4)
"""Inches."""
COLUMNS = 3
"""Plots in a row of the picture of a run."""
MAX_POINTS = 400
"""Rows up to which each is a point; more are counted in a raster."""
BINS = 60
MAX_CLASSES_WITH_TEXT = 12
BLUE = "#0072b2"

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
    method, protocol, metric, score, n, unit
        What titles say.
    output_scores
        Score of each output, by name.
    """

    task: str
    problem: str
    classes: Sequence[str] = ()
    outputs: Sequence[str] = ()
    predictions: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    curves: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    reason: str = ""
    method: str = ""
    protocol: str = ""
    metric: str = ""
    score: float | None = None
    n: int | None = None
    unit: str = ""
    output_scores: Mapping[str, float | None] = field(default_factory=dict)

    def title(self, what: str = "", output: str = "") -> str:
        """Return two lines: method, task and what is shown; protocol, score, n and unit."""
        score = self.output_scores.get(output, self.score)
        facts = [
            f"{self.metric} {score:.3f}" if self.metric and score is not None else "",
            f"n = {self.n:,}" if self.n is not None else "",
            self.unit if self.problem == "regression" else "",
        ]
        shown = ", ".join(part for part in (self.task, output, what) if part)
        first = f"{self.method}: {shown}" if self.method else shown
        second = ", ".join(part for part in (self.protocol, *facts) if part)
        return plain(f"{first}\n{second}" if second else first)


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


def plot_data(outcome: TaskOutcome, method: str = "", protocol: str = "") -> PlotData:
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
        method,
        protocol,
        task.metric,
        outcome.score,
        outcome.n,
        task.unit,
        {output.name: output.score for output in outcome.outputs},
    )


def stored_plot_data(
    folder: Path, tasks: Sequence[Mapping[str, Any]], method: str = "", protocol: str = ""
) -> list[PlotData]:
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
        reason = "its predictions are not stored; --force scores again and draws them"
        predictions: dict[str, NDArray[Any]] = {}
        if (stored := folder / task["task"] / PREDICTIONS).is_file():
            names = ("y_true", "y_pred")
            try:
                predictions = dict(zip(names, read_arrays(stored, names), strict=True))
            except ResultsError as error:
                reason = error.message
        if task["status"] != "ok":
            reason = f"it has no score ({task['reason']})"
        outputs = task.get("outputs", ())
        data.append(
            PlotData(
                task["task"],
                task["problem"],
                task.get("classes", ()),
                [output["name"] for output in outputs],
                predictions,
                reason="" if predictions else reason,
                method=method,
                protocol=protocol,
                metric=task.get("metric", ""),
                score=task.get("score"),
                n=task.get("n"),
                unit=task.get("unit", ""),
                output_scores={output["name"]: output.get("score") for output in outputs},
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
            not_drawn.append((task.task, _reason(task)))
        paths: list[Path] = []
        for name, title, draw in (*_curve_plots(task), *of_predictions):
            path = folder / task.task / FOLDER / f"{safe_name(name)}.png"
            if path in paths:  # names that differ only in characters that file names cannot have
                path = path.with_stem(f"{path.stem}_{len(paths)}")
            paths.append(path)
            if not path.exists():
                _save(path, title, draw)
        drawn += paths
    return PlotReport(tuple(drawn), tuple(not_drawn))


def draw_run(tasks: Sequence[PlotData], file: Path, title: str) -> tuple[tuple[str, str], ...]:
    """Draw the predictions of all tasks of a run into one image.

    Returns
    -------
    tuple of (str, str)
        Tasks without a plot, with the reasons.

    Raises
    ------
    ConfigError
        matplotlib is not installed, or the suffix of the file is not known.
    ResultsError
        No task has predictions that can be drawn.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    plots = [plot for task in tasks for plot in _prediction_plots(task)]
    not_drawn = tuple(
        (t.task, _reason(t)) for t in tasks if next(_prediction_plots(t), None) is None
    )
    if not plots:
        raise ResultsError(
            "the run has no predictions to draw",
            problems=[f"{task}: {reason}" for task, reason in not_drawn],
            hint="runs of this version store predictions; evaluate again with --force",
        )
    columns = min(COLUMNS, len(plots))
    rows = -(-len(plots) // columns)
    figure = Figure(figsize=(FIGURE_SIZE[0] * columns, FIGURE_SIZE[1] * rows), layout="constrained")
    figure.suptitle(plain(title))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (_, name, draw) in zip(axes, plots, strict=False):
        axis.set_title(name, fontsize="small")
        draw(axis)
    for axis in axes[len(plots) :]:
        axis.set_axis_off()
    save_figure(figure, file)
    return not_drawn


def safe_name(name: str) -> str:
    """Return a name of an output as part of a file name."""
    return "".join(char if char.isalnum() or char in "-_.+=" else "_" for char in name)


def _reason(task: PlotData) -> str:
    if len(task.predictions):
        return f"predictions of {task.problem} tasks are not drawn"
    return task.reason or "it has no predictions"


def _save(path: Path, title: str, draw: Draw) -> None:
    # Unlike pyplot, the object interface has no global state and opens no window.
    from matplotlib.figure import Figure

    figure = Figure(figsize=FIGURE_SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize="medium")
    draw(axes)
    save_figure(figure, path)


def _curve_plots(task: PlotData) -> Iterator[tuple[str, str, Draw]]:
    """Yield name, title and drawing of each loss curve."""
    for name, curves in task.curves.items():
        yield name, task.title(name.replace("_", " ")), partial(_lines, curves)


def _prediction_plots(task: PlotData) -> Iterator[tuple[str, str, Draw]]:
    if not len(task.predictions):
        return
    true, predicted = task.predictions["y_true"], task.predictions["y_pred"]
    if task.problem in ("binary", "multiclass"):
        columns = predicted.reshape(len(true), -1)
        decided = columns[:, 0] > 0.5 if task.problem == "binary" else columns.argmax(axis=1)
        draw = partial(_confusion, true, decided, task.classes)
        yield "confusion_matrix", task.title("confusion"), draw
    elif task.problem == "regression":
        true, predicted = true.reshape(len(true), -1), predicted.reshape(len(true), -1)
        for number, name in enumerate(task.outputs or ("",)):
            draw = partial(_scatter, true[:, number], predicted[:, number], task.unit)
            yield f"scatter_{name}" if name else "scatter", task.title(output=name), draw


def _lines(curves: NDArray[np.float64], axes: Axes) -> None:
    epochs = np.arange(1, curves.shape[1] + 1)
    axes.plot(epochs, curves.T, color=BLUE, alpha=0.25, linewidth=0.8)
    axes.plot(epochs, curves.mean(axis=0), color=BLUE, linewidth=2, label="mean of splits")
    axes.set(xlabel="epoch", ylabel="loss")
    axes.legend()


def _scatter(true: NDArray[Any], predicted: NDArray[Any], unit: str, axes: Axes) -> None:
    """Draw predictions against labels with equal axes; many rows as a raster of counts."""
    known = np.isfinite(true) & np.isfinite(predicted)
    true, predicted = true[known], predicted[known]
    suffix = f" ({plain(unit)})" if unit else ""
    axes.set(xlabel=f"label{suffix}", ylabel=f"prediction{suffix}")
    if not len(true):
        return
    low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
    pad = 0.03 * (high - low) or 1.0
    ends = (float(low - pad), float(high + pad))
    axes.plot(ends, ends, color="black", linewidth=1)
    if len(true) <= MAX_POINTS:
        axes.plot(true, predicted, ".", color=BLUE, markersize=5, alpha=0.6)
    else:
        counts, _, _ = np.histogram2d(true, predicted, bins=BINS, range=(ends, ends))
        image = axes.imshow(
            np.ma.masked_equal(counts.T, 0),
            origin="lower",
            extent=(*ends, *ends),
            cmap="viridis_r",
            norm="log",
            interpolation="nearest",
        )
        axes.figure.colorbar(image, ax=axes, label="count", fraction=0.045, pad=0.02)
    axes.set(xlim=ends, ylim=ends, aspect="equal")


def _confusion(
    true: NDArray[Any], decided: NDArray[Any], classes: Sequence[str], axes: Axes
) -> None:
    """Draw the share of each true class that is predicted as each class, with counts."""
    names = list(classes) or [str(code) for code in range(int(max(true.max(), decided.max())) + 1)]
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (true.astype(np.intp), decided.astype(np.intp)), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= MAX_CLASSES_WITH_TEXT:
        for (row, column), share in np.ndenumerate(shares):
            color = "white" if share > 0.5 else "black"
            text = f"{share:.2f}\n({counts[row, column]})"
            axes.text(column, row, text, ha="center", va="center", color=color, fontsize="small")
    ticks = np.arange(len(names))
    axes.set(xlabel="predicted", ylabel="label")
    shown = [plain(name) for name in names]
    axes.set_xticks(ticks, shown, rotation=90 if max(map(len, names)) > 4 else 0)
    axes.set_yticks(ticks, shown)
    axes.figure.colorbar(image, ax=axes, label="share of the true class", fraction=0.045, pad=0.02)
