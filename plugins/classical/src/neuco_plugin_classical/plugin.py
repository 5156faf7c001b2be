"""Encoders from classical image processing."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, Param, hookimpl

NEUCO_API = 1

_PACKAGE = "neuco_plugin_classical"
_SELECTION = (
    Param("modalities", "list", None, "modalities to encode; none: all", nullable=True),
    Param(
        "dates",
        "str",
        "each",
        "encode each date, of which all cubes need the same number, or the mean over the dates",
        choices=("each", "mean"),
    ),
)


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    """Return the classical encoders, which take cubes of any sensor.

    For the 27 bands of s1, s2l1c and s2l2a in four seasons all have at most 1024 dimensions.
    """
    return [
        _encoder(
            "band-statistics",
            "mean, standard deviation and three quantiles of each band and date",
            "moments:band_statistics",
        ),
        _encoder(
            "band-covariance",
            "means and covariances of the bands over all pixels of all dates",
            "moments:band_covariance",
        ),
        _encoder(
            "thumbnails",
            "mean of each band and date in a grid of cells",
            "separable:thumbnails",
            Param("side", "int", 3, "number of cells along y and x"),
        ),
        _encoder(
            "thumbnails-pca",
            "principal components of thumbnails, fitted on the encoded cubes",
            "separable:thumbnails",
            Param("side", "int", 16, "number of cells along y and x"),
            fit="transductive",
            reducer="pca",
            dimension=1024,
        ),
        _encoder(
            "cosines",
            "lowest spatial frequencies of each band and date (discrete cosine transform)",
            "separable:cosines",
            Param("side", "int", 3, "number of frequencies along y and x"),
        ),
        _encoder(
            "wavelet-energies",
            "log energy of the Haar wavelet details of each band and date at each scale",
            "wavelets:wavelet_energies",
            Param("levels", "int", 3, "number of scales: 2, 4, 8, ... pixels"),
        ),
    ]


def _encoder(name: str, summary: str, factory: str, *params: Param, **more: Any) -> EncoderSpec:
    return EncoderSpec(
        name=name,
        summary=summary,
        factory=f"{_PACKAGE}.{factory}",
        params=(*params, *_SELECTION),
        license="Apache-2.0",
        **more,
    )
