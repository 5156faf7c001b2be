"""Where a synthetic aperture radar images a moving ship.

The radar locates targets in azimuth by their Doppler shift, to which the ship's own speed along the
line of sight adds. The ship therefore appears displaced along the flight direction by slant range /
platform speed (about 110 s for Sentinel-1) times its line-of-sight speed: forwards if it
approaches, backwards if it recedes (Raney 1971, Synthetic aperture imaging radar and moving
targets, doi:10.1109/TAES.1971.310292).
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
    """Return the displacement of a ship in the image to the east and north, in metres.

    Parameters
    ----------
    east, north
        Components of the ship's velocity in m/s.
    heading
        Direction of flight in degrees clockwise from north; the radar looks to the right.
    incidence
        Incidence angle in degrees; its sine projects the ground speed onto the line of sight.
    range_over_speed
        Slant range divided by platform speed, in seconds.
    """
    angle = math.radians(heading)
    flight = math.sin(angle), math.cos(angle)
    look = flight[1], -flight[0]
    receding = (east * look[0] + north * look[1]) * math.sin(math.radians(incidence))
    shift = -range_over_speed * receding
    return shift * flight[0], shift * flight[1]
