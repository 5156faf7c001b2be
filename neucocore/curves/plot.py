"""The curves of a sweep as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neucocore.curves.enough import Swept, trained_rows
from neucocore.curves.gains import Curve, curves_of
from neucocore.curves.summary import SweepResult
from neucocore.files.image_file import plain, save_figure
from neucocore.results.skill import primary_metric

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Okabe and Ito's colours, which can be told apart by people with colour blindness."""
STYLES = ("-", "--", ":", "-.")


def draw(result: SweepResult, file: Path) -> Path:
    """Draw one panel per task: score against bytes, and, if asked for, against training rows.

    Lines are running maxima over all bits: the best score with at most so many bytes. Points are
    the measured scores with their 95 % intervals. The titles name the scores of the complete
    embeddings.
    """
    from matplotlib.figure import Figure

    tasks = result.swept[0].tasks
    with_labels = any(one.trained for one in result.swept)
    figure = Figure(figsize=(5.5 * (1 + with_labels), 3.6 * len(tasks)), layout="constrained")
    axes = figure.subplots(len(tasks), 1 + with_labels, squeeze=False)
    protocol = result.swept[0].complete.protocol
    for row, task in enumerate(tasks):
        metric = primary_metric(result.swept[0].complete, task).get("metric")
        n = result.swept[0].complete.tasks[task].n
        title = f"{task}, n = {n:,}, {protocol}\n{_complete_scores(result, task)}"
        for number, swept in enumerate(result.swept):
            colour = COLOURS[number % len(COLOURS)]
            if task in swept.tasks:
                _draw_sizes(axes[row, 0], swept, task, colour)
                if with_labels:
                    _draw_labels(axes[row, 1], swept, task, colour)
        axes[row, 0].set_title(plain(title), fontsize="medium")
        axes[row, 0].set_xlabel("bytes per row")
        axes[row, 0].set_ylabel(str(metric))
        _doubling(axes[row, 0])
        axes[row, 0].legend(fontsize="x-small")
        if with_labels:
            axes[row, 1].set_title(plain(title), fontsize="medium")
            axes[row, 1].set_xlabel("training rows")
            axes[row, 1].set_ylabel(str(metric))
            _doubling(axes[row, 1])
            axes[row, 1].legend(fontsize="x-small")
    save_figure(figure, file)
    return file


def _complete_scores(result: SweepResult, task: str) -> str:
    """Return method and score of each complete embedding."""
    return ", ".join(
        f"{one.method} {primary_metric(one.complete, task)['score']:.3f}"
        for one in result.swept
        if task in one.tasks
    )


def _draw_sizes(axes: Any, swept: Swept, task: str, colour: str) -> None:
    by_family: dict[str, list[Curve]] = {}
    for curve in curves_of(swept.method, swept.sizes):
        by_family.setdefault(curve.family, []).append(curve)
    for style, (family, curves) in zip(STYLES, by_family.items(), strict=False):
        points = [point for curve in curves for point in curve.points]
        sizes = np.array([point.size.bytes_per_row for point in points])
        metrics = [primary_metric(point.run, task) for point in points]
        scores = np.array([metric["score"] for metric in metrics])
        nodes = np.unique(sizes)
        axes.plot(
            nodes,
            np.maximum.accumulate([scores[sizes == node].max() for node in nodes]),
            style,
            color=colour,
            label=plain(f"{swept.method}, {family}"),
        )
        low = [m["score"] - (m["low"] if m["low"] is not None else m["score"]) for m in metrics]
        high = [(m["high"] if m["high"] is not None else m["score"]) - m["score"] for m in metrics]
        axes.errorbar(
            sizes, scores, np.clip([low, high], 0, None), fmt=".", color=colour, alpha=0.25
        )
    complete = primary_metric(swept.complete, task)["score"]
    axes.axhline(complete, color=colour, linewidth=0.5)


def _doubling(axes: Any) -> None:
    """Show an axis on which every step doubles, with plain numbers."""
    from matplotlib.ticker import ScalarFormatter

    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(ScalarFormatter())


def _draw_labels(axes: Any, swept: Swept, task: str, colour: str) -> None:
    runs = [*(one.run for one in swept.trained), swept.complete]
    metrics = [primary_metric(run, task) for run in runs]
    rows = [*(one.rows for one in swept.trained), trained_rows(swept, task)]
    scores = np.array([metric["score"] for metric in metrics])
    low = [m["score"] - (m["low"] if m["low"] is not None else m["score"]) for m in metrics]
    high = [(m["high"] if m["high"] is not None else m["score"]) - m["score"] for m in metrics]
    axes.errorbar(
        rows,
        scores,
        np.clip([low, high], 0, None),
        fmt=".-",
        color=colour,
        label=plain(swept.method),
    )
