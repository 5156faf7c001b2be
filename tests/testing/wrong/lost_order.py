"""Returns the rows in the order of the ids instead of the order of the cubes."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, Param, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="lost-order",
            summary="wrong",
            factory="neuco_plugin_lost_order.plugin:Encoder",
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
        order = sorted(range(len(cubes)), key=lambda row: cubes[row].id)
        return rows[order].astype(np.float32)
