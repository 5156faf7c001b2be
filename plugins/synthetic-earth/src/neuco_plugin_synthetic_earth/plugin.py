"""A data set that is computed, not downloaded: the synthetic Earth."""

from __future__ import annotations

from neucocore.plugin import BANDS, FOLDER_PARAMS, DatasetSpec, Param, hookimpl

NEUCO_API = 1

SEASONS = ("spring", "summer", "fall", "winter")


@hookimpl
def neuco_datasets() -> list[DatasetSpec]:
    """Return the synthetic Earth."""
    return [
        DatasetSpec(
            name="synthetic-earth",
            summary="A procedural Earth from a seed: cubes of four seasons, labels and their truth",
            factory="neuco_plugin_synthetic_earth.dataset:synthetic_earth",
            params=FOLDER_PARAMS,
            bands=BANDS,
            seasons=len(SEASONS),
            size=64,
            generate="neuco_plugin_synthetic_earth.make:make",
            example="neuco_plugin_synthetic_earth.make:example",
            generate_params=(
                Param(
                    "cubes",
                    "int",
                    500,
                    "number of cubes; more cubes leave the first ones as they are",
                ),
                Param(
                    "size", "int", 64, "pixels along y and x, 10 m each; 264 is SSL4EO-S12's size"
                ),
                Param("seed", "int", 0, "which Earth"),
                Param("jobs", "int", 1, "worker processes; the files do not depend on it"),
            ),
            license="CC0-1.0",
            citation="the neuco developers",
        )
    ]
