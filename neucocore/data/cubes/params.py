"""The parameters that data sets of cubes share, as specs declare them. Imports nothing heavy."""

from __future__ import annotations

from neucocore.components.specs import Param

CUBE_PARAMS: tuple[Param, ...] = (
    Param("modalities", "list", None, "which to read; none: all that are there", nullable=True),
    Param("seasons", "list", None, "names or positions from 0; none: all", nullable=True),
    Param(
        "bands",
        "list",
        None,
        "B04 of every modality that has it, s2l2a:B04 of one; none: all",
        nullable=True,
    ),
    Param(
        "offset",
        "int",
        None,
        "shift Sentinel-2 to carry this digital-number offset; none: as stored",
        choices=(0, 1000),
        nullable=True,
    ),
    Param("keep_nodata", "bool", True, "leave no-data values as they are when shifting"),
    Param(
        "missing_chunks",
        "str",
        "error",
        "what a chunk that is not in its file leads to",
        choices=("error", "warn", "fill"),
    ),
    Param(
        "incomplete",
        "str",
        "error",
        "what an id that lacks a modality leads to: an error, or it is dropped",
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
        "sub-folder to read, such as data_eval; none: data, else data_dev with data_eval, "
        "else data_example",
        nullable=True,
    ),
)
"""`CUBE_PARAMS` and what `neucocore.data.cubes.folder.CubeFolder` takes beside them."""
