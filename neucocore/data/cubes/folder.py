"""A folder of cube files as a data set: one file per sample and modality."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from neucocore.data.cubes.assembly import read_cube
from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.file import CubeFile, MissingChunks
from neucocore.data.cubes.layouts import BARE, LABELS, LAYOUTS, SEASONS, SUFFIX, find_cubes
from neucocore.data.cubes.schema import CubeSchema, parse_scale, undeclared_schema
from neucocore.data.cubes.selection import CubeSelection
from neucocore.data.ids import ID, bare_id
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.subset import subset_ids
from neucocore.errors import ConfigError, CorruptCubeError, DataError, MissingFileError
from neucocore.files.cells import is_number
from neucocore.files.content_type import no_folder
from neucocore.files.findings import raise_for_findings
from neucocore.files.text_table import read_text_table
from neucocore.messages import pluralize, quoted


class CubeFolder:
    """Cubes in ``data/<modality>/part-*/<id>.zarr.zip``, or in one of the older layouts.

    Parameters
    ----------
    path
        Folder of the data set, with ``data`` (or ``data_dev`` and ``data_eval``, or
        ``data_example``) and ``labels`` in it; or the folder of the modalities itself.
    schemas
        Modality name to the declared form of its files; None: as the first file of each modality.
    stored_offset
        With ``schemas=None``, the digital-number offset of the Sentinel-2 files: 0, 1000, or None
        for unknown.
    sentinel2
        With ``schemas=None``, the modalities that hold Sentinel-2 digital numbers; None: those
        with integer values and Sentinel-2 band names.
    nodata
        With ``schemas=None``, the value that means "no data"; other values that a file declares as
        no data are replaced by it. None: 0 in Sentinel-2 files, no value in others, so that a file
        with declared no data is an error.
    scale
        With ``schemas=None``, ``MODALITY:NUMBER`` texts, or ``NUMBER`` for all modalities: what
        the values are divided by to be of order one; without it, see
        `neucocore.data.cubes.schema.undeclared_schema`.
    season_names
        Names of the seasons of cubes that have this number of seasons.
    modalities, seasons, bands, offset, keep_nodata
        What to read; see `CubeSelection`. ``modalities=None`` reads all.
    missing_chunks
        ``error``, ``warn`` or ``fill``; see `CubeFile.read`.
    incomplete
        How to treat ids that lack a modality: ``error`` or ``drop``.
    subset
        Only the ids of this subset of the label files, ``COLUMN`` or ``COLUMN=VALUE``; see
        `neucocore.data.labels.subset.subset_ids`.
    subfolder
        The only sub-folder to read.

    Raises
    ------
    MissingFileError
        There is no such folder, or no cube of a requested modality in it.
    ConfigError
        A requested band, season or column does not exist.
    """

    def __init__(
        self,
        path: str | Path,
        schemas: Mapping[str, CubeSchema] | None = None,
        *,
        stored_offset: int | None = None,
        sentinel2: Sequence[str] | None = None,
        nodata: float | None = None,
        scale: Sequence[str] = (),
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
            raise MissingFileError(no_folder(self.path), hint="neuco data download NAME -o DIR")
        self._season_names = tuple(season_names)
        self._missing_chunks: MissingChunks = missing_chunks
        self._incomplete = incomplete
        self._subset = subset
        self._files = self._find_files(subfolder, schemas, modalities)
        self.schemas = (
            self._undeclared_schemas(stored_offset, sentinel2, nodata, scale)
            if schemas is None
            else {modality: schemas[modality] for modality in self._files}
        )
        self.selection = CubeSelection.of(seasons, bands, offset, keep_nodata)
        self.selection.band_positions({m: s.bands for m, s in self.schemas.items()})

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities to read."""
        return tuple(self._files)

    def ids(self) -> list[str]:
        """Return all cube ids, sorted.

        Raises
        ------
        MissingFileError
            An id lacks a modality, and ``incomplete`` is ``error``.
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
            The id has no file of a modality.
        """
        try:
            return {modality: files[id] for modality, files in self._files.items()}
        except KeyError:
            self._raise_incomplete({id})
            raise

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield cubes in the order of `ids`, with one in memory at a time.

        Raises
        ------
        MissingFileError, CorruptCubeError
            A cube cannot be read; the cubes before it have been yielded.
        """
        for id in ids:  # noqa: A001
            yield self._cube(id)

    def label_files(self) -> list[Path]:
        """Return the label files of the data set, sorted."""
        return sorted((self.home / LABELS).glob("*.csv"))

    @property
    def home(self) -> Path:
        """The folder of ``labels`` and ``locations.csv``; the parent if `path` is its ``data``.

        A data set may itself be in a folder called ``data``, so the content decides too.
        """
        path = self.path.absolute()
        has_data_name = path.name in {name for group in LAYOUTS for name in group}
        is_data = self._layout == BARE and has_data_name and not (path / LABELS).is_dir()
        return path.parent if is_data else self.path

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
                metadata=self._locations.get(id),
                missing_chunks=self._missing_chunks,
            )
        return self.selection.apply(cube)

    def _find_files(
        self,
        subfolder: str | None,
        schemas: Mapping[str, CubeSchema] | None,
        modalities: Sequence[str] | None,
    ) -> dict[str, dict[str, Path]]:
        layouts = LAYOUTS if subfolder is None else ((subfolder,),)
        for layout in layouts:
            roots = [self.path / name for name in layout if (self.path / name).is_dir()]
            files = find_cubes(roots, None if schemas is None else tuple(schemas))
            if files:
                self._layout = layout
                return self._of_modalities(files, modalities)
        searched = ", ".join(f"{name}/<modality>" for group in layouts for name in group)
        raise MissingFileError(
            f"no cubes (*{SUFFIX}) in {self.path}; searched {searched}"
            + ("" if schemas is None else f" for {', '.join(schemas)}"),
            hint="pass the folder that holds data/, or download the data set: "
            "neuco data download NAME -o DIR",
        )

    def _of_modalities(
        self, files: dict[str, dict[str, Path]], modalities: Sequence[str] | None
    ) -> dict[str, dict[str, Path]]:
        if modalities is None:
            return files
        missing = [modality for modality in modalities if modality not in files]
        if missing or not modalities:
            raise MissingFileError(
                f"no cubes of modality {', '.join(missing) or '(none)'} in {self.path}",
                hint=f"available modalities: {', '.join(files)}",
            )
        return {modality: files[modality] for modality in modalities}

    def _undeclared_schemas(
        self,
        stored_offset: int | None,
        sentinel2: Sequence[str] | None,
        nodata: float | None,
        scale: Sequence[str],
    ) -> dict[str, CubeSchema]:
        scale_of = dict(map(parse_scale, scale))
        scale_of_others = scale_of.pop("", None)
        for parameter, named in (("sentinel2", sentinel2 or ()), ("scale", scale_of)):
            unknown = [modality for modality in named if modality not in self._files]
            if unknown:
                raise ConfigError(
                    f"{parameter}={','.join(unknown)}: no such modality in {self.path}",
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
                    nodata=nodata,
                    scale=scale_of.get(modality, scale_of_others),
                )
        return schemas

    def _first(self, modality: str) -> CubeFile:
        """Open the first valid file of a modality, to which the others are compared."""
        files = self._files[modality]
        first_error: DataError | None = None
        for id in sorted(files):  # noqa: A001
            try:
                return CubeFile(files[id])
            except DataError as error:
                first_error = first_error or error
        if first_error is None:
            raise MissingFileError(f"no cubes of modality {modality} in {self.path}")
        raise type(first_error)(
            f"none of {pluralize(len(files), 'file')} of modality {modality} can be opened; the "
            f"first: {first_error.message}",
            hint=f"neuco validate {quoted(self.path)} lists what is wrong with each",
        )

    @cached_property
    def _shapes(self) -> dict[str, tuple[Path, tuple[int, ...]]]:
        """Modality to path and shape of its first valid file."""
        shapes: dict[str, tuple[Path, tuple[int, ...]]] = {}
        for modality in self._files:
            with self._first(modality) as first:
                shapes[modality] = (first.path, first.shape)
        return shapes

    def _check_shape(self, modality: str, file: CubeFile) -> None:
        first, shape = self._shapes[modality]
        if file.shape != shape:
            raise CorruptCubeError(
                f"cube {file.path}: its shape (season, band, y, x) is {file.shape}, but the first "
                f"cube {first.name} has {shape}",
                hint="keep cubes of one shape in a folder; list the others with neuco validate "
                f"{quoted(self.path)}",
            )

    def _raise_incomplete(self, ids: Iterable[str]) -> None:
        problems = []
        for modality, files in self._files.items():
            missing = sorted(set(ids) - set(files))
            if missing:
                examples = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
                problems.append(f"{modality}: {len(missing)} cubes missing: {examples}")
        raise MissingFileError(
            f"cubes in {self.path} lack a modality",
            problems=problems,
            hint=self._hint_for_incomplete(),
        )

    def _hint_for_incomplete(self) -> str:
        ways = ["download the missing files"]
        everywhere = set.intersection(*map(set, self._files.values()))
        somewhere = set.union(*map(set, self._files.values()))
        complete = [modality for modality, files in self._files.items() if somewhere == set(files)]
        if complete:
            ways.append(f"read others only: --set dataset.modalities={','.join(complete)}")
        if everywhere:
            ways.append("leave these ids out: --set dataset.incomplete=drop")
        return "; or ".join(ways)

    @cached_property
    def _locations(self) -> dict[str, dict[str, Any]]:
        """Rows of ``locations.csv`` by id; empty without this file."""
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
    return float(text) if is_number(text) else text
