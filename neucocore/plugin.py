"""Everything that a component plugin imports from neuco.

Importing this module is fast: the names in ``_ON_DEMAND``, which need numpy or zarr, are imported
when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from neucocore.components.hookspecs import NEUCO_API, hookimpl
from neucocore.components.specs import (
    DatasetSpec,
    EncoderSpec,
    Erratum,
    FileSource,
    HostedFile,
    HubSource,
    IdSet,
    LabelSource,
    MetricSpec,
    Param,
    ProbeSpec,
    ProtocolSpec,
    ReducerSpec,
    SuiteSpec,
    SuiteTask,
    TaskSpec,
)
from neucocore.data.cubes.bands import BANDS
from neucocore.data.cubes.params import CUBE_PARAMS, FOLDER_PARAMS
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
from neucocore.interfaces import CubeSource, Dataset, Encoder, Metric, Probe, Reducer, Task

if TYPE_CHECKING:
    from neucocore.builtin.reducers.pca import PCA
    from neucocore.data.cubes.assembly import read_cube
    from neucocore.data.cubes.channels import (
        ChannelStatistics,
        stacked,
        standardised,
    )
    from neucocore.data.cubes.cube import Cube
    from neucocore.data.cubes.digest import cube_digest
    from neucocore.data.cubes.file import CubeFile, read_modality
    from neucocore.data.cubes.folder import CubeFolder
    from neucocore.data.cubes.layouts import find_cubes
    from neucocore.data.cubes.schema import CubeSchema
    from neucocore.data.cubes.selection import CubeSelection
    from neucocore.data.cubes.writing import write_modality
    from neucocore.data.labels.label_file import read_label_file
    from neucocore.data.labels.labels import Labels
    from neucocore.derivation.grids import CubeGrid, grids_for
    from neucocore.derivation.labelling import NoLabel, label_each
    from neucocore.derivation.layers import TruthLayer, open_layer, source_files, truth_folder
    from neucocore.derivation.projection import in_metres, project
    from neucocore.derivation.rasters import Patch, Raster
    from neucocore.derivation.zonal import Legend, label_shares, share_of
    from neucocore.evaluation.inputs import ScoringInput, ScoringTask
    from neucocore.evaluation.outcome import SplitScore, StoredProbe, TaskOutcome
    from neucocore.evaluation.protocols import ScoringProtocol
    from neucocore.files.atomic import replacing, write_text
    from neucocore.files.findings import Finding
    from neucocore.runtime.processes import WorkerPool
    from neucocore.statistics.influence import Influence, Undefined
    from neucocore.testing.cubes import make_cubes, write_cube_folder

# Names that need numpy or zarr, and the modules that define them.
_ON_DEMAND = {
    "ChannelStatistics": "neucocore.data.cubes.channels",
    "Cube": "neucocore.data.cubes.cube",
    "CubeGrid": "neucocore.derivation.grids",
    "CubeFile": "neucocore.data.cubes.file",
    "CubeFolder": "neucocore.data.cubes.folder",
    "CubeSchema": "neucocore.data.cubes.schema",
    "CubeSelection": "neucocore.data.cubes.selection",
    "cube_digest": "neucocore.data.cubes.digest",
    "Finding": "neucocore.files.findings",
    "find_cubes": "neucocore.data.cubes.layouts",
    "Influence": "neucocore.statistics.influence",
    "Labels": "neucocore.data.labels.labels",
    "Legend": "neucocore.derivation.zonal",
    "PCA": "neucocore.builtin.reducers.pca",
    "NoLabel": "neucocore.derivation.labelling",
    "Patch": "neucocore.derivation.rasters",
    "Raster": "neucocore.derivation.rasters",
    "ScoringInput": "neucocore.evaluation.inputs",
    "ScoringProtocol": "neucocore.evaluation.protocols",
    "ScoringTask": "neucocore.evaluation.inputs",
    "SplitScore": "neucocore.evaluation.outcome",
    "StoredProbe": "neucocore.evaluation.outcome",
    "TaskOutcome": "neucocore.evaluation.outcome",
    "TruthLayer": "neucocore.derivation.layers",
    "Undefined": "neucocore.statistics.influence",
    "WorkerPool": "neucocore.runtime.processes",
    "grids_for": "neucocore.derivation.grids",
    "in_metres": "neucocore.derivation.projection",
    "label_each": "neucocore.derivation.labelling",
    "make_cubes": "neucocore.testing.cubes",
    "write_cube_folder": "neucocore.testing.cubes",
    "label_shares": "neucocore.derivation.zonal",
    "open_layer": "neucocore.derivation.layers",
    "project": "neucocore.derivation.projection",
    "read_cube": "neucocore.data.cubes.assembly",
    "read_label_file": "neucocore.data.labels.label_file",
    "read_modality": "neucocore.data.cubes.file",
    "replacing": "neucocore.files.atomic",
    "share_of": "neucocore.derivation.zonal",
    "source_files": "neucocore.derivation.layers",
    "stacked": "neucocore.data.cubes.channels",
    "standardised": "neucocore.data.cubes.channels",
    "truth_folder": "neucocore.derivation.layers",
    "write_modality": "neucocore.data.cubes.writing",
    "write_text": "neucocore.files.atomic",
}

__all__ = [
    "BANDS",
    "CUBE_PARAMS",
    "FOLDER_PARAMS",
    "NEUCO_API",
    "PCA",
    "ChannelStatistics",
    "ComponentOutputError",
    "ConfigError",
    "CorruptCubeError",
    "Cube",
    "CubeFile",
    "CubeFolder",
    "CubeGrid",
    "CubeSchema",
    "CubeSelection",
    "CubeSource",
    "DataError",
    "Dataset",
    "DatasetSpec",
    "Encoder",
    "EncoderSpec",
    "Erratum",
    "FileSource",
    "Finding",
    "HostedFile",
    "HubSource",
    "IdError",
    "IdSet",
    "Influence",
    "LabelSource",
    "Labels",
    "Legend",
    "Metric",
    "MetricSpec",
    "MissingFileError",
    "NeucoError",
    "NoLabel",
    "NonFiniteError",
    "Param",
    "Patch",
    "Probe",
    "ProbeSpec",
    "ProtocolSpec",
    "Raster",
    "Reducer",
    "ReducerSpec",
    "ScoringInput",
    "ScoringProtocol",
    "ScoringTask",
    "ShapeError",
    "SplitScore",
    "StoredProbe",
    "SuiteSpec",
    "SuiteTask",
    "Task",
    "TaskOutcome",
    "TaskSpec",
    "TruthLayer",
    "Undefined",
    "WorkerPool",
    "cube_digest",
    "find_cubes",
    "grids_for",
    "hookimpl",
    "in_metres",
    "label_each",
    "label_shares",
    "make_cubes",
    "open_layer",
    "project",
    "read_cube",
    "read_label_file",
    "read_modality",
    "replacing",
    "share_of",
    "source_files",
    "stacked",
    "standardised",
    "truth_folder",
    "write_cube_folder",
    "write_modality",
    "write_text",
]


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_ON_DEMAND[name]), name)
    globals()[name] = value
    return value
