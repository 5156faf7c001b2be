"""Share of pixels without data, computed from the cubes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from neucocore.plugin import ConfigError, CubeFolder, Labels, label_each


def share(ids: Sequence[str], sources: Sequence[Path], *, modality: str = "s2l2a") -> Labels:
    """Label cubes with the share (0 to 1) of their pixels without data.

    A pixel of a season has no data if all its bands are 0 or have the no-data value that the file
    declares; the label is the mean over seasons. What was noticed while reading the cubes is in the
    findings of the labels.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        The folder of the cubes, as the only source.
    modality
        Modality whose gaps are counted.

    Raises
    ------
    MissingFileError
        Cubes have no file of the modality.
    CorruptCubeError
        A cube cannot be read.
    """
    if len(sources) != 1:
        raise ConfigError(
            f"the source of this task must be one folder of cubes, not {len(sources)} sources",
            hint="neuco tasks derive nodata --data DIR -o labels",
        )
    folder = CubeFolder(sources[0], modalities=[modality], nodata=0)
    noticed: dict[Any, list[str]] = {}

    def of_cube(cube: str) -> float:
        (data,) = folder.read([cube])
        for finding in data.findings:
            noticed.setdefault(replace(finding, count=1, examples=()), []).append(cube)
        return float((data.arrays[modality] == 0).all(axis=1).mean())

    labels = label_each(ids, of_cube)
    findings = [
        replace(finding, level="warning", count=len(cubes), examples=tuple(cubes[:3]))
        for finding, cubes in noticed.items()
    ]
    return replace(labels, findings=(*labels.findings, *findings))
