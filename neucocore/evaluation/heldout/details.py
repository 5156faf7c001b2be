"""What a score does not show: errors in units and per fifth, accuracies per class, per region.

Everything is computed from the held-out predictions of the one evaluation, and is plain JSON.
"""

from __future__ import annotations

from typing import Any

from neucocore.evaluation.heldout.class_accuracies import class_accuracies, label_accuracies
from neucocore.evaluation.heldout.figures import Weights
from neucocore.evaluation.heldout.influence import TaskInfluence
from neucocore.evaluation.heldout.label_errors import output_errors
from neucocore.evaluation.heldout.metrics import NamedMetric
from neucocore.evaluation.heldout.parts import score_per_part


def details_of(influence: TaskInfluence, primary: NamedMetric) -> dict[str, Any]:
    """Return what is reported in addition to the scores of a task.

    Parameters
    ----------
    influence
        The task with its predictions.
    primary
        The metric that is reported per part.

    Returns
    -------
    dict
        ``outputs`` for regression: R2, RMSE, MAE, bias (mean of prediction minus label) of each
        output, overall and per fifth of its labels. ``classes`` for classes and labels: support,
        precision (user's accuracy), recall (producer's accuracy) and F1 of each, with ``accuracy``,
        ``balanced_accuracy`` and ``macro_f1`` where rows have one class. ``intervals`` are 95 %
        intervals by the name of the figure, None where there is none. ``area_weighted`` holds the
        same figures with the task's weights, ``per`` the score of each part.
    """
    task = influence.joined.task
    details = _figures(influence, None)
    weights = influence.joined.weights
    if task.weights is not None and weights is not None:
        details["area_weighted"] = {
            "column": task.weights.name,
            "n_effective": float(weights.sum() ** 2 / (weights**2).sum()),
            **_figures(influence, weights),
        }
    if task.parts is not None:
        details["per"] = score_per_part(influence, task.parts, primary)
    return details


def _figures(influence: TaskInfluence, weights: Weights | None) -> dict[str, Any]:
    problem = influence.joined.task.problem
    if problem == "regression":
        return {"outputs": output_errors(influence, weights)}
    if problem == "multilabel":
        return {"classes": label_accuracies(influence, weights)}
    return class_accuracies(influence, weights)
