"""Declares no modalities, but can read Sentinel-2 only."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="one-sensor",
            summary="wrong",
            factory="neuco_plugin_one_sensor.plugin:Encoder",
            license="MIT",
            citation="-",
        )
    ]


class Encoder:
    def encode(self, cubes: Any) -> Any:
        import numpy as np

        rows = [cube.arrays["s2l2a"].mean(axis=(2, 3)).ravel() for cube in cubes]
        return np.stack(rows).astype(np.float32)
