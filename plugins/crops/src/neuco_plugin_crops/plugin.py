"""Task: share of corn and soybean from the Cropland Data Layer."""

from __future__ import annotations

from neucocore.plugin import LabelSource, Param, TaskSpec, hookimpl

NEUCO_API = 1

CDL = LabelSource(
    name="Cropland Data Layer 2022, 30 m (USDA National Agricultural Statistics Service)",
    license="Public domain (US government work)",
    citation="doi:10.1080/10106049.2011.562309",
    region="US Corn Belt",
    years="2022",
    url="https://www.nass.usda.gov/Research_and_Science/Cropland/SARS1a.php",
)


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    """Return the crop task."""
    return [
        TaskSpec(
            name="crops-corn-soybean",
            summary="share of the cube where corn or soybean grows",
            dataset="ssl4eo-s12-downstream",
            other_datasets=("synthetic-earth",),
            problem="regression",
            primary_metric="r2",
            metrics=("rmse", "mae"),
            aliases=("crops",),
            unit="share",
            low=0.0,
            high=1.0,
            source=CDL,
            n_labelled=3355,
            license="CC-BY-4.0",
            citation="doi:10.48550/arXiv.2510.17914",
            url="https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream",
            exclusions=(
                "Corn is code 1, soybean 5; double crops with either count, sweet corn and pop "
                "corn do not. The share refers to all pixels with a class: 0 and 81 are left out."
            ),
            known_issues=(
                "The source is itself a classification of satellite images: about one in twenty "
                "corn and soybean pixels is wrong, mostly along field edges and in small fields."
            ),
            controls={"random": -0.006, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_crops.derivation:corn_and_soybean",
            derive_params=(
                Param(
                    "cubes",
                    "str",
                    None,
                    "CSV of the cubes' grids, required for a GeoTIFF",
                    nullable=True,
                ),
                Param("double_crops", "bool", True, "count double crops with corn or soybean"),
                Param("specialty", "bool", False, "count sweet corn (12) and pop corn (13)"),
                Param("minimum", "float", 0.5, "minimum share of pixels with a class"),
            ),
        )
    ]
