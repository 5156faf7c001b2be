"""A cube as an image: true colour, false colour and radar of every season, and its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.facts import CubeFacts
from neucocore.errors import DataError
from neucocore.files.image_file import image_format, plain, require_matplotlib, save_figure

Image = NDArray[np.float32]

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
MIN_INCHES = 4.8
"""Width of an image of few seasons, in which the title still fits."""
RANGES = {
    "true colour": "B04, B03, B02: reflectance 0 to 0.3",
    "false colour": "B08: 0 to 0.5; B04, B03: 0 to 0.3",
    "radar": "VV -22 to 0, VH -28 to -6 dB,\nVV - VH 2 to 15 dB",
}
"""What the colours of an image show, and the values of zero and full intensity."""


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


def draw_cube(
    cube: Cube, labels: Mapping[str, str], out: Path, facts: CubeFacts | None = None
) -> None:
    """Draw the seasons of a cube in all modalities, with its labels next to them.

    Parameters
    ----------
    cube
        The cube; see `composites`. Other modalities are drawn in grey, their first band.
    labels
        Task to label as text; may be empty.
    out
        The file to write, ``.png``, ``.jpg``, ``.pdf`` or ``.svg``.
    facts
        Dates, place and pixel size, as far as they are known.

    Raises
    ------
    ConfigError
        matplotlib is not installed, or the file has another suffix.
    DataError
        The cube has no modality.
    """
    image_format(out)
    require_matplotlib()
    images = _all_images(cube)
    if not images:
        raise DataError(
            f"cube {cube.id} has no bands to draw",
            hint="neuco validate reports what is wrong with a folder of cubes",
        )
    save_figure(_figure(cube, images, labels, facts or CubeFacts()), out)


def _all_images(cube: Cube) -> dict[str, Image]:
    """Return an image of every modality, by what is drawn with its range of values."""
    images: dict[str, Image] = {}
    first = next((name for name in OPTICAL if name in cube.arrays), None)
    for modality in sorted(cube.arrays, key=lambda name: name != first):
        of_one = {modality: cube.arrays[modality]}
        alone = replace(cube, arrays=of_one, bands={modality: cube.bands[modality]})
        shown = composites(alone)
        if modality in OPTICAL and modality != first:
            shown.pop("false colour", None)
        if not shown:
            text, shown_image = _grey(cube, modality)
            images[text] = shown_image
        for name, image in shown.items():
            images[f"{modality}: {name}\n{RANGES[name]}"] = image
    return images


def _grey(cube: Cube, modality: str) -> tuple[str, Image]:
    """Return the first band of a modality in grey, from its 2nd to its 98th percentile."""
    values = cube.arrays[modality][:, 0].astype(np.float32)
    known = np.isfinite(values)
    nodata = cube.nodata.get(modality)
    if nodata is not None:
        known &= values != nodata
    low, high = np.percentile(values[known], (2, 98)) if known.any() else (0.0, 1.0)
    scaled = np.clip((values - low) / (float(high - low) or 1.0), 0.0, 1.0)
    grey: Image = np.where(known, scaled, 0.0).astype(np.float32)
    text = f"{modality}: {cube.bands[modality][0]}\n{low:.4g} to {high:.4g}"
    return text, np.repeat(grey[..., None], 3, axis=-1)


def _figure(
    cube: Cube, images: Mapping[str, Image], labels: Mapping[str, str], facts: CubeFacts
) -> Any:
    # Not pyplot, which has a global state and may open a window.
    from matplotlib.figure import Figure

    seasons = max(len(image) for image in images.values())
    label_width = INCHES_OF_LABELS if labels else 0.0
    width = max(seasons * INCHES_PER_IMAGE, MIN_INCHES) + label_width
    figure = Figure(figsize=(width, len(images) * INCHES_PER_IMAGE + 0.6), layout="constrained")
    figure.suptitle(plain(_title(cube, images, facts)), fontsize=9)
    parts: Any = [figure]
    if labels:
        parts = figure.subfigures(1, 2, width_ratios=(width - label_width, label_width))
    axes = parts[0].subplots(len(images), seasons, squeeze=False)
    for row, (name, image) in enumerate(images.items()):
        for season in range(seasons):
            axis = axes[row, season]
            axis.set_xticks([])
            axis.set_yticks([])
            if season < len(image):
                axis.imshow(image[season], interpolation="nearest")
        axes[row, 0].set_ylabel(plain(name), fontsize=8)
        if facts.pixel is not None:
            add_scale(axes[row, 0], image.shape[2], facts.pixel)
    for season, name in enumerate(_season_names(cube, seasons, facts)):
        axes[0, season].set_title(name, fontsize=9)
    if labels:
        text = plain("\n".join(f"{name}\n    {value}" for name, value in labels.items()))
        parts[1].text(0.03, 0.97, text, va="top", fontsize=7, family="monospace")
    return figure


def add_scale(axis: Any, columns: int, pixel: float) -> None:
    """Draw a scale bar into the lower left of an image.

    Parameters
    ----------
    columns
        Width of the image in pixels.
    pixel
        Side of a pixel in metres.
    """
    longest = columns * pixel / 2.5
    power = 10.0 ** np.floor(np.log10(longest))
    metres = max(step * power for step in (1, 2, 5) if step * power <= longest)
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    axis.annotate(
        text, (0.05, 0.09), xycoords="axes fraction", color="white", fontsize=7, va="bottom",
        bbox={"facecolor": "black", "alpha": 0.5, "pad": 1.5, "linewidth": 0},
    )  # fmt: skip
    end = 0.05 + metres / pixel / columns
    for colour, line in (("black", 4.0), ("white", 2.0)):
        axis.plot([0.05, end], [0.055, 0.055], color=colour, linewidth=line,
                  transform=axis.transAxes, solid_capstyle="butt")  # fmt: skip


def _title(cube: Cube, images: Mapping[str, Image], facts: CubeFacts) -> str:
    height, width = next(iter(images.values())).shape[1:3]
    size = f"{height} x {width} pixels"
    lines = [size + (f" of {facts.pixel:g} m" if facts.pixel is not None else "")]
    if facts.place is not None:
        lon, lat = facts.place
        east, north = "E" if lon >= 0 else "W", "N" if lat >= 0 else "S"
        lines.append(f"{abs(lat):.4f}° {north}, {abs(lon):.4f}° {east}")
    lines += [f"{name} {_short(value)}" for name, value in cube.metadata.items()]
    return "\n".join([cube.id, ", ".join(lines)])


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _season_names(cube: Cube, count: int, facts: CubeFacts) -> Sequence[str]:
    names = [f"season {number}" for number in range(count)]
    if len(cube.season_names) == count:
        names = list(cube.season_names)
    if len(facts.dates) == count:
        names = [f"{name}\n{date}" for name, date in zip(names, facts.dates, strict=True)]
    return names


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
