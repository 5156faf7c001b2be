"""The cubes that an encoder is checked with: its own example or generated ones, and other forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.discovery import Component
from neucocore.components.factory import create, resolve
from neucocore.components.lookup import find_for_spec
from neucocore.components.names import is_name
from neucocore.components.specs import DatasetSpec, EncoderSpec
from neucocore.data.cubes.bands import BANDS
from neucocore.data.cubes.cube import Cube
from neucocore.encoding.modalities import check_modalities, needed_modalities
from neucocore.interfaces import Dataset
from neucocore.testing.cubes import make_cubes
from neucocore.testing.records import CheckFailed, require

SIZE = 32
OTHER_SENSOR = "cubes of another sensor (its spec declares no modalities)"
OTHER_BANDS = {"other-sensor": ("blue", "green", "red", "nir", "swir1", "swir2")}


def cubes_for(component: Component, count: int, folder: Path) -> list[Cube]:
    """Return cubes for an encoder: of the ``example`` of its spec, or generated ones.

    They have only the modalities that the encoder needs, unless it takes any.

    Parameters
    ----------
    folder
        An empty folder, for the example of a data set.

    Raises
    ------
    CheckFailed
        The example has too few cubes, or lacks a modality.
    """
    needed = needed_modalities(component, {})
    example = cast(EncoderSpec, component.spec).example
    if example is None:
        return make_cubes(count, modalities=needed or tuple(BANDS), size=SIZE)
    if isinstance(example, str) and is_name(example):
        cubes = _of_dataset(find_for_spec("dataset", example, plugin=component.plugin), folder)
    else:
        cubes = list(resolve(component, example)())
    for cube in cubes:
        require(
            isinstance(cube, Cube),
            f"example={example!r} returned {type(cube).__name__}, not cubes",
        )
    distinct = {cube.id: cube for cube in cubes}
    require(
        len(distinct) >= count,
        f"example={example!r} has {len(distinct)} cubes with different ids; the kit needs {count}",
    )
    selected = list(distinct.values())[:count]
    for cube in selected:
        check_modalities(component, needed, cube)
    return [_only(cube, needed) if needed else cube for cube in selected]


def _of_dataset(dataset: Component, folder: Path) -> list[Cube]:
    example = cast(DatasetSpec, dataset.spec).example
    if example is None:
        raise CheckFailed(f"the data set {dataset.full_name} has no example")
    resolve(dataset, example)(folder)
    source: Dataset = create(dataset, folder)
    return list(source.read(source.ids()))


def copied(cubes: Sequence[Cube]) -> list[Cube]:
    """Return cubes with arrays of their own."""
    return [_mapped(cube, np.array) for cube in cubes]


def empty(cube: Cube) -> Cube:
    """Return a cube of zeros."""
    return _mapped(cube, np.zeros_like)


def with_gaps(cube: Cube) -> Cube:
    """Return a cube with zeros in a part of every image, as at the edge of a swath."""
    return _mapped(cube, _with_gap)


def other_forms(cubes: Sequence[Cube], *, any_sensor: bool) -> Iterator[tuple[str, list[Cube]]]:
    """Yield cubes with other numbers of dates and other sizes, and of another sensor, described."""
    changes: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
        "one date": lambda array: array[:1],
        "twice as many dates": lambda array: np.concatenate([array, array[::-1]]),
        "half the size": lambda array: array[
            ..., : -(-array.shape[2] // 2), : -(-array.shape[3] // 2)
        ],
        "twice the size": lambda array: np.tile(array, (1, 1, 2, 2)),
        "more rows than columns": lambda array: array[..., : -(-array.shape[3] // 2)],
    }
    for name, change in changes.items():
        yield f"cubes with {name}", [_mapped(cube, change) for cube in cubes]
    if any_sensor:
        modalities = tuple(OTHER_BANDS)
        yield (
            OTHER_SENSOR,
            make_cubes(len(cubes), modalities=modalities, bands=OTHER_BANDS, seasons=2, size=SIZE),
        )


def _only(cube: Cube, modalities: Sequence[str]) -> Cube:
    return replace(
        cube,
        arrays={name: cube.arrays[name] for name in modalities},
        bands={name: cube.bands[name] for name in modalities},
    )


def _mapped(cube: Cube, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Cube:
    arrays = {name: np.array(change(array)) for name, array in cube.arrays.items()}
    dates = {len(array) for array in arrays.values()}
    names = cube.season_names if dates == {len(cube.season_names)} else ()
    return replace(cube, arrays=arrays, season_names=names)


def _with_gap(array: NDArray[Any]) -> NDArray[Any]:
    changed = np.array(array)
    changed[:, :, : array.shape[2] // 3] = 0
    return changed
