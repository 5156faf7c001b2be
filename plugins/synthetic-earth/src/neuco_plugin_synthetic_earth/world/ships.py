"""Ships and their wakes in the summer acquisition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world.fields import Field, blurred
from neuco_plugin_synthetic_earth.world.scene import Scene

SEASON = 1  # ships and their AIS positions exist for one acquisition: summer
SEA_NEEDED = 0.2  # minimum share of sea in a cube with ships
SILENT = 0.15  # probability of a vessel without AIS
EDGE = 4.0  # minimum distance in pixels between a ship and the edge of the cube
KELVIN = np.radians(19.5)
DELAY = 110.0  # slant range divided by platform speed, in seconds
PIXEL = 10.0
HULL = np.array(
    [1500, 1600, 1700, 1800, 1850, 1900, 1950, 2000, 2050, 2050, 0, 2000, 1900], np.float32
)
FOAM = np.array([900, 950, 950, 900, 850, 780, 750, 700, 650, 600, 0, 250, 150], np.float32)


@dataclass(frozen=True)
class Ship:
    """One vessel: centroid and size in pixels, course in radians, speed in m/s.

    ``paint`` and ``echo`` are factors of its brightness in optical and radar images. A vessel that
    is not ``reported`` does not transmit AIS and is not in the labels.
    """

    row: float
    col: float
    length: float
    beam: float
    course: float
    speed: float
    paint: float
    echo: float
    reported: bool


def make_ships(scene: Scene, rng: np.random.Generator) -> list[Ship]:
    """Return the ships of a cube: none without sea, otherwise mostly none or one."""
    sea = scene.terrain.sea
    number = int(rng.choice([0, 1, 2, 3], p=[0.36, 0.52, 0.09, 0.03]))
    clear_of_land = blurred((~sea).astype(np.float32), 2.5) < 0.02
    edge = int(EDGE)
    inside = np.zeros_like(sea)
    inside[edge:-edge, edge:-edge] = True
    spots = np.argwhere(clear_of_land & inside & sea)
    if sea.mean() < SEA_NEEDED or len(spots) == 0:
        return []
    silent = rng.random() < SILENT
    fleet = [_ship(spots[rng.integers(len(spots))], rng, reported=True) for _ in range(number)]
    if silent:
        fleet.append(_ship(spots[rng.integers(len(spots))], rng, reported=False))
    return fleet


def _ship(spot: NDArray[np.intp], rng: np.random.Generator, *, reported: bool) -> Ship:
    length = float(np.clip(np.exp(rng.normal(1.7 if reported else 0.9, 0.5)), 2.0, 22.0))
    row, col = spot + rng.uniform(-0.5, 0.5, 2)
    return Ship(
        row=float(row),
        col=float(col),
        length=length,
        beam=max(1.0, length / 6.5),
        course=float(rng.uniform(0.0, 2.0 * np.pi)),
        speed=float(rng.choice([0.0, rng.uniform(0.5, 5.0)])),
        paint=float(rng.uniform(0.4, 2.0)),
        echo=float(np.exp(rng.normal(-0.3, 0.9))),
        reported=reported,
    )


def draw_optical(ships: list[Ship], scene: Scene, image: Field) -> None:
    """Add ships and wakes to reflectances (band, y, x), in place."""
    for ship in ships:
        along, across = _frame(ship, image.shape[1:], 0.0)
        foam = _wake(ship, along, across) * scene.terrain.sea
        image += FOAM[:, None, None] * foam
        hull = _hull(ship, along, across)
        image *= 1.0 - hull
        image += (ship.paint * HULL)[:, None, None] * hull


def draw_radar(ships: list[Ship], scene: Scene, power: Field) -> None:
    """Add ships and wakes to linear power (2, y, x), in place.

    A moving ship is displaced along the track by `DELAY` times its line-of-sight speed; its wake is
    not.
    """
    for ship in ships:
        along, across = _frame(ship, power.shape[1:], 0.0)
        wake = _wake(ship, along, across) * scene.terrain.sea
        power *= 1.0 - 0.5 * wake * (np.abs(across) < ship.beam)
        power += 0.02 * wake * (np.abs(across) >= ship.beam) * np.array([1.0, 0.15])[:, None, None]
        shift = 0.3 * DELAY * ship.speed * np.sin(ship.course) * 0.6 / PIXEL
        along, across = _frame(ship, power.shape[1:], shift)
        hull = _hull(ship, along, across)
        strength = 0.1 * ship.echo * ship.length**1.2
        bridge = np.exp(-(((along + 0.3 * ship.length) ** 2 + across**2) / 1.2))
        echo = strength * (hull + 3.0 * bridge)
        power += echo * np.array([1.0, 0.12])[:, None, None]


def positions(ships: list[Ship]) -> NDArray[np.float64]:
    """Return rows and columns of the centroids of the ships with AIS, (k, 2)."""
    reported = [(ship.row, ship.col) for ship in ships if ship.reported]
    return np.array(reported, np.float64).reshape(-1, 2)


def _frame(ship: Ship, shape: tuple[int, ...], shift: float) -> tuple[Field, Field]:
    """Return coordinates in pixels along the ship (forwards positive) and across it."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    down, right = y - ship.row - shift, x - ship.col
    along = right * np.cos(ship.course) + down * np.sin(ship.course)
    across = down * np.cos(ship.course) - right * np.sin(ship.course)
    return along.astype(np.float32), across.astype(np.float32)


def _hull(ship: Ship, along: Field, across: Field) -> Field:
    end = np.clip(ship.length / 2 - np.abs(along) + 0.5, 0.0, 1.0)
    side = np.clip(ship.beam / 2 - np.abs(across) + 0.5, 0.0, 1.0)
    return end * side


def _wake(ship: Ship, along: Field, across: Field) -> Field:
    """Return the wake: fading turbulent water behind the ship between two Kelvin arms."""
    if ship.speed == 0.0:
        return np.zeros_like(along)
    behind = -along - ship.length / 2
    fade = np.where(behind > 0, np.exp(-np.maximum(behind, 0.0) / (8.0 * ship.speed)), 0.0)
    middle = np.exp(-((across / (0.8 * ship.beam)) ** 2))
    arm = np.abs(np.abs(across) - ship.beam / 2 - np.maximum(behind, 0.0) * np.tan(KELVIN))
    return (np.minimum(ship.speed / 3.0, 1.0) * fade * (middle + 0.3 * np.exp(-(arm**2)))).astype(
        np.float32
    )
