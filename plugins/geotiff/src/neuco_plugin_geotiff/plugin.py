"""The data set ``geotiff``: a folder of GeoTIFFs in one of several layouts."""

from __future__ import annotations

from neucocore.plugin import CUBE_PARAMS, DatasetSpec, Param, hookimpl

NEUCO_API = 1

# GeoTIFFs have no chunks that may be absent; --subset selects by labels for every data set.
_NOT_OF_GEOTIFFS = ("missing_chunks", "subset")


@hookimpl
def neuco_datasets() -> list[DatasetSpec]:
    """Return the data set."""
    return [
        DatasetSpec(
            name="geotiff",
            summary="your own GeoTIFFs of any sensor: a file per id, date or band, or stacks",
            license="Apache-2.0",
            citation="neuco, https://github.com/neuco-bench/neuco",
            factory="neuco_plugin_geotiff.dataset:GeoTiffFolder",
            example="neuco_plugin_geotiff.example:write",
            files=("*.tif", "*.tiff"),
            params=(
                *(param for param in CUBE_PARAMS if param.name not in _NOT_OF_GEOTIFFS),
                Param(
                    "pattern",
                    "str",
                    None,
                    "paths of the files, such as {id}/{date}_{band}.tif, with * for any text; "
                    "none: as detected",
                    nullable=True,
                ),
                Param(
                    "band_names",
                    "list",
                    None,
                    "names of the bands in stored order; none: descriptions in the files, else "
                    "bands.csv, else band1, band2, ...",
                    nullable=True,
                ),
                Param(
                    "dates",
                    "list",
                    None,
                    "dates of stacks, or how many dates a stack has; none: dates in the "
                    "descriptions of its bands",
                    nullable=True,
                ),
                Param(
                    "stack_order",
                    "str",
                    "dates",
                    "stacks store date after date with all bands each, or band after band",
                    choices=("dates", "bands"),
                ),
                Param(
                    "nodata",
                    "float",
                    None,
                    "value of no data, in addition to what the files declare",
                    nullable=True,
                ),
                Param(
                    "scale",
                    "list",
                    (),
                    "NUMBER or MODALITY:NUMBER, what the values are divided by to be of order one; "
                    "empty: 255 for bytes, 10,000 for other integers, 1 for decimals",
                ),
                Param(
                    "stored_offset",
                    "int",
                    0,
                    "digital-number offset of integers with the bands of Sentinel-2",
                    choices=(0, 1000),
                ),
            ),
        )
    ]
