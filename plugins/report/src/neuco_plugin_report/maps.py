"""The errors of a method on a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from neuco_plugin_report.svg import plain, svg

WIDTH = 5.6
HEIGHTS = 1.6, 4.0
"""Inches of a map, at least and at most."""
BELOW = 1.1
"""Inches of what is below a map: its axis and its colours."""
MAX_PER_DEGREE = 20.0
"""Largest number by which a degree of longitude is drawn narrower towards the poles."""


@dataclass(frozen=True, eq=False)
class ErrorMap:
    """A map with what has to be said about it."""

    figure: Markup
    text: str


def error_map(
    found: Mapping[str, Any] | Sequence[Mapping[str, Any]], label: str, alt: str, name: str
) -> ErrorMap | None:
    """Return the mean error in cells, without any site; or all sites, if they may be shown.

    Parameters
    ----------
    found
        Cells (``km``, ``min_sites``, ``hidden_sites``, ``cells``), or a list of sites.
    label
        What the colours mean.
    """
    exact = not isinstance(found, Mapping)
    points = list(found["cells"] if isinstance(found, Mapping) else found)
    if not points:
        return None
    longitudes = np.array([point["lon"] for point in points], dtype=float)
    latitudes = np.array([point["lat"] for point in points], dtype=float)
    errors = np.array([point["error"] for point in points], dtype=float)

    # A degree of longitude is shorter than one of latitude, away from the equator.
    aspect = min(1 / max(np.cos(np.radians(float(np.mean(latitudes)))), 1e-6), MAX_PER_DEGREE)
    east, north = (float(np.ptp(values)) or 0.1 for values in (longitudes, latitudes))
    height = float(np.clip(WIDTH * aspect * north / east, *HEIGHTS)) + BELOW

    def draw(figure: Figure) -> None:
        axis = figure.subplots()
        painted = axis.scatter(longitudes, latitudes, c=errors, cmap="viridis", s=26,
                               marker="o" if exact else "s", edgecolors="#8a8a8a",
                               linewidths=0.4)  # fmt: skip
        figure.colorbar(painted, ax=axis, label=plain(label), location="bottom", aspect=40)
        axis.set(xlabel="longitude (°)", ylabel="latitude (°)")
        axis.set_aspect(aspect, adjustable="datalim")
        axis.margins(0.05)
        axis.grid(alpha=0.3)

    if isinstance(found, Mapping):
        what = f"{len(points)} cells of {found['km']:g} km"
        text = f"{sum(point['sites'] for point in points)} sites in {what}"
        if found["hidden_sites"]:
            text += (
                f"; {found['hidden_sites']} sites are in cells with fewer than "
                f"{found.get('min_sites', 3)} sites, which are not shown"
            )
    else:
        text = what = f"{len(points)} sites"
    return ErrorMap(svg(WIDTH, height, draw, alt=f"{alt} in {what}", name=name), text)
