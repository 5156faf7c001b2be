"""Tasks: mean and standard deviation of above-ground biomass from GEDI L4A."""

from __future__ import annotations

from neucocore.plugin import LabelSource, Param, TaskSpec, hookimpl

NEUCO_API = 1

GEDI = LabelSource(
    name="GEDI L4A footprint-level above-ground biomass density, version 2.1 (NASA, ORNL DAAC)",
    license="NASA open data: no restriction, citation asked for",
    citation="doi:10.3334/ORNLDAAC/2056",
    region="Global land within about 51.6 degrees of latitude",
    years="2019",
    url="https://daac.ornl.gov/cgi-bin/dsviewer.pl?ds_id=2056",
)


def derive_params(minimum: int) -> tuple[Param, ...]:
    """Return the parameters of a derivation that needs `minimum` footprints per cube."""
    return (
        Param("cubes", "str", None, "CSV of the cubes' grids, required for HDF5", nullable=True),
        Param("year", "int", 2019, "year of the footprints; none: all years", nullable=True),
        Param("sensitivity", "float", 0.95, "minimum beam sensitivity of a footprint"),
        Param("minimum", "int", minimum, "minimum number of good footprints per cube"),
    )


COMMON = {
    "dataset": "ssl4eo-s12-downstream",
    "other_datasets": ("synthetic-earth",),
    "problem": "regression",
    "primary_metric": "r2",
    "metrics": ("rmse", "mae"),
    "unit": "Mg/ha",
    "low": 0.0,
    "high": None,
    "source": GEDI,
    "n_labelled": 2415,
    "license": "CC-BY-4.0",
    "citation": "doi:10.48550/arXiv.2510.17914",
    "url": "https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream",
    "exclusions": (
        "Below-ground biomass; land beyond about 51.6 degrees of latitude and so boreal forest; "
        "footprints with an l4_quality_flag other than 1, a degrade_flag other than 0 or a low "
        "sensitivity."
    ),
    "derive_params": derive_params(10),
}


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    """Return the two biomass tasks."""
    return [
        TaskSpec(
            name="biomass-mean",
            summary="mean above-ground biomass density of the footprints in the cube",
            aliases=("biomass_mean",),
            known_issues=(
                "The standard error of a footprint (25 m) is often more than half its value. "
                "Footprints lie along tracks: they sample the cube and do not cover it."
            ),
            controls={"random": -0.002, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_biomass.derivation:mean",
            **COMMON,
        ),
        TaskSpec(
            name="biomass-std",
            summary="standard deviation of above-ground biomass density in the cube",
            aliases=("biomass_std",),
            known_issues=(
                "Includes the spread of the footprints' errors in addition to that of the forest, "
                "is uncertain with few footprints, and increases with the mean."
            ),
            controls={"random": 0.000, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_biomass.derivation:std",
            **(COMMON | {"derive_params": derive_params(20)}),
        ),
    ]
