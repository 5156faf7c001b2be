"""Random generators for a purpose, and spatially correlated random fields."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return a generator that depends only on the seed and the purpose.

    Every place and cube has generators of its own, so that a cube does not depend on the number of
    cubes or the order of the work.
    """
    text = "/".join(("synthetic-earth", str(seed), *map(str, purpose)))
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.Generator(np.random.PCG64DXSM(int.from_bytes(digest[:16], "little")))


def smooth(rng: np.random.Generator, shape: tuple[int, int], length: float) -> Field:
    """Return a Gaussian random field of unit variance, blurred by `length` pixels.

    Pixels further apart than about three times `length` are uncorrelated.
    """
    return _shaped_noise(rng, shape, _gaussian(shape, length))


def fractal(
    rng: np.random.Generator,
    shape: tuple[int, int],
    longest: float,
    exponent: float = 3.0,
    *,
    angle: float = 0.0,
    stretch: float = 1.0,
) -> Field:
    """Return a Gaussian random field of unit variance with a power spectrum of f**-exponent.

    Parameters
    ----------
    longest
        Wavelength in pixels above which the power is constant.
    exponent
        Exponent of the power spectrum: 2 is rough, 4 is smooth.
    angle, stretch
        Features are `stretch` times longer in the direction `angle` (radians from the x axis).
    """
    spectrum = _power_law(shape, longest, exponent, round(angle, 3), round(stretch, 3))
    return _shaped_noise(rng, shape, spectrum)


def blurred(values: Field, length: float) -> Field:
    """Return `values` blurred by a Gaussian of standard deviation `length` pixels; periodic."""
    transfer = _kernel(values.shape, length)
    spectrum = np.fft.rfft2(values) * transfer
    return np.fft.irfft2(spectrum, s=values.shape).astype(np.float32)


def spread(values: Field, share: float) -> Field:
    """Move `share` of every pixel to each neighbour along y, then along x; (..., y, x)."""
    rows = np.concatenate([values[..., :1, :], values, values[..., -1:, :]], axis=-2)
    values = share * (rows[..., :-2, :] + rows[..., 2:, :]) + (1.0 - 2.0 * share) * values
    cols = np.concatenate([values[..., :1], values, values[..., -1:]], axis=-1)
    mixed = share * (cols[..., :-2] + cols[..., 2:]) + (1.0 - 2.0 * share) * values
    return mixed.astype(np.float32, copy=False)


def logistic(values: NDArray[np.floating] | float) -> NDArray[np.float32]:
    """Return 1 / (1 + exp(-values)) without overflow."""
    return (0.5 * (1.0 + np.tanh(0.5 * np.asarray(values)))).astype(np.float32)


def _shaped_noise(rng: np.random.Generator, shape: tuple[int, int], amplitude: Field) -> Field:
    spectrum = np.fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    spectrum *= amplitude
    return np.fft.irfft2(spectrum, s=shape).astype(np.float32)


def _frequencies(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None, :]


def _unit_variance(amplitude: NDArray[np.float64]) -> Field:
    """Scale an amplitude to unit variance of the field, and return the half that rfft2 needs."""
    amplitude = amplitude / np.sqrt(np.mean(amplitude**2))
    return amplitude[:, : amplitude.shape[1] // 2 + 1].astype(np.float32)


@lru_cache(maxsize=64)
def _kernel(shape: tuple[int, int], length: float) -> Field:
    fy, fx = _frequencies(shape)
    kernel = np.exp(-2.0 * (np.pi * length) ** 2 * (fy**2 + fx**2))
    return kernel[:, : shape[1] // 2 + 1].astype(np.float32)


@lru_cache(maxsize=64)
def _gaussian(shape: tuple[int, int], length: float) -> Field:
    fy, fx = _frequencies(shape)
    return _unit_variance(np.exp(-2.0 * (np.pi * length) ** 2 * (fy**2 + fx**2)))


@lru_cache(maxsize=64)
def _power_law(
    shape: tuple[int, int], longest: float, exponent: float, angle: float, stretch: float
) -> Field:
    fy, fx = _frequencies(shape)
    along = fx * np.cos(angle) + fy * np.sin(angle)
    across = fy * np.cos(angle) - fx * np.sin(angle)
    squared = (along * stretch) ** 2 + across**2
    return _unit_variance((squared + longest**-2.0) ** (-exponent / 4.0))
