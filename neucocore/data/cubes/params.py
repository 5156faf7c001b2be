"""The parameters that data sets of cubes share, as declared in specs. Imports nothing heavy."""

from __future__ import annotations

from neucocore.components.specs import Param

CUBE_PARAMS: tuple[Param, ...] = (
    Param("modalities", "list", None, "modalities to read; none: all", nullable=True),
    Param("seasons", "list", None, "seasons by name or index from 0; none: all", nullable=True),
    Param(
        "bands",
        "list",
        None,
        "B04: this band of every modality that has it; s2l2a:B04: of one modality; none: all",
        nullable=True,
    ),
    Param(
        "offset",
        "int",
        None,
        "shift Sentinel-2 values to this digital-number offset; none: as stored",
        choices=(0, 1000),
        nullable=True,
    ),
    Param("keep_nodata", "bool", True, "leave no-data values unchanged by the shift"),
    Param(
        "missing_chunks",
        "str",
        "error",
        "how to treat chunks absent from a cube: fail, fill and warn, or fill",
        choices=("error", "warn", "fill"),
    ),
    Param(
        "incomplete",
        "str",
        "error",
        "how to treat ids that lack a modality: fail, or drop them",
        choices=("error", "drop"),
    ),
    Param(
        "subset",
        "str",
        None,
        "only ids in this subset of the label files, COLUMN or COLUMN=VALUE; none: all",
        nullable=True,
    ),
)

FOLDER_PARAMS: tuple[Param, ...] = (
    *CUBE_PARAMS,
    Param(
        "subfolder",
        "str",
        None,
        "sub-folder to read, such as data_eval; none: data, else data_dev and data_eval, else "
        "data_example",
        nullable=True,
    ),
)
"""`CUBE_PARAMS` and the further parameters of `neucocore.data.cubes.folder.CubeFolder`."""
