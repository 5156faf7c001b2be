"""Seeds the global random number generator and draws from it."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, Param, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="global-seed",
            summary="wrong",
            factory="neuco_plugin_global_seed.plugin:Encoder",
            params=(Param("seed", "int", 1, "seed"),),
            modalities=("s2l2a",),
            license="MIT",
            citation="-",
        )
    ]


class Encoder:
    def __init__(self, seed: int = 1) -> None:
        self.seed = seed

    def encode(self, cubes: Any) -> Any:
        import numpy as np

        rows = np.stack([cube.arrays["s2l2a"].mean(axis=(2, 3)).ravel() for cube in cubes])
        np.random.seed(self.seed)  # noqa: NPY002
        directions = np.random.normal(size=(rows.shape[1], 8))  # noqa: NPY002
        return (rows @ directions).astype(np.float32)
