"""A folder of GeoTIFFs as a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from neuco_plugin_geotiff.collection import Collection, Reading
from neuco_plugin_geotiff.layout import LABELS
from neucocore.plugin import (
    ConfigError,
    CorruptCubeError,
    Cube,
    CubeSelection,
    IdError,
    MissingFileError,
)

MODALITY = "image"
DATA = "data"


class GeoTiffFolder:
    """GeoTIFFs below a folder, in one of several layouts, which are detected.

    Files in ``data/<modality>/`` form several modalities; other folders hold one, ``image``.

    Parameters
    ----------
    path
        The folder, or one file.
    modalities, seasons, bands, offset, keep_nodata
        What to read, as for `CubeFolder`; seasons are dates, such as ``2021-06-01``.
    incomplete
        How to treat ids that lack a modality: ``error`` or ``drop``.
    pattern, band_names, dates, stack_order, nodata, scale, stored_offset
        How to read the files, see the parameters of the data set.

    Raises
    ------
    MissingFileError
        The folder does not exist, or holds no GeoTIFF.
    ConfigError
        A parameter does not fit the files.
    DataError
        ``bands.csv`` or ``files.csv`` cannot be used, or no file can be read.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        modalities: Sequence[str] | None = None,
        seasons: Sequence[str | int] | None = None,
        bands: Sequence[str] | None = None,
        offset: int | None = None,
        keep_nodata: bool = True,
        incomplete: Literal["error", "drop"] = "error",
        pattern: str | None = None,
        band_names: Sequence[str] | None = None,
        dates: Sequence[str] | None = None,
        stack_order: Literal["dates", "bands"] = "dates",
        nodata: float | None = None,
        scale: Sequence[str] = (),
        stored_offset: int = 0,
    ) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise MissingFileError(
                f"there is no folder {self.path}", hint="check the path given with --data"
            )
        self._incomplete = incomplete
        roots = _roots(self.path)
        selected = list(roots) if modalities is None else list(modalities)
        unknown = [name for name in selected if name not in roots]
        if unknown or not selected:
            raise ConfigError(
                f"there is no modality {', '.join(unknown) or '(none is selected)'} in {self.path}",
                hint=f"available modalities: {', '.join(roots)}",
            )
        reading = Reading(
            pattern=pattern,
            band_names=tuple(band_names or ()),
            dates=tuple(dates or ()),
            stack_order=stack_order,
            nodata=nodata,
            stored_offset=stored_offset,
        )
        scales = _scales(scale, selected)
        self._collections = {
            name: Collection(name, roots[name], reading, scales.get(name)) for name in selected
        }
        self.selection = CubeSelection.of(seasons, bands, offset, keep_nodata)
        self._check_selection(bands)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities that are read."""
        return tuple(self._collections)

    @cached_property
    def _ids(self) -> list[str]:
        groups = [set(collection.sources) for collection in self._collections.values()]
        everywhere, somewhere = set.intersection(*groups), set.union(*groups)
        if self._incomplete == "error" and everywhere != somewhere:
            problems = []
            for name, collection in self._collections.items():
                missing = sorted(somewhere - set(collection.sources))
                if missing:
                    examples = ", ".join(missing[:3])
                    problems.append(f"{name}: {len(missing)} ids missing: {examples}")
            raise MissingFileError(
                f"ids in {self.path} lack a modality",
                problems=problems,
                hint="leave them out: --set dataset.incomplete=drop",
            )
        return sorted(everywhere)

    def ids(self) -> list[str]:
        """Return all ids, sorted.

        Raises
        ------
        MissingFileError
            An id lacks a modality, and ``incomplete`` is ``error``.
        """
        return list(self._ids)

    def files(self, id: str) -> Mapping[str, Path]:  # noqa: A002  the standard name
        """Return all files that the cube depends on: its GeoTIFFs and the tables."""
        found: dict[str, Path] = {}
        for name, collection in self._collections.items():
            paths = [source.path for source in self._sources(collection, id)]
            for number, path in enumerate([*paths, *collection.tables]):
                found[f"{name}/{number}" if number else name] = path
        return found

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield cubes in the order of ``ids``: (date, band, y, x) of each modality.

        Raises
        ------
        IdError
            There is no such id.
        CorruptCubeError
            A cube cannot be read, with all its problems; the cubes before it have been yielded.
        """
        for id in ids:  # noqa: A001
            yield self._cube(id)

    def label_files(self) -> list[Path]:
        """Return the label files in the folder ``labels``, sorted."""
        return sorted((self.path / LABELS).glob("*__*.csv"))

    def describe(self) -> dict[str, Any]:
        """Return how the folder was understood, as plain values."""
        described: dict[str, Any] = {"cubes": len(self._ids)}
        for name, collection in self._collections.items():
            described[name] = collection.describe()
        return described

    def _sources(self, collection: Collection, id: str) -> Sequence[Any]:  # noqa: A002
        try:
            return collection.sources[id]
        except KeyError:
            raise IdError(
                f"there is no id {id!r} in {collection.root}", hint="check the ids given with --ids"
            ) from None

    def _cube(self, id: str) -> Cube:  # noqa: A002
        parts = {}
        problems: list[str] = []
        for name, collection in self._collections.items():
            self._sources(collection, id)
            try:
                parts[name] = collection.read(id)
            except CorruptCubeError as error:
                problems += error.problems or (error.message,)
        if problems:
            shown = "; ".join(problems[:3]) + ("; ..." if len(problems) > 3 else "")
            raise CorruptCubeError(
                f"cube {id}: {shown}",
                problems=problems if len(problems) > 1 else (),
                hint="neuco validate lists what is wrong with each cube; "
                "neuco encode --skip-bad leaves them out",
            )
        first = next(iter(parts.values()))
        return self.selection.apply(
            Cube(
                id,
                {name: part.array for name, part in parts.items()},
                {name: part.bands for name, part in parts.items()},
                offset={
                    name: collection.offset
                    for name, collection in self._collections.items()
                    if collection.offset is not None
                },
                nodata={name: part.nodata for name, part in parts.items()},
                scale={
                    name: collection.scale
                    for name, collection in self._collections.items()
                    if collection.scale is not None
                },
                season_names=first.dates if len({p.dates for p in parts.values()}) == 1 else (),
                metadata=first.metadata,
                findings=tuple(finding for part in parts.values() for finding in part.findings),
            )
        )

    def _check_selection(self, bands: Sequence[str] | None) -> None:
        available = {name: collection.bands for name, collection in self._collections.items()}
        try:
            self.selection.band_positions(available)
        except ConfigError as error:
            unnamed = [name for name, c in self._collections.items() if not c.has_names]
            if bands and unnamed:
                raise ConfigError(
                    error.message,
                    hint="the files have no band names; name them with --set dataset.band_names="
                    "NAME,NAME,... (dataset.bands selects among them)",
                ) from None
            raise


