"""The synthetic Earth: a data set that is generated, not downloaded."""

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
            summary="a procedural Earth from a seed: cubes of four seasons, labels and truth",
            factory="neuco_plugin_synthetic_earth.dataset:synthetic_earth",
            params=FOLDER_PARAMS,
            bands=BANDS,
            seasons=len(SEASONS),
            size=64,
            generate="neuco_plugin_synthetic_earth.generate:generate",
            example="neuco_plugin_synthetic_earth.generate:example",
            generate_params=(
                Param(
                    "cubes",
                    "int",
                    500,
                    "number of cubes; the first cubes are the same for every number",
                ),
                Param("size", "int", 64, "pixels of 10 m along y and x; SSL4EO-S12 has 264"),
                Param("seed", "int", 0, "random seed"),
                Param(
                    "jobs", "int", 1, "number of worker processes; the files do not depend on it"
                ),
            ),
            license="CC0-1.0",
            citation="the neuco developers",
        )
    ]
