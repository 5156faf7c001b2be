"""Where a radar images a ship that moves.

The radar tells azimuth by Doppler shift. A ship's own speed along the line of sight adds to it, so
the ship appears shifted along the flight direction by slant range / platform speed (about 110 s for
Sentinel-1) times that speed: forwards when it comes closer, backwards when it moves away
(Raney 1971, Synthetic aperture imaging radar and moving targets, doi:10.1109/TAES.1971.310292).
"""

from __future__ import annotations

import math


def azimuth_shift(
    east: float,
    north: float,
    heading: float,
    *,
    incidence: float = 39.0,
    range_over_speed: float = 110.0,
) -> tuple[float, float]:
    """Return how far east and north of its place a ship is imaged, in metres.

    Parameters
    ----------
    east, north
        The ship's speed in m/s.
    heading
        Direction of flight in degrees clockwise from north; the radar looks to the right.
    incidence
        Incidence angle in degrees; its sine is the part of ground speed along the line of sight.
    range_over_speed
        Slant range over platform speed in seconds.
    """
    angle = math.radians(heading)
    flight = math.sin(angle), math.cos(angle)
    look = flight[1], -flight[0]
    away = (east * look[0] + north * look[1]) * math.sin(math.radians(incidence))
    shift = -range_over_speed * away
    return shift * flight[0], shift * flight[1]
