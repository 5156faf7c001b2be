"""Which modalities an encoder needs, and whether a data set or a cube has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from neucocore.components.discovery import Component
from neucocore.components.factory import plugin_errors
from neucocore.components.lookup import find
from neucocore.components.specs import DatasetSpec, EncoderSpec
from neucocore.data.cubes.cube import Cube
from neucocore.errors import DataError
from neucocore.interfaces import Dataset

MODALITIES = "modalities"
"""A ``list`` parameter of an encoder with this name selects the modalities that it reads."""


def needed_modalities(encoder: Component, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the modalities that cubes must have for an encoder, sorted; empty if any will do.

    These are the modalities of its spec, those that its parameter ``modalities`` names, and those
    that the encoders need which it combines.

    Parameters
    ----------
    params
        Parameters of the encoder that differ from its defaults.
    """
    spec = cast(EncoderSpec, encoder.spec)
    declared = {param.name: param for param in spec.params}
    values = {name: param.default for name, param in declared.items()} | dict(params)
    needed = set(spec.modalities)
    if MODALITIES in declared and declared[MODALITIES].type == "list":
        needed |= set(values[MODALITIES] or ())
    if spec.uses is not None:
        for name in values[spec.uses] or ():
            needed |= set(needed_modalities(find("encoder", name), {}))
    return tuple(sorted(needed))


def available_modalities(source: Dataset, dataset: Component) -> tuple[str, ...] | None:
    """Return the modalities of a data set without reading a cube; None if nothing tells them.

    They are the attribute ``modalities`` of the data set, else those of ``bands`` in its spec.
    """
    with plugin_errors(dataset):
        own = getattr(source, MODALITIES, None)
    if isinstance(own, list | tuple):
        return tuple(own)
    return tuple(cast(DatasetSpec, dataset.spec).bands) or None


def check_dataset(
    encoder: Component, needed: Sequence[str], dataset: Component, available: Sequence[str] | None
) -> None:
    """Check that a data set has the modalities that an encoder needs.

    Raises
    ------
    DataError
        It does not. The message names what the data set has.
    """
    missing = [] if available is None else [name for name in needed if name not in available]
    if missing:
        raise DataError(
            f"the encoder {encoder.full_name} needs {_listed(needed)}; the data set "
            f"{dataset.full_name} has {_listed(available or ())}: it lacks {', '.join(missing)}",
            hint=f"neuco list encoders{''.join(f' --modality {m}' for m in (available or ())[:1])} "
            "shows encoders for these cubes",
        )


def check_cube(encoder: Component, needed: Sequence[str], cube: Cube) -> None:
    """Check that one cube has the modalities that an encoder needs.

    Raises
    ------
    DataError
        It does not.
    """
    missing = [name for name in needed if name not in cube.arrays]
    if missing:
        raise DataError(
            f"cube {cube.id} has {_listed(cube.modalities)}; the encoder {encoder.full_name} "
            f"needs {', '.join(missing)} too",
            hint="leave this cube out, or choose an encoder that does not need the modality",
        )


def _listed(modalities: Sequence[str]) -> str:
    word = "the modality" if len(modalities) == 1 else "the modalities"
    return f"{word} {', '.join(modalities)}" if modalities else "no modality"
