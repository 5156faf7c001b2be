"""Tasks: mean and standard deviation of summer surface temperature from Landsat 8."""

from __future__ import annotations

from neucocore.plugin import LabelSource, Param, TaskSpec, hookimpl

NEUCO_API = 1

LANDSAT = LabelSource(
    name="Landsat 8 Collection 2 Level 2 surface temperature, ST_B10 (USGS)",
    license="Public domain (US government work)",
    citation="doi:10.5066/P9OGBGM6",
    region="Cities of the northern hemisphere",
    years="images 2022, temperatures 2021-2024",
    url="https://www.usgs.gov/landsat-missions/landsat-collection-2-surface-temperature",
)

COMMON = {
    "dataset": "ssl4eo-s12-downstream",
    "other_datasets": ("synthetic-earth",),
    "problem": "regression",
    "primary_metric": "r2",
    "metrics": ("rmse", "mae"),
    "unit": "K",
    "low": 0.0,
    "high": None,
    "source": LANDSAT,
    "n_labelled": 1659,
    "license": "CC-BY-4.0",
    "citation": "doi:10.48550/arXiv.2510.17914",
    "url": "https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream",
    "exclusions": (
        "The surface temperature on clear mornings in summer (June to August). It is not the air "
        "temperature, and not the heat-island intensity, which is a difference to the rural "
        "surroundings."
    ),
    "derive_params": (
        Param(
            "cubes", "str", None, "CSV of the cubes' grids, required for GeoTIFFs", nullable=True
        ),
        Param(
            "months", "list", ("6", "7", "8"), "months of the scenes, by the date in the file name"
        ),
        Param("minimum", "float", 0.5, "minimum share of clear pixels"),
    ),
}


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    """Return the two temperature tasks."""
    return [
        TaskSpec(
            name="heatisland-mean",
            summary="mean summer surface temperature of the cube",
            aliases=("heatisland_mean",),
            known_issues=(
                "Measured at 100 m and resampled, with an uncertainty of one to several kelvin "
                "(ST_QA). Depends on the weather of the clear days."
            ),
            controls={"random": -0.008, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_heatisland.derivation:mean",
            **COMMON,
        ),
        TaskSpec(
            name="heatisland-std",
            summary="standard deviation of summer surface temperature within the cube",
            aliases=("heatisland_std",),
            known_issues=(
                "Small compared with the uncertainty of one pixel (one to several kelvin, ST_QA), "
                "and smoothed by the sensor's resolution of 100 m; undetected cloud increases it."
            ),
            controls={"random": 0.015, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_heatisland.derivation:std",
            **COMMON,
        ),
    ]
