"""Data sets: SSL4EO-S12-downstream, SSL4EO-S12 v1.1, and folders of cubes of any kind."""

from __future__ import annotations

from neuco_plugin_ssl4eo_s12.winners import WINNERS
from neucocore.plugin import (
    BANDS,
    CUBE_PARAMS,
    FOLDER_PARAMS,
    DatasetSpec,
    HubSource,
    IdSet,
    Param,
    SuiteSpec,
    SuiteTask,
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
                Param(
                    "scale",
                    "list",
                    (),
                    "NUMBER or MODALITY:NUMBER, what values are divided by to be of order one; "
                    "others: 10 for s1 in dB, 10,000 for integers (255 for bytes), 1",
                ),
            ),
        ),
    ]


@hookimpl
def neuco_suites() -> list[SuiteSpec]:
    """Return the suite of the published labels, without the control tasks.

    No digests of the published label files are recorded, so only their numbers of rows are
    checked. The cubes have no coordinates, so a split by location is not possible.
    """
    return [
        SuiteSpec(
            name="ssl4eo-downstream",
            summary="the nine tasks with published labels of SSL4EO-S12-downstream, random split",
            dataset="ssl4eo-s12-downstream",
            tasks=(
                SuiteTask("biomass-mean@1", rows=2415),
                SuiteTask("biomass-std@1", rows=2415),
                SuiteTask("clouds-cover@1", rows=1140),
                SuiteTask("crops-corn-soybean@1", rows=3355),
                SuiteTask("heatisland-mean@1", rows=1659),
                SuiteTask("heatisland-std@1", rows=1659),
                SuiteTask("landcover-agriculture@1", rows=4691),
                SuiteTask("landcover-forest@1", rows=4691),
                SuiteTask("nodata@1", rows=13260),
            ),
            ids=IdSet(count=13260),
            split="random",
            protocol="nested-cv@1",
            aggregate="skill",
            license="CC-BY-4.0",
            citation="doi:10.48550/arXiv.2510.17914",
            url="https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream",
        )
    ]
