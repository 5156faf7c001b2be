"""A complete encode run of an encoder and its reducer on cubes in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from neucocore.components.discovery import CORE, Component
from neucocore.components.lookup import find_for_spec
from neucocore.components.specs import DatasetSpec, EncoderSpec
from neucocore.data.cubes.cube import Cube
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.run import encode


class CubesInMemory:
    """A data set of some cubes, whatever its folder contains."""

    def __init__(self, cubes: Sequence[Cube]) -> None:
        self.cubes = {cube.id: cube for cube in cubes}

    def ids(self) -> list[str]:
        """Return the ids of all cubes, sorted."""
        return sorted(self.cubes)

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield the cubes with these ids."""
        return (self.cubes[sample] for sample in ids)

    def label_files(self) -> list[Path]:
        """Return no label files."""
        return []


def encode_completely(
    encoder: Component,
    cubes: Sequence[Cube],
    ids: Sequence[str],
    fit_ids: Sequence[str],
    folder: Path,
) -> EncodeReport:
    """Encode cubes as ``neuco encode`` does, with the default parameters and the own reducer.

    Parameters
    ----------
    cubes
        The data set.
    ids
        The cubes to encode.
    fit_ids
        The cubes that an encoder with ``fit="train"`` is fitted on.
    folder
        Receives the embeddings file.
    """
    spec = cast(EncoderSpec, encoder.spec)
    source = CubesInMemory(cubes)
    dataset = DatasetSpec(name="cubes-in-memory", summary="cubes", factory=lambda _: source)
    return encode(
        EncodeRequest(
            dataset=Component(dataset, CORE, "neucocore", ""),
            data=folder,
            dataset_params={},
            encoder=encoder,
            encoder_params={},
            reducer=None
            if spec.reducer is None
            else find_for_spec("reducer", spec.reducer, plugin=encoder.plugin),
            reducer_params=spec.reducer_params,
            ids=tuple(sorted(ids)),
            fit_ids=tuple(sorted(fit_ids)) if spec.fit == "train" else (),
            dimension=spec.dimension if spec.reducer else None,
            output=folder / f"{len(ids)}.npz",
        )
    )
