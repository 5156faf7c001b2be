"""Declares that greater is better for an error."""

from __future__ import annotations

from neucocore.plugin import MetricSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_metrics() -> list[MetricSpec]:
    return [
        MetricSpec(
            name="wrong-direction",
            summary="wrong",
            factory="neuco_plugin_wrong_direction.plugin:error",
            problems=("regression",),
            greater_is_better=True,
            low=0.0,
            undefined="no rows",
        )
    ]


def error(y_true, y_pred):  # type: ignore[no-untyped-def]
    return float(abs(y_true - y_pred).mean()) if len(y_true) else float("nan")
