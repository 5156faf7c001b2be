"""A cube as an image: true colour, false colour and radar of every season, and its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.cube import Cube
from neucocore.errors import ConfigError, DataError
from neucocore.files.atomic import replacing

Image = NDArray[np.float32]

FORMATS = ("png", "jpg", "pdf", "svg")
OPTICAL = ("s2l2a", "s2l1c")
"""The first of these modalities that a cube has is drawn."""
COLOURS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "true colour": (("B04", 3000.0), ("B03", 3000.0), ("B02", 3000.0)),
    "false colour": (("B08", 5000.0), ("B04", 3000.0), ("B03", 3000.0)),
}
"""Bands shown as red, green and blue, and the digital number (without offset) of full intensity."""
# Decibels of zero and full intensity: VV, VH, and the ratio VV / VH.
RADAR = ((-22.0, 0.0), (-28.0, -6.0), (2.0, 15.0))
GAMMA = 0.8
INCHES_PER_IMAGE = 2.4
INCHES_OF_LABELS = 2.8
DOTS_PER_INCH = 150


def composites(cube: Cube) -> dict[str, Image]:
    """Return the images that can be made of the bands of a cube, by name.

    Parameters
    ----------
    cube
        With either offset. ``s2l2a`` (else ``s2l1c``) gives ``true colour`` and ``false colour``;
        ``s1`` gives ``radar``, with VV in red, VH in green and their ratio in blue.

    Returns
    -------
    dict
        Arrays (season, y, x, 3), float32 from 0 to 1; pixels without data are black.
    """
    images = {}
    optical = next((name for name in OPTICAL if name in cube.arrays), None)
    if optical is not None:
        for name, channels in COLOURS.items():
            if all(band in cube.bands[optical] for band, _ in channels):
                images[name] = _colours(cube, optical, channels)
    if {"vv", "vh"} <= set(cube.bands.get("s1", ())):
        images["radar"] = _radar(cube)
    return images


def draw_cube(cube: Cube, labels: Mapping[str, str], out: Path) -> None:
    """Draw the seasons of a cube, with its labels next to them.

    Parameters
    ----------
    cube
        The cube; see `composites`.
    labels
        Task to label as text; may be empty.
    out
        The file to write, ``.png``, ``.jpg``, ``.pdf`` or ``.svg``.

    Raises
    ------
    ConfigError
        matplotlib is not installed, or the file has another suffix.
    DataError
        The cube has none of the bands that can be drawn.
    """
    suffix = out.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise ConfigError(
            f"{out.name} has an unknown image suffix",
            hint=f"known suffixes: {', '.join('.' + name for name in FORMATS)}",
        )
    require_matplotlib()
    images = composites(cube)
    if not images:
        bands = "; ".join(f"{name}: {' '.join(bands)}" for name, bands in cube.bands.items())
        raise DataError(
            f"cube {cube.id} has no bands to draw ({bands or 'no modality'})",
            hint="an image needs B04, B03 and B02 of s2l2a or s2l1c, or vv and vh of s1",
        )
    figure = _figure(cube, images, labels)
    with replacing(out, durable=False) as file:
        # Without the date, equal cubes give equal files.
        no_date = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
        figure.savefig(file, format=suffix, dpi=DOTS_PER_INCH, metadata=no_date.get(suffix))


def require_matplotlib() -> None:
    """Check that images can be drawn, before any work is done.

    Raises
    ------
    ConfigError
        matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "drawing needs matplotlib, which is not installed",
            hint="pip install 'neucocore[plots]'",
        ) from error


def _figure(cube: Cube, images: Mapping[str, Image], labels: Mapping[str, str]) -> Any:
    # Not pyplot, which has a global state and may open a window.
    from matplotlib.figure import Figure

    seasons = max(len(image) for image in images.values())
    label_width = INCHES_OF_LABELS if labels else 0.0
    size = (seasons * INCHES_PER_IMAGE + label_width, len(images) * INCHES_PER_IMAGE + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(_title(cube), fontsize=9)
    parts: Any = [figure]
    if labels:
        parts = figure.subfigures(1, 2, width_ratios=(size[0] - label_width, label_width))
    axes = parts[0].subplots(len(images), seasons, squeeze=False)
    for row, (name, image) in enumerate(images.items()):
        for season in range(seasons):
            axis = axes[row, season]
            axis.set_xticks([])
            axis.set_yticks([])
            if season < len(image):
                axis.imshow(image[season], interpolation="nearest")
        axes[row, 0].set_ylabel(name, fontsize=9)
    for season, name in enumerate(_season_names(cube, seasons)):
        axes[0, season].set_title(name, fontsize=9)
    if labels:
        text = "\n".join(f"{name}\n    {value}" for name, value in labels.items())
        parts[1].text(0.03, 0.97, text, va="top", fontsize=7, family="monospace")
    return figure


def _title(cube: Cube) -> str:
    metadata = [f"{name} {_short(value)}" for name, value in cube.metadata.items()]
    return "\n".join([cube.id, ", ".join(metadata)]) if metadata else cube.id


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _season_names(cube: Cube, count: int) -> Sequence[str]:
    if len(cube.season_names) == count:
        return cube.season_names
    return [f"season {number}" for number in range(count)]


def _colours(cube: Cube, modality: str, channels: tuple[tuple[str, float], ...]) -> Image:
    values = cube.shifted(modality, 0)
    bands = [cube.bands[modality].index(band) for band, _ in channels]
    full_intensity = np.array([value for _, value in channels], np.float32)
    scaled = np.moveaxis(values[:, bands], 1, -1) / full_intensity
    image: Image = np.clip(scaled, 0.0, 1.0) ** np.float32(GAMMA)
    nodata = cube.nodata.get(modality)
    if nodata is not None:
        image[(cube.arrays[modality] == nodata).all(axis=1)] = 0.0
    return image


def _radar(cube: Cube) -> Image:
    values = cube.arrays["s1"].astype(np.float32)
    vv, vh = (values[:, cube.bands["s1"].index(band)] for band in ("vv", "vh"))
    channels = [
        (channel - low) / (high - low)
        for channel, (low, high) in zip((vv, vh, vv - vh), RADAR, strict=True)
    ]
    image: Image = np.clip(np.nan_to_num(np.stack(channels, axis=-1)), 0.0, 1.0)
    return image
