"""Declares fit=none, although its reducer is fitted on the encoded cubes."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="reducer-not-counted",
            summary="wrong",
            factory="neuco_plugin_reducer_not_counted.plugin:Encoder",
            modalities=("s2l2a",),
            reducer="pca",
            license="MIT",
            citation="-",
        )
    ]


class Encoder:
    def encode(self, cubes: Any) -> Any:
        import numpy as np

        rows = [cube.arrays["s2l2a"].mean(axis=(2, 3)).ravel() for cube in cubes]
        return np.stack(rows).astype(np.float32)
