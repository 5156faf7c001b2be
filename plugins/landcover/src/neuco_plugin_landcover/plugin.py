"""Tasks: shares of agriculture and of forest from CORINE Land Cover."""

from __future__ import annotations

from neucocore.plugin import LabelSource, Param, TaskSpec, hookimpl

NEUCO_API = 1

CORINE = LabelSource(
    name="CORINE Land Cover 2018, 100 m raster (Copernicus Land Monitoring Service)",
    license="Copernicus data policy: free, full and open access with attribution",
    citation="doi:10.2909/960998c1-1870-4e82-8051-6485205ebbac",
    region="Europe (EEA39)",
    years="2018",
    url="https://land.copernicus.eu/en/products/corine-land-cover/clc2018",
)

DERIVE_PARAMS = (
    Param("cubes", "str", None, "CSV of the cubes' grids, required for a GeoTIFF", nullable=True),
    Param(
        "codes",
        "str",
        "grid",
        "codes in the raster: grid codes 1-44 or three-digit CLC codes",
        choices=("grid", "clc"),
    ),
    Param("minimum", "float", 0.5, "minimum share of pixels that are land with a class"),
)

COMMON = {
    "dataset": "ssl4eo-s12-downstream",
    "other_datasets": ("synthetic-earth",),
    "problem": "regression",
    "primary_metric": "r2",
    "metrics": ("rmse", "mae"),
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "source": CORINE,
    "n_labelled": 4691,
    "license": "CC-BY-4.0",
    "citation": "doi:10.48550/arXiv.2510.17914",
    "url": "https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream",
    "known_issues": (
        "Land cover is mapped in units of at least 25 ha (about 500 x 500 m): smaller patches have "
        "the class of their surroundings, and a cube of 7 km2 contains few units."
    ),
    "derive_params": DERIVE_PARAMS,
}


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    """Return the two land cover tasks."""
    return [
        TaskSpec(
            name="landcover-agriculture",
            summary="share of agriculture in the land area of the cube",
            # The second spelling is that of the published file.
            aliases=("landcover_agriculture", "landcover_aggriculture"),
            exclusions=(
                "Agriculture is CORINE 211-244 (grid codes 12-22), including pastures and "
                "agro-forestry. The share refers to land: sea (523) and no data are left out."
            ),
            controls={"random": 0.000, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_landcover.derivation:agriculture",
            **COMMON,
        ),
        TaskSpec(
            name="landcover-forest",
            summary="share of forest in the land area of the cube",
            aliases=("landcover_forest",),
            exclusions=(
                "Forest is CORINE 311-313 (grid codes 23-25). Transitional woodland-shrub (324) "
                "is not forest. The share refers to land: sea (523) and no data are left out."
            ),
            controls={"random": 0.000, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_landcover.derivation:forest",
            **COMMON,
        ),
    ]
