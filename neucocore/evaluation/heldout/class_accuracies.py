"""Accuracies of held-out predictions of classes: overall, and per class with its support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.figures import Weights, figures_of
from neucocore.evaluation.heldout.influence import TaskInfluence
from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.outputs import output_names
from neucocore.statistics.ratios import weighted_ratio

FEW_ROWS = 10
"""Classes with fewer rows are named in a remark."""
DECISIONS: Mapping[str, Any] = {
    "kind": "decisions",
    "greater_is_better": True,
    "bounds": (0.0, 1.0),
}


def class_accuracies(influence: TaskInfluence, weights: Weights | None) -> dict[str, Any]:
    """Return the accuracies of a task with one class per row, overall and per class.

    Recall is also called producer's accuracy, precision user's accuracy. `weights` as in
    `neucocore.evaluation.heldout.label_errors.output_errors`.
    """
    joined, scores = influence.joined, influence.result.scores
    y = joined.y.reshape(-1).astype(np.int64)
    decided = [
        s.argmax(axis=1) if joined.task.problem == "multiclass" else (s[:, 0] > 0.5).astype(int)
        for s in scores
    ]
    rows = np.arange(len(y))
    codes = np.unique(np.concatenate([y, *decided]))
    classes = [
        {
            "class": class_name(joined, int(code)),
            **_one_class(influence, y == code, [q == code for q in decided], weights, None, rows),
        }
        for code in codes
    ]
    accuracy = [weighted_ratio(y == q, None, weights, **DECISIONS) for q in decided]
    overall = figures_of(influence, {"accuracy": accuracy}, None, rows)
    present = [c for c in classes if c["n"]]
    return {
        "n": len(y),
        **overall,
        "balanced_accuracy": _mean([c["recall"] for c in present]),
        "macro_f1": _mean([c["f1"] for c in classes]),
        "classes": classes,
    }


def label_accuracies(influence: TaskInfluence, weights: Weights | None) -> list[dict[str, Any]]:
    """Return the accuracies of each label of a multi-label task."""
    joined, scores = influence.joined, influence.result.scores
    labels = joined.label_matrix.astype(np.float64)
    result = []
    for column, name in enumerate(output_names(joined.task)):
        known = ~(np.isnan(labels[:, column]) | np.isnan(scores[:, :, column]).any(axis=0))
        rows = np.flatnonzero(known)
        if len(rows):
            decided = list(scores[:, rows, column] > 0.5)
            w = None if weights is None else weights[rows]
            of_class = _one_class(influence, labels[rows, column] == 1, decided, w, column, rows)
            result.append({"class": name, "n_labelled": len(rows), **of_class})
    return result


def _one_class(
    influence: TaskInfluence,
    positive: NDArray[np.bool_],
    decided: Sequence[NDArray[np.bool_]],
    weights: Weights | None,
    column: int | None,
    rows: NDArray[np.int64],
) -> dict[str, Any]:
    """Return support, precision, recall and F1 of one class; `decided` has one item per repeat."""
    n = int(positive.sum())
    n_predicted = float(np.mean([q.sum() for q in decided]))
    kinds = {
        "precision": [
            weighted_ratio(positive & q, q, weights, events=int(q.sum()), **DECISIONS)
            for q in decided
        ],
        "recall": [
            weighted_ratio(positive & q, positive, weights, events=n, **DECISIONS) for q in decided
        ],
        "f1": [
            weighted_ratio(
                2 * (positive & q), positive.astype(float) + q, weights, events=n, **DECISIONS
            )
            for q in decided
        ],
    }
    if weights is not None:
        share = weighted_ratio(positive, None, weights, events=n, **DECISIONS)
        kinds["area_share"] = [share] * len(decided)
    figures = figures_of(influence, kinds, column, rows)
    return {"n": n, "n_predicted": n_predicted, **figures}


def few_rows_of_classes(joined: JoinedTask) -> list[str]:
    """Return a remark that names the classes with few rows, or no remark."""
    if joined.task.problem in ("regression", "multilabel"):
        return []
    codes, counts = np.unique(joined.y.reshape(-1).astype(np.int64), return_counts=True)
    few = [
        f"{class_name(joined, code)} ({count})"
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True)
        if count < FEW_ROWS
    ]
    return [f"classes with fewer than {FEW_ROWS} rows: {', '.join(few)}"] if few else []


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def class_name(joined: JoinedTask, code: int) -> str:
    """Return the name of a class; its code if it has no name."""
    classes = joined.task.classes
    return classes[code] if code < len(classes) else str(code)
