"""An encoder of your own in one file: encode, score, and compare with a built-in encoder.

neuco data generate synthetic-earth -o earth --set cubes=200 --set size=32
neuco --plugin-path my_encoder.py encode percentiles --dataset synthetic-earth --data earth -o percentiles.parquet
neuco evaluate percentiles.parquet --labels earth/labels -o results
"""

import numpy as np

from neucocore.plugin import NEUCO_API, EncoderSpec, hookimpl  # noqa: F401  NEUCO_API marks a plugin


class Percentiles:
    """Deciles of every band over all pixels and dates."""

    def encode(self, cubes):
        return np.stack([self._one(cube) for cube in cubes])

    def _one(self, cube):
        parts = [
            np.percentile(cube.arrays[name], range(0, 101, 10), axis=(0, 2, 3)).ravel()
            for name in sorted(cube.arrays)
        ]
        return np.concatenate(parts).astype("float32")


@hookimpl
def neuco_encoders():
    return [
        EncoderSpec(
            name="percentiles", summary="deciles of every band", factory=Percentiles, fit="none"
        )
    ]