def _roots(path: Path) -> dict[str, Path]:
    """Return the folder of each modality, or the only folder or file as ``image``."""
    data = path / DATA
    if not data.is_dir():
        return {MODALITY: path}
    folders = sorted(p for p in data.iterdir() if p.is_dir() and p.name[0] != ".")
    return {folder.name: folder for folder in folders} or {MODALITY: data}


def _scales(texts: Sequence[str], modalities: Sequence[str]) -> dict[str, float]:
    """Return the scale of each modality from ``NUMBER`` and ``MODALITY:NUMBER`` texts."""
    scales: dict[str, float] = {}
    for text in texts:
        modality, _, number = str(text).rpartition(":")
        try:
            scale = float(number)
        except ValueError:
            scale = 0.0
        if not 0 < scale < float("inf") or modality not in ("", *modalities):
            raise ConfigError(
                f"scale={text} is not a positive NUMBER or MODALITY:NUMBER",
                hint=f"for example --set dataset.scale={modalities[0]}:10000",
            )
        scales |= dict.fromkeys([modality] if modality else modalities, scale)
    repeated = [
        name for name, n in Counter(str(t).rpartition(":")[0] for t in texts).items() if n > 1
    ]
    if repeated:
        raise ConfigError("scale: a modality is given twice", hint="give each modality one scale")
    return scales
