"""The built-in metrics, described without importing them."""

from __future__ import annotations

from neucocore.components.specs import MetricSpec

_CODE = "neucocore.builtin.metrics.standard:"
_CHANCE = "neucocore.builtin.metrics.chance:"
_INFLUENCE = "neucocore.statistics.metric_influence:"


def metric_specs() -> list[MetricSpec]:
    """Return the standard metrics; each is NaN in the cases that `undefined` describes."""
    return [*_regression_specs(), *_decision_specs(), *_score_specs()]


def _regression_specs() -> list[MetricSpec]:
    return [
        MetricSpec(
            name="r2",
            summary="coefficient of determination, 1 - SSE/SST; protocols that pool the folds take "
            "SST around the training mean",
            factory=_CODE + "r2",
            problems=("regression",),
            high=1.0,
            undefined="fewer than two rows, or constant labels",
            uses_training_mean=True,
            chance=0.0,
            influence=_INFLUENCE + "r2",
        ),
        MetricSpec(
            name="mse",
            summary="mean squared error, in squared label units",
            factory=_CODE + "mse",
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
            chance=_CHANCE + "mse",
            influence=_INFLUENCE + "mse",
        ),
        MetricSpec(
            name="rmse",
            summary="root mean squared error, in label units",
            factory=_CODE + "rmse",
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
            chance=_CHANCE + "rmse",
            influence=_INFLUENCE + "rmse",
        ),
        MetricSpec(
            name="mae",
            summary="mean absolute error, in label units",
            factory=_CODE + "mae",
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
            chance=_CHANCE + "mae",
            influence=_INFLUENCE + "mae",
        ),
        MetricSpec(
            name="mean-distance",
            summary="mean Euclidean distance between predicted and true points, in label units",
            factory=_CODE + "mean_distance",
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
            multioutput=True,
            chance=_CHANCE + "mean_distance",
            influence=_INFLUENCE + "mean_distance",
        ),
    ]


def _decision_specs() -> list[MetricSpec]:
    # Precision and recall declare no chance; neucocore/builtin/metrics/chance.py explains why.
    return [
        MetricSpec(
            name="accuracy",
            summary="share of correct decisions",
            factory=_CODE + "accuracy",
            problems=("binary", "multiclass"),
            low=0.0,
            high=1.0,
            undefined="no rows",
            chance=_CHANCE + "accuracy",
            influence=_INFLUENCE + "accuracy",
        ),
        MetricSpec(
            name="balanced-accuracy",
            summary="mean of the recall over the classes",
            factory=_CODE + "balanced_accuracy",
            problems=("binary", "multiclass"),
            low=0.0,
            high=1.0,
            undefined="no rows; classes without a true row are not averaged",
            chance=_CHANCE + "balanced_accuracy",
            influence=_INFLUENCE + "balanced_accuracy",
        ),
        MetricSpec(
            name="precision",
            summary="share of the rows predicted positive that are positive",
            factory=_CODE + "precision",
            problems=("binary", "multilabel"),
            low=0.0,
            high=1.0,
            undefined="no row is predicted positive; several labels: mean over those with a value",
            influence=_INFLUENCE + "precision",
        ),
        MetricSpec(
            name="recall",
            summary="share of the positive rows that are predicted positive",
            factory=_CODE + "recall",
            problems=("binary", "multilabel"),
            low=0.0,
            high=1.0,
            undefined="no row is positive; several labels: mean over those with a value",
            influence=_INFLUENCE + "recall",
        ),
        MetricSpec(
            name="f1",
            summary="harmonic mean of precision and recall of the positive class",
            factory=_CODE + "f1",
            problems=("binary",),
            low=0.0,
            high=1.0,
            undefined="no row is positive or predicted positive; 0 without a true positive",
            chance=_CHANCE + "f1",
            influence=_INFLUENCE + "f1",
        ),
        MetricSpec(
            name="macro-f1",
            summary="mean of the F1 score over the classes, or over the labels",
            factory=_CODE + "macro_f1",
            problems=("binary", "multiclass", "multilabel"),
            low=0.0,
            high=1.0,
            undefined="no rows; classes that are neither true nor predicted are not averaged",
            chance=_CHANCE + "macro_f1",
            influence=_INFLUENCE + "macro_f1",
        ),
    ]


def _score_specs() -> list[MetricSpec]:
    return [
        MetricSpec(
            name="average-precision",
            summary="mean of the precision over thresholds, weighted by the increase in recall",
            factory=_CODE + "average_precision",
            problems=("binary", "multilabel"),
            needs="order",
            low=0.0,
            high=1.0,
            undefined="only one class; several labels: mean over those with a value",
            chance=_CHANCE + "average_precision",
            influence=_INFLUENCE + "average_precision",
        ),
        MetricSpec(
            name="roc-auc",
            summary="probability that a positive row outranks a negative one, ties count half",
            factory=_CODE + "roc_auc",
            problems=("binary", "multilabel"),
            needs="order",
            low=0.0,
            high=1.0,
            undefined="only one class; several labels: mean over those with a value",
            chance=0.5,
            influence=_INFLUENCE + "roc_auc",
        ),
        MetricSpec(
            name="log-loss",
            summary="mean negative log-probability of the true class, clipped at 1e-15",
            factory=_CODE + "log_loss",
            problems=("binary", "multiclass", "multilabel"),
            greater_is_better=False,
            needs="score",
            low=0.0,
            undefined="no rows, or scores outside [0, 1]",
            chance=_CHANCE + "log_loss",
            influence=_INFLUENCE + "log_loss",
        ),
    ]
