"""Reads Sentinel-1 in addition to the modality that it declares."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="undeclared-modality",
            summary="wrong",
            factory="neuco_plugin_undeclared_modality.plugin:Encoder",
            modalities=("s2l2a",),
            license="MIT",
            citation="-",
        )
    ]


class Encoder:
    def encode(self, cubes: Any) -> Any:
        import numpy as np

        rows = [
            np.append(c.arrays["s2l2a"].mean(axis=(2, 3)), c.arrays["s1"].mean()) for c in cubes
        ]
        return np.stack(rows).astype(np.float32)
