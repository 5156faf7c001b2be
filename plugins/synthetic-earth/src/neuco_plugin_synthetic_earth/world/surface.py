"""The ground in each season: the materials that a pixel consists of."""

from __future__ import annotations

import numpy as np

from neuco_plugin_synthetic_earth.world import codes
from neuco_plugin_synthetic_earth.world.fields import Field, logistic
from neuco_plugin_synthetic_earth.world.scene import Scene

MATERIALS = (
    "broadleaf", "bare_tree", "conifer", "herb", "crop", "dry", "dark_soil", "bright_soil",
    "sand", "rock", "asphalt", "concrete", "tiles", "clear_water", "turbid_water", "snow",
)  # fmt: skip

# Green and dry share of a parcel in the local spring, summer, fall and winter; the rest is soil.
GREEN = np.array(
    [
        [0.12, 0.92, 0.22, 0.00],  # corn
        [0.06, 0.86, 0.08, 0.00],  # soybean
        [0.80, 0.12, 0.25, 0.40],  # winter wheat
        [0.70, 0.75, 0.65, 0.25],  # alfalfa
        [0.08, 0.82, 0.25, 0.02],  # sorghum
        [0.15, 0.78, 0.08, 0.02],  # sunflower
        [0.15, 0.14, 0.12, 0.06],  # fallow
    ],
    np.float32,
)
DRY = np.array(
    [
        [0.10, 0.03, 0.48, 0.32],
        [0.12, 0.04, 0.32, 0.24],
        [0.05, 0.60, 0.15, 0.05],
        [0.10, 0.10, 0.15, 0.40],
        [0.12, 0.05, 0.45, 0.30],
        [0.10, 0.06, 0.40, 0.25],
        [0.35, 0.45, 0.40, 0.35],
    ],
    np.float32,
)
CROP_ROW = np.full(256, len(codes.CROPS) - 1, np.intp)
CROP_ROW[list(codes.CROPS)] = np.arange(len(codes.CROPS))


def materials(scene: Scene, season: int) -> Field:
    """Return the shares of `MATERIALS` on the ground in a season, (material, y, x)."""
    place, layer = scene.place, dict(zip(codes.LAYERS, scene.layers, strict=True))
    warmth = place.temperature[season] - 0.0065 * (scene.terrain.elevation - place.altitude)
    dryness = _drought(scene, season)
    leaf = logistic((warmth - 8.5) / 1.6) if place.temperature.min() < 14 else 1.0 - 0.5 * dryness
    green = logistic((warmth - 4.0) / 2.5) * (1.0 - dryness)
    crop_green, crop_dry = _crops(scene, season)
    soil = layer["soil"] + layer["crop"] * (1.0 - crop_green - crop_dry)
    bright = np.clip(place.aridity + 0.12 * scene.tint, 0.0, 1.0)
    muddy = scene.terrain.turbidity
    ground = {
        "broadleaf": layer["broadleaf"] * leaf,
        "bare_tree": layer["broadleaf"] * (1.0 - leaf),
        "conifer": layer["conifer"],
        "herb": layer["grass"] * green,
        "crop": layer["crop"] * crop_green,
        "dry": layer["grass"] * (1.0 - green) + layer["crop"] * crop_dry,
        "dark_soil": soil * (1.0 - bright),
        "bright_soil": soil * bright,
        "sand": layer["sand"],
        "rock": layer["rock"],
        "asphalt": layer["asphalt"],
        "concrete": layer["concrete"],
        "tiles": layer["tiles"],
        "clear_water": layer["water"] * (1.0 - muddy),
        "turbid_water": layer["water"] * muddy,
    }
    return _snowed(scene, warmth, ground)


def _drought(scene: Scene, season: int) -> Field | float:
    """Return how dry the grass is, 0 to 1: dry where it is hot and not wet."""
    heat = scene.place.temperature[season]
    level = 0.35 * (heat - 19.0) - 9.0 * (scene.place.moisture - 0.42)
    return logistic(level + 0.6 * scene.tint) * 0.9


def _crops(scene: Scene, season: int) -> tuple[Field, Field]:
    """Return the green and dry shares of tilled land; parcels are early or late."""
    local = int(scene.place.local_season[season])
    row = CROP_ROW[scene.crop]
    early = np.clip(scene.timing, -0.5, 0.5)
    later, share = np.where(early > 0, 1, -1), np.abs(early)
    neighbour = (local + later) % 4
    green = (1.0 - share) * GREEN[row, local] + share * GREEN[row, neighbour]
    dry = (1.0 - share) * DRY[row, local] + share * DRY[row, neighbour]
    cold = logistic((scene.place.temperature[season] - 1.0) / 2.0)
    green = np.clip(green * scene.vigour, 0.0, 1.0) * cold
    return green.astype(np.float32), np.clip(dry, 0.0, 1.0 - green).astype(np.float32)


# Visible share of the snow cover over each material.
_SNOW_VISIBLE = dict.fromkeys(MATERIALS, 0.95) | {
    "broadleaf": 0.3, "bare_tree": 0.5, "conifer": 0.25, "asphalt": 0.4, "concrete": 0.6,
    "tiles": 0.7, "clear_water": 0.0, "turbid_water": 0.0, "rock": 0.8,
}  # fmt: skip


def _snowed(scene: Scene, warmth: Field, ground: dict[str, Field]) -> Field:
    cover = logistic((-warmth - 6.0 + 0.8 * scene.tint + 3.0 * scene.tone) / 0.9)
    result = np.empty((len(MATERIALS), *scene.cover.shape), np.float32)
    snow = np.zeros(scene.cover.shape, np.float32)
    for index, name in enumerate(MATERIALS[:-1]):
        hidden = ground[name] * (_SNOW_VISIBLE[name] * cover)
        result[index] = ground[name] - hidden
        snow += hidden
    result[-1] = snow
    return result
