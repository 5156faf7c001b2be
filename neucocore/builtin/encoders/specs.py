"""The built-in encoders, described without importing them."""

from __future__ import annotations

from neucocore.components.specs import EncoderSpec, Param

_DIMENSION = Param("dimension", "int", 1024, "length of an embedding")


def encoder_specs() -> list[EncoderSpec]:
    """Return the control encoders and the published mean baseline."""
    return [
        EncoderSpec(
            name="random",
            summary="noise from the seed and the cube's id: the control that knows nothing",
            factory="neucocore.builtin.encoders.controls:RandomEncoder",
            params=(
                Param("seed", "int", 42, "another seed gives other, independent rows"),
                _DIMENSION,
            ),
            license="Apache-2.0",
        ),
        EncoderSpec(
            name="constant",
            summary="the same number everywhere: the control that cannot tell cubes apart",
            factory="neucocore.builtin.encoders.controls:ConstantEncoder",
            params=(Param("value", "float", 1.0, "the number"), _DIMENSION),
            license="Apache-2.0",
        ),
        EncoderSpec(
            name="mean",
            summary="the challenge's baseline: four 8 x 8 thumbnails of averaged bands per season",
            factory="neucocore.builtin.encoders.mean:MeanEncoder",
            params=(
                Param(
                    "keep_nodata",
                    "bool",
                    False,
                    "leave no-data zeros at 0 when +1000 is added (as published they are lifted)",
                ),
            ),
            modalities=("s1", "s2l1c", "s2l2a"),
            license="Apache-2.0",
            citation="NeuCo-Bench, baseline_compression_mean.ipynb",
            url="https://github.com/embed2scale/NeuCo-Bench",
        ),
    ]
