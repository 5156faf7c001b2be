"""Task: share of pixels without data, computed from the cubes."""

from __future__ import annotations

from neucocore.plugin import LabelSource, Param, TaskSpec, hookimpl

NEUCO_API = 1

CUBES = LabelSource(
    name="The cubes themselves (modified Copernicus Sentinel data)",
    license="CC-BY-4.0",
    citation="doi:10.48550/arXiv.2510.17914",
    region="Global",
    years="2018-2024",
    url="https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream",
)


@hookimpl
def neuco_tasks() -> list[TaskSpec]:
    """Return the no-data task."""
    return [
        TaskSpec(
            name="nodata",
            summary="share of pixels without data, mean over the seasons",
            dataset="ssl4eo-s12-downstream",
            other_datasets=("synthetic-earth",),
            problem="regression",
            primary_metric="r2",
            metrics=("rmse", "mae"),
            aliases=("nodata",),
            unit="share",
            low=0.0,
            high=1.0,
            source=CUBES,
            n_labelled=13260,
            license="CC-BY-4.0",
            citation="doi:10.48550/arXiv.2510.17914",
            url="https://huggingface.co/datasets/embed2scale/SSL4EO-S12-downstream",
            exclusions=(
                "A pixel of a season has no data if all bands of the modality (Sentinel-2 L2A by "
                "default) are 0; gaps in the other modalities are not counted."
            ),
            known_issues=(
                "Exact by definition, but most cubes have no gap: their label is zero, and the "
                "variance of the labels comes from few cubes."
            ),
            controls={"random": -0.002, "constant": 0.000, "oracle": 1.000},
            derive="neuco_plugin_nodata.derivation:share",
            derive_params=(Param("modality", "str", "s2l2a", "modality whose gaps are counted"),),
        )
    ]
