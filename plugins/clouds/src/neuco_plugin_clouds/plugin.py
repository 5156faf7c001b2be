"""Task: mean cloud cover over the seasons from CloudSEN12 labels."""

from __future__ import annotations

from neucocore.plugin import LabelSource, Param, TaskSpec, hookimpl

NEUCO_API = 1

CLOUDSEN12 = LabelSource(
    name="CloudSEN12 expert labels of cloud and cloud shadow",
    license="CC-BY-NC-4.0 (version 1), CC0-1.0 (CloudSEN12+)",
    citation="doi:10.1038/s41597-022-01878-2",
    region="Global land without Antarctica",
    years="2018-2020",
    url="https://cloudsen12.github.io",
)


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    """Return the cloud task."""
    return [
        TaskSpec(
            name="clouds-cover",
            summary="mean cloud cover over the four seasons",
            dataset="ssl4eo-s12-downstream",
            other_datasets=("synthetic-earth",),
            problem="regression",
            primary_metric="r2",
            metrics=("rmse", "mae"),
            aliases=("clouds_reg",),
            unit="percent",
            low=0.0,
            high=100.0,
            source=CLOUDSEN12,
            n_labelled=1140,
            license="CC-BY-4.0",
            citation="doi:10.48550/arXiv.2510.17914",
            url="https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream",
            exclusions=(
                "Thick (1) and thin (2) cloud count; cloud shadow (3) does not. The mean over the "
                "seasons does not distinguish two overcast seasons from four half-cloudy ones."
            ),
            known_issues=(
                "Thin cloud is delineated by eye and experts disagree on it; padding of a label "
                "raster looks like clear sky."
            ),
            controls={"random": 0.000, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_clouds.derivation:cover",
            derive_params=(
                Param("cubes", "str", None, "CSV of the cubes' grids", nullable=True),
                Param("seasons", "int", 4, "number of seasons that must be labelled"),
                Param(
                    "labels",
                    "str",
                    "classes",
                    "codes in the rasters: classes 0-3 or scribbles 0-6",
                    choices=("classes", "scribble"),
                ),
                Param(
                    "padding", "list", (), "width of the padding in pixels: top,bottom,left,right"
                ),
            ),
        )
    ]
