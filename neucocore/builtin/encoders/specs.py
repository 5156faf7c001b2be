"""The built-in encoders, described without importing them."""

from __future__ import annotations

from neucocore.components.specs import EncoderSpec, Param

_DIMENSION = Param("dimension", "int", 1024, "length of an embedding")


def encoder_specs() -> list[EncoderSpec]:
    """Return the control encoders, the published mean baseline, and one for any sensor."""
    return [
        EncoderSpec(
            name="random",
            summary="control: normal noise that depends only on the seed and the cube's id",
            factory="neucocore.builtin.encoders.controls:RandomEncoder",
            control=True,
            params=(
                Param(
                    "seed", "int", 42, "random seed; different seeds give independent embeddings"
                ),
                _DIMENSION,
            ),
            license="Apache-2.0",
        ),
        EncoderSpec(
            name="constant",
            summary="control: the same number everywhere, so that all cubes look alike",
            factory="neucocore.builtin.encoders.controls:ConstantEncoder",
            control=True,
            params=(Param("value", "float", 1.0, "number in every dimension"), _DIMENSION),
            license="Apache-2.0",
        ),
        EncoderSpec(
            name="mean",
            summary="2025 challenge baseline: 8 x 8 thumbnails of four band means per season",
            factory="neucocore.builtin.encoders.mean:MeanEncoder",
            params=(
                Param(
                    "keep_nodata",
                    "bool",
                    False,
                    "leave no-data zeros at 0 when the offset +1000 is added; the published "
                    "baseline adds it to them too",
                ),
            ),
            modalities=("s1", "s2l1c", "s2l2a"),
            license="Apache-2.0",
            citation="NeuCo-Bench, baseline_compression_mean.ipynb",
            url="https://github.com/embed2scale/NeuCo-Bench",
        ),
        EncoderSpec(
            name="band-means",
            summary="baseline for any sensor: the mean of every band over all pixels and dates",
            factory="neucocore.builtin.encoders.band_means:BandMeansEncoder",
            params=(
                Param("modalities", "list", None, "modalities to encode; none: all", nullable=True),
            ),
            license="Apache-2.0",
        ),
    ]
