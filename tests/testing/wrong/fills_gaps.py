"""Replaces zeros by the mean of the band, in the array of the cube."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="fills-gaps",
            summary="wrong",
            factory="neuco_plugin_fills_gaps.plugin:Encoder",
            modalities=("s2l2a",),
            license="MIT",
            citation="-",
        )
    ]


class Encoder:
    def encode(self, cubes: Any) -> Any:
        import numpy as np

        for cube in cubes:
            values = cube.arrays["s2l2a"]
            values[values == 0] = 1000
        rows = [cube.arrays["s2l2a"].mean(axis=(2, 3)).ravel() for cube in cubes]
        return np.stack(rows).astype(np.float32)
