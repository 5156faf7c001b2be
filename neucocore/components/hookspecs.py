"""The hooks that a plugin can implement. None takes arguments; the results of all are collected.

A plugin is a module that defines ``NEUCO_API = 1`` and one or more of these functions, each
decorated with `neucocore.plugin.hookimpl` and returning a list of specs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pluggy

from neucocore.components.specs import (
    DatasetSpec,
    EncoderSpec,
    Kind,
    MetricSpec,
    ProbeSpec,
    ProtocolSpec,
    ReducerSpec,
    SuiteSpec,
    TaskSpec,
)

PROJECT = "neuco"
NEUCO_API: Literal[1] = 1
SUPPORTED_APIS = frozenset({1})

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def neuco_datasets() -> Sequence[DatasetSpec]:
    """Return the data sets that the plugin provides."""
    raise NotImplementedError


@hookspec
def neuco_encoders() -> Sequence[EncoderSpec]:
    """Return the encoders that the plugin provides."""
    raise NotImplementedError


@hookspec
def neuco_tasks() -> Sequence[TaskSpec]:
    """Return the tasks that the plugin provides."""
    raise NotImplementedError


@hookspec
def neuco_metrics() -> Sequence[MetricSpec]:
    """Return the metrics that the plugin provides."""
    raise NotImplementedError


@hookspec
def neuco_probes() -> Sequence[ProbeSpec]:
    """Return the probes that the plugin provides."""
    raise NotImplementedError


@hookspec
def neuco_reducers() -> Sequence[ReducerSpec]:
    """Return the reducers that the plugin provides."""
    raise NotImplementedError


@hookspec
def neuco_protocols() -> Sequence[ProtocolSpec]:
    """Return the scoring protocols that the plugin provides."""
    raise NotImplementedError


@hookspec
def neuco_suites() -> Sequence[SuiteSpec]:
    """Return the suites that the plugin provides."""
    raise NotImplementedError


HOOK_OF_KIND: dict[Kind, str] = {
    "dataset": "neuco_datasets",
    "encoder": "neuco_encoders",
    "task": "neuco_tasks",
    "metric": "neuco_metrics",
    "probe": "neuco_probes",
    "reducer": "neuco_reducers",
    "protocol": "neuco_protocols",
    "suite": "neuco_suites",
}
