"""Everything the author of a component plugin imports.

Importing this module is light: numpy and the data code are loaded when one of the names marked
"on demand" is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from neucocore.data.cubeparams import CUBE_PARAMS, FOLDER_PARAMS
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
    from neucocore.builtin.reducers_pca import PCA
    from neucocore.data.atomic import replacing, write_text
    from neucocore.data.channels import (
        BANDS,
        CHALLENGE_STATISTICS,
        SSL4EO_STATISTICS,
        ChannelStatistics,
        stacked,
        standardised,
    )
    from neucocore.data.cube import Cube
    from neucocore.data.cubefile import (
        CubeFile,
        CubeSchema,
        cube_digest,
        read_modality,
        write_modality,
    )
    from neucocore.data.cubefind import find_cubes
    from neucocore.data.cubefolder import CubeFolder
    from neucocore.data.cuberead import read_cube
    from neucocore.data.cubeselect import CubeSelection
    from neucocore.data.labels import Labels, read_label_file
    from neucocore.derivation.grids import CubeGrid, grids_for
    from neucocore.derivation.labelling import NoLabel, label_each
    from neucocore.derivation.layers import TruthLayer, open_layer, source_files, truth_folder
    from neucocore.derivation.projection import in_metres, project
    from neucocore.derivation.rasters import Patch, Raster
    from neucocore.derivation.zonal import Legend, label_shares, share_of
    from neucocore.testing.cubes import make_cubes, write_cube_folder

# Names that need numpy or zarr, and where they live.
_ON_DEMAND = {
    "BANDS": "neucocore.data.channels",
    "CHALLENGE_STATISTICS": "neucocore.data.channels",
    "ChannelStatistics": "neucocore.data.channels",
    "Cube": "neucocore.data.cube",
    "CubeGrid": "neucocore.derivation.grids",
    "CubeFile": "neucocore.data.cubefile",
    "CubeFolder": "neucocore.data.cubefolder",
    "CubeSchema": "neucocore.data.cubefile",
    "CubeSelection": "neucocore.data.cubeselect",
    "cube_digest": "neucocore.data.cubefile",
    "find_cubes": "neucocore.data.cubefind",
    "Labels": "neucocore.data.labels",
    "Legend": "neucocore.derivation.zonal",
    "PCA": "neucocore.builtin.reducers_pca",
    "NoLabel": "neucocore.derivation.labelling",
    "Patch": "neucocore.derivation.rasters",
    "Raster": "neucocore.derivation.rasters",
    "SSL4EO_STATISTICS": "neucocore.data.channels",
    "TruthLayer": "neucocore.derivation.layers",
    "grids_for": "neucocore.derivation.grids",
    "in_metres": "neucocore.derivation.projection",
    "label_each": "neucocore.derivation.labelling",
    "make_cubes": "neucocore.testing.cubes",
    "write_cube_folder": "neucocore.testing.cubes",
    "label_shares": "neucocore.derivation.zonal",
    "open_layer": "neucocore.derivation.layers",
    "project": "neucocore.derivation.projection",
    "read_cube": "neucocore.data.cuberead",
    "read_label_file": "neucocore.data.labels",
    "read_modality": "neucocore.data.cubefile",
    "replacing": "neucocore.data.atomic",
    "share_of": "neucocore.derivation.zonal",
    "source_files": "neucocore.derivation.layers",
    "stacked": "neucocore.data.channels",
    "standardised": "neucocore.data.channels",
    "truth_folder": "neucocore.derivation.layers",
    "write_modality": "neucocore.data.cubefile",
    "write_text": "neucocore.data.atomic",
}

__all__ = [
    "BANDS",
    "CHALLENGE_STATISTICS",
    "CUBE_PARAMS",
    "FOLDER_PARAMS",
    "NEUCO_API",
    "PCA",
    "SSL4EO_STATISTICS",
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
    "HubSource",
    "IdError",
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
    "Raster",
    "Reducer",
    "ReducerSpec",
    "ShapeError",
    "Task",
    "TaskSpec",
    "TruthLayer",
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
