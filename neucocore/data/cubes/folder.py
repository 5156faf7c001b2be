"""A folder of cube files, one sample and modality a file, as a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from neucocore.data.cubes.assembly import read_cube
from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.file import CubeFile, MissingChunks
from neucocore.data.cubes.layouts import BARE, LAYOUTS, SUFFIX, find_cubes
from neucocore.data.cubes.schema import CubeSchema, undeclared_schema
from neucocore.data.cubes.selection import CubeSelection
from neucocore.data.ids import ID, bare_id
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.subset import subset_ids
from neucocore.errors import ConfigError, CorruptCubeError, DataError, MissingFileError
from neucocore.files.content_type import no_folder
from neucocore.files.findings import raise_for_findings
from neucocore.files.text_table import read_text_table

SEASONS = ("spring", "summer", "fall", "winter")
LABELS = "labels"


class CubeFolder:
    """Cubes that lie as ``data/<modality>/part-*/<id>.zarr.zip``, or in one of the older layouts.

    Parameters
    ----------
    path
        The data set's folder, with ``data`` (or ``data_dev`` and ``data_eval``, or
        ``data_example``) and ``labels`` in it; or the folder of the modalities itself.
    schemas
        Modality name to what its files look like; None: as the first cube of each modality is.
    stored_offset
        With ``schemas=None``, the digital-number offset of the Sentinel-2 files: 0, 1000, or None
        for unknown.
    sentinel2
        With ``schemas=None``, the modalities that hold Sentinel-2 digital numbers; None: those
        with integer values and Sentinel-2 band names.
    season_names
        Names of the seasons where a cube has as many.
    modalities, seasons, bands, offset, keep_nodata
        What to read; see `CubeSelection`. ``modalities=None`` reads those that are there.
    missing_chunks
        ``error``, ``warn`` or ``fill``; see `CubeFile.read`.
    incomplete
        ``error`` or ``drop``: what an id that lacks a modality leads to.
    subset
        Only the ids that this subset holds in a label file: ``COLUMN`` (true cells) or
        ``COLUMN=VALUE``.
    subfolder
        The only sub-folder to read.

    Raises
    ------
    MissingFileError
        No such folder, no cube in it, or a modality that was asked for is not there.
    ConfigError
        A band, season or column that does not exist.
    """

    def __init__(
        self,
        path: str | Path,
        schemas: Mapping[str, CubeSchema] | None = None,
        *,
        stored_offset: int | None = None,
        sentinel2: Sequence[str] | None = None,
        season_names: Sequence[str] = SEASONS,
        modalities: Sequence[str] | None = None,
        seasons: Sequence[str | int] | None = None,
        bands: Sequence[str] | None = None,
        offset: int | None = None,
        keep_nodata: bool = True,
        missing_chunks: MissingChunks = "error",
        incomplete: Literal["error", "drop"] = "error",
        subset: str | None = None,
        subfolder: str | None = None,
    ) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise MissingFileError(no_folder(self.path), hint="neuco data download NAME --out DIR")
        self._season_names = tuple(season_names)
        self._missing_chunks: MissingChunks = missing_chunks
        self._incomplete = incomplete
        self._subset = subset
        self._files = self._found(subfolder, schemas, modalities)
        self.schemas = (
            self._undeclared_schemas(stored_offset, sentinel2)
            if schemas is None
            else {modality: schemas[modality] for modality in self._files}
        )
        self.selection = CubeSelection.of(seasons, bands, offset, keep_nodata)
        self.selection.band_positions({m: s.bands for m, s in self.schemas.items()})

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities that are read."""
        return tuple(self._files)

    def ids(self) -> list[str]:
        """Return all cube ids, sorted.

        Raises
        ------
        MissingFileError
            Some ids lack a modality.
        """
        everywhere = set.intersection(*map(set, self._files.values()))
        if self._incomplete == "error":
            somewhere = set.union(*map(set, self._files.values()))
            if somewhere != everywhere:
                self._raise_incomplete(somewhere - everywhere)
        if self._subset is not None:
            label_files = [read_label_file(path) for path in self.label_files()]
            everywhere &= subset_ids(label_files, self._subset)
        return sorted(everywhere)

    def files(self, id: str) -> Mapping[str, Path]:  # noqa: A002  the field's word
        """Return the file of each modality of one cube.

        Raises
        ------
        MissingFileError
            The id has no file in some modality.
        """
        try:
            return {modality: files[id] for modality, files in self._files.items()}
        except KeyError:
            self._raise_incomplete({id})
            raise

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield cubes in the order given, one in memory at a time.

        Raises
        ------
        MissingFileError, CorruptCubeError
            Naming the file; cubes before it have been given out.
        """
        for id in ids:  # noqa: A001
            yield self._cube(id)

    def label_files(self) -> list[Path]:
        """Return the label files that come with the data, sorted."""
        return sorted((self.home / LABELS).glob("*.csv"))

    @property
    def home(self) -> Path:
        """The folder of ``labels`` and ``locations.csv``, also when `path` is its ``data``.

        A data set may itself lie in a folder named ``data``: what it holds decides, not its name.
        """
        path = self.path.absolute()
        named = path.name in {name for group in LAYOUTS for name in group}
        inside = self._layout == BARE and named and not (path / LABELS).is_dir()
        return path.parent if inside else self.path

    def _cube(self, id: str) -> Cube:  # noqa: A002
        with ExitStack() as stack:
            opened = {}
            for modality, file in self.files(id).items():
                opened[modality] = stack.enter_context(CubeFile(file, self.schemas[modality]))
                self._check_shape(modality, opened[modality])
            cube = read_cube(
                id,
                opened,
                season_names=self._season_names,
                metadata=self._places.get(id),
                missing_chunks=self._missing_chunks,
            )
        return self.selection.apply(cube)

    def _found(
        self,
        subfolder: str | None,
        schemas: Mapping[str, CubeSchema] | None,
        modalities: Sequence[str] | None,
    ) -> dict[str, dict[str, Path]]:
        layouts = LAYOUTS if subfolder is None else ((subfolder,),)
        for layout in layouts:
            roots = [self.path / name for name in layout if (self.path / name).is_dir()]
            found = find_cubes(roots, None if schemas is None else tuple(schemas))
            if found:
                self._layout = layout
                return self._chosen(found, modalities)
        looked = ", ".join(f"{name}/<modality>" for group in layouts for name in group)
        raise MissingFileError(
            f"no cubes (*{SUFFIX}) in {self.path}: looked in {looked}"
            + ("" if schemas is None else f" for {', '.join(schemas)}"),
            hint="neuco data download NAME --out DIR, or give the folder that holds data/",
        )

    def _chosen(
        self, found: dict[str, dict[str, Path]], modalities: Sequence[str] | None
    ) -> dict[str, dict[str, Path]]:
        if modalities is None:
            return found
        absent = [modality for modality in modalities if modality not in found]
        if absent or not modalities:
            raise MissingFileError(
                f"no cubes of modality {', '.join(absent) or '(none)'} in {self.path}",
                hint=f"there are {', '.join(found)}",
            )
        return {modality: found[modality] for modality in modalities}

    def _undeclared_schemas(
        self, stored_offset: int | None, sentinel2: Sequence[str] | None
    ) -> dict[str, CubeSchema]:
        unknown = [modality for modality in sentinel2 or () if modality not in self._files]
        if unknown:
            raise ConfigError(
                f"sentinel2={','.join(unknown)}: no such modality in {self.path}",
                hint=f"available modalities: {', '.join(self._files)}",
            )
        schemas = {}
        for modality in self._files:
            with self._first(modality) as first:
                schemas[modality] = undeclared_schema(
                    first.bands,
                    first.dtype,
                    sentinel2=None if sentinel2 is None else modality in sentinel2,
                    offset=stored_offset,
                )
        return schemas

    def _first(self, modality: str) -> CubeFile:
        """Open the first file of a modality that can be opened: the others shall be like it."""
        files = self._files[modality]
        broken: DataError | None = None
        for id in sorted(files):  # noqa: A001
            try:
                return CubeFile(files[id])
            except DataError as error:
                broken = broken or error
        raise broken or MissingFileError(f"no cubes of modality {modality} in {self.path}")

    @cached_property
    def _shapes(self) -> dict[str, tuple[Path, tuple[int, ...]]]:
        """Per modality the file and shape of the first cube that can be opened."""
        shapes: dict[str, tuple[Path, tuple[int, ...]]] = {}
        for modality in self._files:
            with self._first(modality) as first:
                shapes[modality] = (first.path, first.shape)
        return shapes

    def _check_shape(self, modality: str, file: CubeFile) -> None:
        first, shape = self._shapes[modality]
        if file.shape != shape:
            raise CorruptCubeError(
                f"cube {file.path}: its shape (season, band, y, x) is {file.shape}, "
                f"that of the folder's first cube {first.name} is {shape}",
                hint="keep cubes of one shape in a folder; neuco data check PATH lists them all",
            )

    def _raise_incomplete(self, ids: Iterable[str]) -> None:
        problems = []
        for modality, files in self._files.items():
            absent = sorted(set(ids) - set(files))
            if absent:
                shown = ", ".join(absent[:3]) + (", ..." if len(absent) > 3 else "")
                problems.append(f"{modality} lacks {len(absent)}: {shown}")
        raise MissingFileError(
            f"some cubes in {self.path} lack a modality",
            problems=problems,
            hint="download the rest, read fewer with --dataset-set modalities=..., "
            "or drop these ids with --dataset-set incomplete=drop",
        )

    @cached_property
    def _places(self) -> dict[str, dict[str, Any]]:
        """Rows of ``locations.csv`` by id, where there is one."""
        file = self.home / "locations.csv"
        if not file.is_file():
            return {}
        table = read_text_table(file)
        raise_for_findings(file, table.findings)
        if ID not in table.columns:
            return {}
        rows = [dict(zip(table.columns, cells, strict=True)) for cells in table.rows]
        return {
            bare_id(row.pop(ID)): {key: _number(value) for key, value in row.items()}
            for row in rows
        }


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
