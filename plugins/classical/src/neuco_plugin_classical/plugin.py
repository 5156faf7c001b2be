"""What the plugin offers."""

from __future__ import annotations

from typing import Any

from neucocore.plugin import EncoderSpec, Param, hookimpl

NEUCO_API = 1

_PACKAGE = "neuco_plugin_classical"


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    """Return the classical encoders. For four seasons all stay within 1024 numbers."""
    return [
        _encoder(
            "band-statistics",
            "mean, standard deviation and three quantiles of each band and season",
            "moments:band_statistics",
        ),
        _encoder(
            "band-covariance",
            "means and covariances of the bands over all pixels of all seasons",
            "moments:band_covariance",
        ),
        _encoder(
            "thumbnails",
            "each band and season averaged over a grid of cells",
            "separable:thumbnails",
            Param("side", "int", 3, "cells along each side"),
        ),
        _encoder(
            "thumbnails-pca",
            "principal components of thumbnails, fitted on the encoded cubes",
            "separable:thumbnails",
            Param("side", "int", 16, "cells along each side"),
            fit="transductive",
            reducer="pca",
            dimension=1024,
        ),
        _encoder(
            "cosines",
            "the lowest spatial frequencies of each band and season (DCT)",
            "separable:cosines",
            Param("side", "int", 3, "frequencies along each side"),
        ),
        _encoder(
            "wavelet-energies",
            "how much detail each band and season has at each scale (Haar)",
            "wavelets:wavelet_energies",
            Param("levels", "int", 3, "scales of 2, 4, 8, ... pixels"),
        ),
    ]


def _encoder(name: str, summary: str, factory: str, *params: Param, **more: Any) -> EncoderSpec:
    return EncoderSpec(
        name=name,
        summary=summary,
        factory=f"{_PACKAGE}.{factory}",
        params=params,
        modalities=("s1", "s2l1c", "s2l2a"),
        license="Apache-2.0",
        **more,
    )
