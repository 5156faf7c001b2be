"""Returns the derivatives with respect to the weights of the rows without the factor n."""

from __future__ import annotations

from neucocore.plugin import MetricSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_metrics() -> list[MetricSpec]:
    return [
        MetricSpec(
            name="wrong-influence",
            summary="mean absolute error",
            factory="neuco_plugin_wrong_influence.plugin:error",
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
            influence="neuco_plugin_wrong_influence.plugin:influence",
        )
    ]


def error(y_true, y_pred):  # type: ignore[no-untyped-def]
    return float(abs(y_true - y_pred).mean()) if len(y_true) else float("nan")


def influence(y_true, y_pred):  # type: ignore[no-untyped-def]
    errors = abs(y_true - y_pred)
    return (errors - errors.mean()) / len(y_true)
