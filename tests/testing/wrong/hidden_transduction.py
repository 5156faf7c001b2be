"""Declares fit='none', but subtracts the mean of all cubes that it has encoded so far."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, Param, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="hidden-transduction",
            summary="wrong",
            factory="neuco_plugin_hidden_transduction.plugin:Encoder",
            params=(Param("seed", "int", 1, "seed"),),
            modalities=("s2l2a",),
            license="MIT",
            citation="-",
        )
    ]


class Encoder:
    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.seen: list[Any] = []

    def encode(self, cubes: Any) -> Any:
        import numpy as np

        rows = np.stack([cube.arrays["s2l2a"].mean(axis=(2, 3)).ravel() for cube in cubes])
        self.seen += list(rows)
        return (rows - np.mean(self.seen, axis=0)).astype(np.float32)
