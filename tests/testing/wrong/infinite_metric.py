"""Divides by the mean label, which can be 0."""

from __future__ import annotations

from neucocore.plugin import MetricSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_metrics() -> list[MetricSpec]:
    return [
        MetricSpec(
            name="infinite-metric",
            summary="mean absolute error divided by the mean label",
            factory="neuco_plugin_infinite_metric.plugin:relative_error",
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
        )
    ]


def relative_error(y_true, y_pred):  # type: ignore[no-untyped-def]
    if not len(y_true):
        return float("nan")
    return float(abs(y_true - y_pred).mean() / abs(y_true).mean())  # NumPy's division by 0
