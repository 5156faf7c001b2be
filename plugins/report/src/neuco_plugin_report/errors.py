"""The errors of one run on one task, from its stored predictions."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from numpy.typing import NDArray

import neucocore
from neuco_plugin_report.svg import BLUE, TEXT, plain, svg

PREDICTIONS = "predictions.npz"
MAX_POINTS = 400
"""Rows up to which each is a point; more are counted in a raster."""
BINS = 60
MAX_CLASSES = 30
MAX_OUTPUTS = 6
"""Outputs of a task with several numbers that are drawn."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Held-out predictions of a task.

    Attributes
    ----------
    ids
        Of each row; repeated if the protocol repeats its splits.
    truth, guess
        (n, k); classes are codes in `truth` and probabilities in `guess`.
    """

    ids: tuple[str, ...]
    truth: Floats
    guess: Floats
    problem: str
    classes: tuple[str, ...]
    outputs: tuple[str, ...]
    unit: str

    @property
    def n(self) -> int:
        """Number of different ids."""
        return len(set(self.ids))

    @property
    def decided(self) -> NDArray[np.intp]:
        """The class of each row, (n,), or 0 and 1 of each label, (n, k)."""
        if self.problem == "multiclass":
            return self.guess.argmax(axis=1)
        return (self.guess > 0.5).astype(np.intp)

    def class_name(self, code: int) -> str:
        """Return the name of a class."""
        return self.classes[code] if code < len(self.classes) else str(code)


@dataclass(frozen=True, eq=False)
class Case:
    """One of the rows with the largest errors, in words."""

    id: str
    truth: str
    guess: str
    error: str


def read_predictions(folder: Path, task: Mapping[str, Any]) -> Predictions | None:
    """Return the stored predictions of a task of ``run.json``; None without any readable ones."""
    path = folder / str(task["task"]) / PREDICTIONS
    try:
        # np.load leaves a damaged file open that it opened itself.
        with path.open("rb") as stream:
            file = np.load(stream, allow_pickle=False)
            ids, truth, guess = file["ids"], file["y_true"], file["y_pred"]
    except FileNotFoundError:
        return None
    except (OSError, KeyError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        neucocore.warn(f"{path} cannot be read: {error}")
        return None
    if not len(ids):
        return None
    return Predictions(
        tuple(map(str, ids.tolist())),
        np.asarray(truth, dtype=float).reshape(len(ids), -1),
        np.asarray(guess, dtype=float).reshape(len(ids), -1),
        str(task.get("problem")),
        tuple(map(str, task.get("classes") or ())),
        tuple(str(output["name"]) for output in task.get("outputs") or ()),
        str(task.get("unit") or "") if task.get("problem") == "regression" else "",
    )


def predicted(found: Predictions, output: int, alt: str, name: str) -> Markup | None:
    """Return predicted against true values of one output, with equal axes; None without values."""
    truth, guess = found.truth[:, output], found.guess[:, output]
    known = np.isfinite(truth) & np.isfinite(guess)
    if not known.any():
        return None
    truth, guess = truth[known], guess[known]
    low, high = float(min(truth.min(), guess.min())), float(max(truth.max(), guess.max()))
    pad = 0.03 * (high - low) or 1.0
    limits = (low - pad, high + pad)

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        axis.plot(limits, limits, color=TEXT, linewidth=0.7, alpha=0.6)
        if len(truth) <= MAX_POINTS:
            axis.plot(truth, guess, ".", color=BLUE, alpha=0.6, markersize=5)
        else:
            counts, _, _ = np.histogram2d(truth, guess, bins=BINS, range=(limits, limits))
            painted = axis.imshow(
                np.ma.masked_equal(counts.T, 0), origin="lower", extent=(*limits, *limits),
                cmap="viridis_r", norm="log", interpolation="nearest",
            )  # fmt: skip
            figure.colorbar(painted, ax=axis, label="count", fraction=0.045, pad=0.02)
        unit = f" ({plain(found.unit)})" if found.unit else ""
        axis.set(xlim=limits, ylim=limits, xlabel=f"true{unit}", ylabel=f"predicted{unit}")
        axis.set_aspect("equal")

    return svg(3.3, 3.1, draw, alt=alt, name=name)


def confusion(found: Predictions) -> dict[str, Any] | None:
    """Return counts of true and predicted classes, and the shares of each row."""
    truth, decided = found.truth[:, 0], found.decided.reshape(len(found.ids), -1)[:, 0]
    known = np.isfinite(truth)
    truth, decided = truth[known].astype(int), decided[known]
    count = max(len(found.classes), int(max(truth.max(), decided.max())) + 1, 2)
    if count > MAX_CLASSES:
        return None
    matrix = np.zeros((count, count), dtype=int)
    np.add.at(matrix, (truth, decided), 1)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return {
        "classes": [found.class_name(code) for code in range(count)],
        "shares": shares.tolist(),
        "counts": matrix.tolist(),
    }


def per_label(found: Predictions) -> list[dict[str, Any]]:
    """Return how often each label of a task with several labels is there and is found."""
    rows = []
    for label in range(min(found.truth.shape[1], MAX_CLASSES)):
        known = np.isfinite(found.truth[:, label])
        truth, decided = found.truth[known, label] > 0.5, found.decided[known, label] == 1
        both = int(np.sum(truth & decided))
        rows.append(
            {
                "name": found.outputs[label]
                if label < len(found.outputs)
                else found.class_name(label),
                "true": int(truth.sum()),
                "recall": both / truth.sum() if truth.any() else None,
                "precision": both / decided.sum() if decided.any() else None,
            }
        )
    return rows


def worst(found: Predictions, count: int) -> list[Case]:
    """Return the rows with the largest errors, each id once, the largest first.

    Errors are distances to the true value; for classes, one minus the probability of the true
    class among wrong rows; for several labels, the number of wrong ones.
    """
    errors = _errors(found)
    # Rows that are right are no cases; ties are decided by the id.
    order = sorted(
        np.flatnonzero(np.isfinite(errors) & (errors > 0)),
        key=lambda row: (-errors[row], found.ids[row]),
    )
    cases: dict[str, Case] = {}
    for row in order:
        if found.ids[row] not in cases:
            cases[found.ids[row]] = _case(found, int(row), float(errors[row]))
        if len(cases) == count:
            break
    return list(cases.values())


def _errors(found: Predictions) -> Floats:
    if found.problem == "regression":
        return np.sqrt(np.sum((found.guess - found.truth) ** 2, axis=1))
    if found.problem == "multilabel":
        wrong = (found.decided != found.truth) & np.isfinite(found.truth)
        return wrong.sum(axis=1).astype(float)
    truth = np.nan_to_num(found.truth[:, 0]).astype(int)
    if found.guess.shape[1] == 1:
        of_truth = np.where(truth == 1, found.guess[:, 0], 1 - found.guess[:, 0])
    else:
        of_truth = found.guess[np.arange(len(truth)), truth]
    wrong = found.decided.reshape(len(truth), -1)[:, 0] != truth
    return np.where(wrong & np.isfinite(found.truth[:, 0]), 1 - of_truth, np.nan)


def _case(found: Predictions, row: int, error: float) -> Case:
    unit = f" {found.unit}" if found.unit else ""
    if found.problem == "regression":
        texts = [_numbers(values[row]) + unit for values in (found.truth, found.guess)]
        return Case(found.ids[row], texts[0], texts[1], f"{error:.3g}{unit}")
    if found.problem == "multilabel":
        names = [
            ", ".join(_labels(found, np.flatnonzero(values[row] == 1))) or "none"
            for values in (found.truth, found.decided)
        ]
        return Case(found.ids[row], names[0], names[1], f"{error:.0f} wrong labels")
    decided = int(found.decided.reshape(len(found.ids), -1)[row, 0])
    return Case(
        found.ids[row],
        found.class_name(int(found.truth[row, 0])),
        found.class_name(decided),
        f"probability of the true class {1 - error:.2f}",
    )


def _numbers(values: Floats) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


def _labels(found: Predictions, positions: Sequence[int] | NDArray[np.intp]) -> list[str]:
    return [
        found.outputs[label] if label < len(found.outputs) else found.class_name(int(label))
        for label in positions
    ]
