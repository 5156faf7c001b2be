"""Its reducer is fitted on the encoded cubes and declares that it is not."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, ReducerSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(
            name="hidden-fit",
            summary="wrong",
            factory="neuco_plugin_hidden_fit.plugin:Encoder",
            modalities=("s2l2a",),
            reducer="centred",
            license="MIT",
            citation="-",
        )
    ]


class Encoder:
    def encode(self, cubes: Any) -> Any:
        import numpy as np

        rows = [cube.arrays["s2l2a"].mean(axis=(2, 3)).ravel() for cube in cubes]
        return np.stack(rows).astype(np.float32)


@hookimpl
def neuco_reducers() -> list[ReducerSpec]:
    return [
        ReducerSpec(
            name="centred",
            summary="wrong",
            factory="neuco_plugin_hidden_fit.plugin:Centred",
            needs_fit=False,
            license="MIT",
            citation="-",
        )
    ]


class Centred:
    """Subtracts the mean of the rows, and declares that it is not fitted."""

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = dimension

    def fit(self, matrix: Any) -> Any:
        self.mean = matrix.mean(axis=0)
        return self

    def apply(self, matrix: Any) -> Any:
        return (matrix - self.mean)[:, : self.dimension]

    def bytes_per_row(self) -> float:
        return 4.0 * len(self.mean[: self.dimension])

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean}
