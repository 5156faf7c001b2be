"""Opens a network connection when it is imported."""

from __future__ import annotations

import contextlib
import socket

from neucocore.plugin import MetricSpec, hookimpl

NEUCO_API = 1
with contextlib.suppress(OSError):
    socket.create_connection(("127.0.0.1", 9), timeout=0.1)


@hookimpl
def neuco_metrics() -> list[MetricSpec]:
    return [
        MetricSpec(
            name="network-at-import",
            summary="wrong",
            factory="neuco_plugin_network_at_import.plugin:error",
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
        )
    ]


def error(y_true, y_pred):  # type: ignore[no-untyped-def]
    return float(abs(y_true - y_pred).mean()) if len(y_true) else float("nan")
