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
"""The attribute of a data set with the names of its modalities."""


def needed_modalities(encoder: Component, params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the modalities that cubes must have for an encoder, sorted; empty if any will do.

    These are the modalities of its spec, those that are named by the parameter that selects what it
    reads (``reads``), and those that the encoders need which it combines.

    Parameters
    ----------
    params
        Parameters of the encoder that differ from its defaults.
    """
    spec = cast(EncoderSpec, encoder.spec)
    declared = {param.name: param for param in spec.params}
    values = {name: param.default for name, param in declared.items()} | dict(params)
    needed = set(spec.modalities)
    if spec.reads in declared and declared[spec.reads].type == "list":
        needed |= {item.partition(":")[0] for item in values[spec.reads] or ()}
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


def check_modalities(encoder: Component, needed: Sequence[str], cube: Cube) -> None:
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


def check_bands(encoder: Component, needed: Sequence[str], first: Cube, cube: Cube) -> None:
    """Check that a cube has the bands of the first cube, in the same order.

    An encoder may know a band by its position only, so that another order would give wrong numbers
    without an error. If the encoder can select modalities but encodes all, both cubes need the same
    modalities as well; otherwise those that both have are compared.

    Parameters
    ----------
    needed
        The modalities that the encoder gets; empty: all.
    first
        The bands of the first cube; its arrays are not used.

    Raises
    ------
    DataError
        It does not.
    """
    spec = cast(EncoderSpec, encoder.spec)
    selects = any(param.name == spec.reads for param in spec.params)
    bands = {modality: cube.bands[modality] for modality in cube.arrays}
    modalities = {*first.bands, *bands} if selects else {*first.bands} & {*bands}
    for name in needed or sorted(modalities):
        if tuple(bands.get(name, ())) != tuple(first.bands.get(name, ())):
            raise DataError(
                f"cube {cube.id} has {_bands_of(name, bands)}; the first cube {first.id} has "
                f"{_bands_of(name, first.bands)}",
                hint="all cubes of a run need the same bands in the same order: select what they "
                "have in common with --set modalities=NAME or --set dataset.bands=NAME",
            )


def _bands_of(modality: str, bands: Mapping[str, Sequence[str]]) -> str:
    if modality not in bands:
        return f"no modality {modality}"
    return f"{modality} with the bands {' '.join(bands[modality])}"


def _listed(modalities: Sequence[str]) -> str:
    word = "the modality" if len(modalities) == 1 else "the modalities"
    return f"{word} {', '.join(modalities)}" if modalities else "no modality"
