"""Data sets: SSL4EO-S12-downstream, SSL4EO-S12 v1.1, and folders of cubes of any kind."""

from __future__ import annotations

from neuco_plugin_ssl4eo_s12.winners import WINNERS
from neucocore.plugin import (
    BANDS,
    CUBE_PARAMS,
    FOLDER_PARAMS,
    DatasetSpec,
    HubSource,
    Param,
    hookimpl,
)

NEUCO_API = 1


@hookimpl
def neuco_datasets() -> list[DatasetSpec]:
    """Return the three data sets."""
    return [
        DatasetSpec(
            name="ssl4eo-s12-downstream",
            summary="13,260 cubes of four seasons with the labels of the 2025 challenge",
            factory="neuco_plugin_ssl4eo_s12.folders:downstream",
            example="neuco_plugin_ssl4eo_s12.example:downstream",
            params=FOLDER_PARAMS,
            license="CC-BY-4.0",
            citation="arXiv:2510.17914 (NeuCo-Bench)",
            url="https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream",
            bands=BANDS,
            count=13260,
            collections={"winners": WINNERS},
            hub=HubSource(
                repo="embed2scale/SSL4EO-S12-downstream",
                revision="main",
                labels=("labels/*", "*.json", "README.md"),
                example=("data_example/*",),
            ),
        ),
        DatasetSpec(
            name="ssl4eo-s12-pretraining",
            summary="SSL4EO-S12 v1.1: 246,144 locations, four seasons, 64 samples per file",
            factory="neuco_plugin_ssl4eo_s12.pretraining:Pretraining",
            example="neuco_plugin_ssl4eo_s12.example:pretraining",
            params=(
                *CUBE_PARAMS,
                Param("split", "str", "train", "split to read", choices=("train", "val")),
            ),
            license="CC-BY-4.0",
            citation="arXiv:2503.00168 (SSL4EO-S12 v1.1)",
            url="https://huggingface.co/datasets/embed2scale/SSL4EO-S12-v1.1-Zarr",
            bands=BANDS,
            count=246144,
            hub=HubSource(
                repo="embed2scale/SSL4EO-S12-v1.1-Zarr",
                revision="main",
                labels=("*.md", "*.json"),
                example=("val/*/ssl4eos12_val_seasonal_data_000001.zarr.zip",),
            ),
        ),
        DatasetSpec(
            name="folder",
            summary="your own cubes, in the layout of ssl4eo-s12-downstream, any size and bands",
            factory="neuco_plugin_ssl4eo_s12.folders:own",
            example="neuco_plugin_ssl4eo_s12.example:downstream",
            params=(
                *FOLDER_PARAMS,
                Param(
                    "stored_offset",
                    "int",
                    0,
                    "digital-number offset of the Sentinel-2 files; none: unknown",
                    choices=(0, 1000),
                    nullable=True,
                ),
                Param(
                    "sentinel2",
                    "list",
                    None,
                    "modalities that hold Sentinel-2 digital numbers; none: those with integer "
                    "values and bands named as in Sentinel-2",
                    nullable=True,
                ),
                Param(
                    "nodata",
                    "float",
                    None,
                    "value of no data, which replaces the no-data values that files declare; "
                    "none: 0 in Sentinel-2 files, an error in others",
                    nullable=True,
                ),
            ),
        ),
    ]
