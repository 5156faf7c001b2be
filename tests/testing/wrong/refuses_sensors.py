"""Declares no modalities, but refuses cubes of other sensors."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import DataError, EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="refuses-sensors",
            summary="wrong",
            factory="neuco_plugin_refuses_sensors.plugin:Encoder",
            license="MIT",
            citation="-",
        )
    ]


class Encoder:
    def encode(self, cubes: Any) -> Any:
        import numpy as np

        for cube in cubes:
            if "s2l2a" not in cube.arrays:
                raise DataError(f"cube {cube.id} has no s2l2a")
        rows = [cube.arrays["s2l2a"].mean(axis=(0, 2, 3)) for cube in cubes]
        return np.stack(rows).astype(np.float32)
