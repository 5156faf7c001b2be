"""Declares the chance of random decisions, not that of the most frequent class."""

from __future__ import annotations

from neucocore.plugin import MetricSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_metrics() -> list[MetricSpec]:
    return [
        MetricSpec(
            name="wrong-chance",
            summary="share of correct decisions",
            factory="neuco_plugin_wrong_chance.plugin:hits",
            problems=("binary", "multiclass"),
            low=0.0,
            high=1.0,
            undefined="no rows",
            chance="neuco_plugin_wrong_chance.plugin:chance",
        )
    ]


def hits(y_true, y_pred):  # type: ignore[no-untyped-def]
    return float((y_true == y_pred).mean()) if len(y_true) else float("nan")


def chance(y):  # type: ignore[no-untyped-def]
    return float(sum((y == code).mean() ** 2 for code in set(y.tolist())))
