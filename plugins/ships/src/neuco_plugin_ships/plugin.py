"""Tasks and a data set: position and detection of ships in radar images."""

from __future__ import annotations

from neucocore.plugin import (
    FOLDER_PARAMS,
    DatasetSpec,
    LabelSource,
    MetricSpec,
    Param,
    TaskSpec,
    hookimpl,
)

NEUCO_API = 1

HUB = "https://huggingface.co/datasets/embed2scale/S1-single-ship-downstream"

AIS = LabelSource(
    name="AIS vessel positions (NOAA MarineCadastre)",
    license="Public domain (US government work)",
    citation=(
        "@misc{marinecadastre, author={{BOEM and NOAA}}, "
        "title={{MarineCadastre.gov: AIS vessel traffic data}}, "
        "url={https://hub.marinecadastre.gov/pages/vesseltraffic}}"
    ),
    region="US coast",
    years="2020-2024",
    url="https://hub.marinecadastre.gov/pages/vesseltraffic",
)

COMMON = {
    "dataset": "ships",
    "other_datasets": ("synthetic-earth",),
    "source": AIS,
    "n_labelled": 3999,
    "license": "CC-BY-4.0",
    "citation": "doi:10.48550/arXiv.2510.17914",
    "url": HUB,
    "derive_params": (
        Param(
            "cubes",
            "str",
            None,
            "CSV of the cubes' grids and times, required for AIS",
            nullable=True,
        ),
        Param("date", "int", 0, "which acquisition time of a cube, counted from 0"),
        Param("window", "float", 10.0, "maximum gap in minutes between AIS fix and acquisition"),
        Param("displacement", "bool", True, "shift moving ships in azimuth, as in the radar image"),
        Param("incidence", "float", 39.0, "incidence angle in degrees"),
        Param(
            "range_over_speed", "float", 110.0, "slant range divided by platform speed, in seconds"
        ),
    ),
}


@hookimpl
def neuco_datasets() -> list[DatasetSpec]:
    """Return the data set of coastal radar scenes."""
    return [
        DatasetSpec(
            name="ships",
            summary="Sentinel-1 scenes at US ports with labels from AIS",
            factory="neuco_plugin_ships.dataset:ships",
            params=(
                *FOLDER_PARAMS,
                Param(
                    "layout",
                    "str",
                    "cubes",
                    "file format of the scenes: cube files, or GeoTIFFs with vv and vh",
                    choices=("cubes", "geotiff"),
                ),
            ),
            bands={"s1": ("vv", "vh")},
            seasons=1,
            size=264,
            count=3999,
            example="neuco_plugin_ships.example:write",
            license="CC-BY-4.0",
            citation="doi:10.48550/arXiv.2510.17914",
            url=HUB,
        )
    ]


@hookimpl
def neuco_metrics() -> list[MetricSpec]:
    """Return the distance in metres, for positions in pixels of 10 m."""
    return [
        MetricSpec(
            name="ship-distance-metres",
            summary="mean distance between true and predicted position, in metres (10 m pixels)",
            factory="neuco_plugin_ships.metric:distance_metres",
            problems=("regression",),
            greater_is_better=False,
            low=0.0,
            undefined="no rows",
            multioutput=True,
            chance="neuco_plugin_ships.metric:chance",
            influence="neuco_plugin_ships.metric:influence",
            license="Apache-2.0",
            citation="the neuco developers",
        )
    ]


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    """Return the position and the detection task."""
    return [
        TaskSpec(
            name="ships-position",
            summary="row and column of the ship's centroid, in pixels",
            problem="regression",
            primary_metric="r2",
            metrics=("mean-distance", "ship-distance-metres", "rmse"),
            aliases=("ships_position",),
            outputs=("row", "col"),
            unit="pixel",
            low=-0.5,
            high=263.5,
            exclusions=(
                "Scenes without a ship or with several ships (the public collection of single "
                "ships has about 2,010); vessels that do not transmit AIS."
            ),
            known_issues=(
                "A moving ship appears displaced in azimuth by about 110 s times its line-of-sight "
                "speed: 500 m at 5 m/s. The AIS antenna is not at the centroid of the ship."
            ),
            controls={"random": -0.030, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_ships.derivation:position",
            **COMMON,
        ),
        TaskSpec(
            name="ships-detection",
            summary="whether there is a vessel in the scene",
            problem="binary",
            primary_metric="average-precision",
            metrics=("balanced-accuracy", "f1"),
            aliases=("ships_detection",),
            unit="class",
            low=0.0,
            high=1.0,
            exclusions=(
                "Vessels that do not transmit AIS: small boats, and ships that switched it off."
            ),
            known_issues=(
                "A vessel without AIS gives a false negative label; a vessel displaced across the "
                "edge of the scene gives a false positive or negative one."
            ),
            controls={"random": 0.545, "constant": 0.607, "oracle": 1.000},
            derive="neuco_plugin_ships.derivation:detection",
            **COMMON,
        ),
    ]
