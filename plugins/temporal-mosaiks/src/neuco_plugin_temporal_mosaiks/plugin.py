"""What the plugin offers."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, Param, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    """Return the encoder."""
    return [
        EncoderSpec(
            name="temporal-mosaiks",
            summary="random convolutional features, averaged over the seasons, reduced by PCA",
            factory="neuco_plugin_temporal_mosaiks.encoder:TemporalMosaiks",
            params=(
                Param("features", "int", 4096, "features before the reduction, an even number"),
                Param("kernel", "int", 3, "pixels along each side of a convolution kernel"),
                Param("bias", "float", -1.0, "added to every convolution before the rectifier"),
                Param(
                    "mode",
                    "str",
                    "empirical",
                    "kernels: whitened patches of the cubes, or normal noise",
                    choices=("empirical", "gaussian"),
                ),
                Param("seed", "int", 10012023, "seed of kernels and patches"),
                Param("stride", "int", 1, "evaluate every n-th row and column: an approximation"),
                Param(
                    "fit",
                    "str",
                    "transductive",
                    "patches and PCA from the encoded cubes (as published) or from training cubes",
                    choices=("transductive", "train"),
                ),
            ),
            fit="transductive",
            reducer="pca",
            dimension=1024,
            modalities=("s1", "s2l1c", "s2l2a"),
            license="Apache-2.0",
            citation=(
                "Rolf et al. 2021, A generalizable and accessible approach to machine learning "
                "with global satellite imagery; entry of the AI4G intern squad to the 2025 CVPR "
                "EarthVision data challenge"
            ),
            url="https://doi.org/10.1038/s41467-021-24638-z",
        )
    ]
