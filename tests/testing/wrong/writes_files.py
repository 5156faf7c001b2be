"""Writes a file when it is imported."""

from __future__ import annotations

from pathlib import Path

from neucocore.plugin import MetricSpec, hookimpl

NEUCO_API = 1
Path("traces.txt").write_text("x")


@hookimpl
def neuco_metrics() -> list[MetricSpec]:
    return [
        MetricSpec(
            name="writes-files",
            summary="wrong",
            factory="neuco_plugin_writes_files.plugin:error",
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
        )
    ]


def error(y_true, y_pred):  # type: ignore[no-untyped-def]
    return float(abs(y_true - y_pred).mean()) if len(y_true) else float("nan")
