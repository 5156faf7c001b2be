"""The challenge entry temporal-mosaiks, and a variant that is fitted on training cubes."""

from __future__ import annotations

from neucocore.plugin import EncoderSpec, Param, hookimpl

NEUCO_API = 1


_PARAMS = (
    Param("features", "int", 4096, "number of features before the reduction, even"),
    Param("kernel", "int", 3, "pixels along y and x of a convolution kernel"),
    Param("bias", "float", -1.0, "added to every convolution before the rectification"),
    Param(
        "mode",
        "str",
        "empirical",
        "kernels are whitened patches of cubes, or normal noise",
        choices=("empirical", "gaussian"),
    ),
    Param("seed", "int", 10012023, "random seed of kernels and patches"),
    Param(
        "stride", "int", 1, "evaluate every n-th row and column; values above 1 are approximations"
    ),
    Param("modalities", "list", None, "modalities to encode; none: all", nullable=True),
    Param(
        "dates",
        "str",
        "each",
        "mean of the features of each date, or features of the images averaged over the dates",
        choices=("each", "mean"),
    ),
)
_CITATION = (
    "Rolf et al. 2021, A generalizable and accessible approach to machine learning with global "
    "satellite imagery; entry of the AI4G intern squad to the 2025 CVPR EarthVision data challenge"
)
_URL = "https://doi.org/10.1038/s41467-021-24638-z"


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    """Return the published encoder, and its variant that is fitted on training cubes."""
    return [
        EncoderSpec(
            name="temporal-mosaiks",
            summary="random convolutional features, mean over dates, PCA on the encoded cubes",
            factory="neuco_plugin_temporal_mosaiks.encoder:TemporalMosaiks",
            params=_PARAMS,
            fit="transductive",
            reducer="pca",
            dimension=1024,
            license="Apache-2.0",
            citation=_CITATION,
            url=_URL,
        ),
        EncoderSpec(
            name="temporal-mosaiks-train",
            summary="temporal-mosaiks with patches and PCA from training cubes",
            factory="neuco_plugin_temporal_mosaiks.trained:TrainedTemporalMosaiks",
            params=(
                *_PARAMS,
                Param("dimension", "int", 1024, "maximum number of dimensions of the PCA"),
            ),
            fit="train",
            license="Apache-2.0",
            citation=_CITATION,
            url=_URL,
        ),
    ]
