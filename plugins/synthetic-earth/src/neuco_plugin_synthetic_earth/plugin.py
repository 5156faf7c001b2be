"""The synthetic Earth: a data set that is generated, not downloaded."""

from __future__ import annotations

from neucocore.plugin import (
    BANDS,
    FOLDER_PARAMS,
    DatasetSpec,
    IdSet,
    Param,
    SuiteSpec,
    SuiteTask,
    hookimpl,
)

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


@hookimpl
def neuco_suites() -> list[SuiteSpec]:
    """Return the suite of the synthetic Earth that is generated with the default parameters.

    Labels of biomass and of temperature differ in their last digits between processors (measured:
    with AVX-512, AVX2 and SSE4 instructions), so only their rows are checked. Controls are not part
    of the suite, because no method should get a better mean by their scores.
    """
    return [
        SuiteSpec(
            name="synthetic-earth",
            summary="eleven tasks of a generated Earth: 500 cubes, whole places held out",
            dataset="synthetic-earth",
            tasks=(
                SuiteTask("biomass-mean@1", rows=348),
                SuiteTask("biomass-std@1", rows=338),
                SuiteTask(
                    "clouds-cover@1",
                    labels="5f9ca69461d64fb89079ea5e2ed19e5b82d3a3ee4fd00ff4dc06e76e8ab4bbd0",
                    rows=500,
                ),
                SuiteTask(
                    "crops-corn-soybean@1",
                    labels="2158302beb0756485053f986238fc144a9f77215602cd9bf3901d5fb789b19e9",
                    rows=356,
                ),
                SuiteTask("heatisland-mean@1", rows=140),
                SuiteTask("heatisland-std@1", rows=140),
                SuiteTask(
                    "landcover-agriculture@1",
                    labels="6c9593017c60f636a90bbb4555ffeed0f0e80205dfff1e282a3c654add90bf7c",
                    rows=416,
                ),
                SuiteTask(
                    "landcover-forest@1",
                    labels="584c70abb3b8a8d47e8848a439eab264aeae4fb783e9fb8b1aa9ec52f3189e27",
                    rows=416,
                ),
                SuiteTask(
                    "nodata@1",
                    labels="f5befb65795fb8b298a00358d02c61ca8cc683d6bb6e8c7f64d9df3ea6d3966a",
                    rows=500,
                ),
                SuiteTask(
                    "ships-detection@1",
                    labels="e87228ecfd30ec1e0d9409592f34de4264d27e7777158f0fcb10c2af441fd27a",
                    rows=112,
                ),
                SuiteTask(
                    "ships-position@1",
                    labels="2fde0696297f36f640bf08e891dc6115c3d8e5834445098da8798fd5623cb22d",
                    rows=55,
                ),
            ),
            ids=IdSet(
                count=500,
                sha256="6a1fa77b61ca32e0fa89c35442c9049ee4903b40ad6ea74c5e646ff74afc8f18",
                groups="d93713b3a22925ef670b498c94213e3b49943621a752e158504f97385d385de6",
            ),
            split="group:locations.csv:place",
            protocol="nested-cv@1",
            aggregate="skill",
            license="CC0-1.0",
            citation="neuco, https://github.com/neuco-bench/neuco",
            url="https://github.com/neuco-bench/neuco",
        )
    ]
