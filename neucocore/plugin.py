"""Everything the author of a component plugin imports.

Importing this module is light: numpy and the data code are loaded when one of the names marked
"on demand" is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from neucocore.errors import (
    ComponentOutputError,
    ConfigError,
    CorruptCubeError,
    DataError,
    IdError,
    MissingFileError,
    NeucoError,
    NonFiniteError,
    ShapeError,
)
from neucocore.hookspecs import NEUCO_API, hookimpl
from neucocore.interfaces import CubeSource, Dataset, Encoder, Metric, Probe, Reducer, Task
from neucocore.specs import (
    DatasetSpec,
    EncoderSpec,
    HubSource,
    LabelSource,
    MetricSpec,
    Param,
    ProbeSpec,
    ReducerSpec,
    TaskSpec,
)

if TYPE_CHECKING:
    from neucocore.data.channels import (
        CHALLENGE_STATISTICS,
        SSL4EO_STATISTICS,
        ChannelStatistics,
        stacked,
        standardised,
    )
    from neucocore.data.cube import Cube
    from neucocore.data.cubefile import CubeSchema, read_modality, write_modality
    from neucocore.data.labels import Labels, read_label_file

# Names that need numpy or zarr, and where they live.
_ON_DEMAND = {
    "CHALLENGE_STATISTICS": "neucocore.data.channels",
    "SSL4EO_STATISTICS": "neucocore.data.channels",
    "ChannelStatistics": "neucocore.data.channels",
    "stacked": "neucocore.data.channels",
    "standardised": "neucocore.data.channels",
    "Cube": "neucocore.data.cube",
    "CubeSchema": "neucocore.data.cubefile",
    "Labels": "neucocore.data.labels",
    "read_label_file": "neucocore.data.labels",
    "read_modality": "neucocore.data.cubefile",
    "write_modality": "neucocore.data.cubefile",
}

__all__ = [
    "CHALLENGE_STATISTICS",
    "NEUCO_API",
    "SSL4EO_STATISTICS",
    "ChannelStatistics",
    "ComponentOutputError",
    "ConfigError",
    "CorruptCubeError",
    "Cube",
    "CubeSchema",
    "CubeSource",
    "DataError",
    "Dataset",
    "DatasetSpec",
    "Encoder",
    "EncoderSpec",
    "HubSource",
    "IdError",
    "LabelSource",
    "Labels",
    "Metric",
    "MetricSpec",
    "MissingFileError",
    "NeucoError",
    "NonFiniteError",
    "Param",
    "Probe",
    "ProbeSpec",
    "Reducer",
    "ReducerSpec",
    "ShapeError",
    "Task",
    "TaskSpec",
    "hookimpl",
    "read_label_file",
    "read_modality",
    "stacked",
    "standardised",
    "write_modality",
]


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_ON_DEMAND[name]), name)
    globals()[name] = value
    return value
