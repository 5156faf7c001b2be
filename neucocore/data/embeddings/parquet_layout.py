"""Which columns of a Parquet file of embeddings hold the ids and the vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from neucocore.data.embeddings.layouts import Column, ColumnKind
from neucocore.data.embeddings.roles import Roles, assign_roles
from neucocore.data.embeddings.row_numbers import ROWS_LOOKED_AT as ROW_NUMBERS_LOOKED_AT
from neucocore.data.embeddings.row_numbers import is_row_number
from neucocore.data.embeddings.table import ReadOptions
from neucocore.data.embeddings.vector_text import column_of_cells, numbers_of_list
from neucocore.data.ids import ID
from neucocore.errors import DataError
from neucocore.files.findings import Finding, raise_for_findings

VECTOR = "embedding"
DATA_SUFFIXES = (
    *(".parquet", ".pq", ".parq", ".geoparquet", ".csv", ".csv.gz", ".tsv", ".npz", ".npy"),
    *(".feather", ".arrow", ".h5", ".hdf5", ".pt", ".pkl"),
)
PART_SUFFIXES = (".parquet", ".geoparquet", ".gpq", ".pq", ".parq")
# Rows that show whether the cells of a column of text are lists of numbers.
ROWS_LOOKED_AT = 8


def part_files(folder: Path) -> list[Path]:
    """Return the Parquet files of a folder written by TerraTorch, sorted.

    They are in the folder itself or in its only ``layer_*`` folder.

    Raises
    ------
    DataError
        There is no Parquet file, or there are several layers.
    """
    layers = sorted(path for path in folder.glob("layer_*") if path.is_dir())
    files = sorted(
        path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in PART_SUFFIXES
    )
    if files:
        return files
    if len(layers) == 1:
        return part_files(layers[0])
    if layers:
        names = ", ".join(layer.name for layer in layers)
        raise DataError(
            f"{folder} holds several layers: {names}", hint=f"pass one: {folder}:{layers[-1].name}"
        )
    others = _data_files(folder)
    but = f", but {', '.join(others[:3])}" + (" and others" if len(others) > 3 else "")
    raise DataError(
        f"{folder} holds no Parquet file" + (but if others else ""),
        hint="pass an embeddings file, or a folder of its parts, named *.parquet",
    )


def skipped_files(folder: Path, files: Sequence[Path]) -> list[Finding]:
    """Return a warning about files of data in a folder that are not among its parts."""
    read = {str(path.relative_to(folder)) for path in files}
    skipped = [name for name in _data_files(folder) if name not in read]
    if not skipped:
        return []
    message = "file in the folder not read; its parts are the files *.parquet, without sub-folders"
    return [Finding("skipped-files", "warning", message, len(skipped), tuple(skipped[:3]))]


def _data_files(folder: Path) -> list[str]:
    """Return the files of tables and arrays in a folder and its sub-folders."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.name.lower().endswith(DATA_SUFFIXES)
        and not path.name.startswith((".", "_"))
        and path.is_file()
    )


@dataclass(frozen=True)
class ParquetLayout:
    """The columns of ids, vectors and metadata in a file.

    Attributes
    ----------
    columns
        All columns of the file.
    roles
        What they are.
    dtype
        Stored type of the vectors, as named by numpy.
    """

    columns: tuple[Column, ...]
    roles: Roles
    dtype: str

    @property
    def id(self) -> str | None:
        """Name of the id column, or None."""
        return None if self.roles.id is None else self.columns[self.roles.id].name

    @property
    def vector(self) -> str | None:
        """Name of the column of vectors; None for a table with one column per dimension."""
        return None if self.roles.vector is None else self.columns[self.roles.vector].name

    @property
    def vector_is_text(self) -> bool:
        """Whether the vectors are JSON text."""
        return self.roles.vector is not None and (
            self.columns[self.roles.vector].kind == "text-list"
        )

    def metadata(self, schema: Any) -> list[str]:
        """Return the names of the metadata columns with one plain value per row."""
        names = [self.columns[position].name for position in self.roles.metadata]
        return [name for name in names if not _is_nested(schema.field(name).type)]


def parquet_layout(file: Any, path: Path, options: ReadOptions) -> ParquetLayout:
    """Find the columns of ids and vectors of an open Parquet file.

    Raises
    ------
    DataError
        There are no vectors, or it is unclear which columns hold them.
    """
    schema = file.schema_arrow
    texts = _texts(file, [field.name for field in schema if _is_text(field.type)])
    columns = tuple(
        column_of_cells(field.name, texts[field.name], str(field.type))
        if field.name in texts
        else Column(field.name, _kind(field.type), str(field.type), _length(field.type))
        for field in schema
    )
    roles = assign_roles(columns, options, lambda: _row_number_columns(file, columns))
    unreadable = ("duplicate-columns", "text-columns")
    if not roles.has_vectors or any(finding.code in unreadable for finding in roles.findings):
        raise_for_findings(path, roles.findings)
    return ParquetLayout(columns, roles, _stored_type(schema, columns, roles))


def _row_number_columns(file: Any, columns: Sequence[Column]) -> frozenset[int]:
    """Return the positions of the columns of row numbers; reads all columns of numbers."""
    found = []
    for position, column in enumerate(columns):
        if column.kind != "number" or file.metadata.num_rows > ROW_NUMBERS_LOOKED_AT:
            continue
        values = file.read(columns=[column.name]).column(0)
        if not values.null_count and is_row_number(values.to_numpy().astype(np.float64)):
            found.append(position)
    return frozenset(found)


def _texts(file: Any, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the first cells of the columns of text, except of one named ``id``."""
    names = [name for name in names if name != ID and names.count(name) == 1]
    if not names or not file.metadata.num_rows:
        return {}
    batch = next(file.iter_batches(batch_size=ROWS_LOOKED_AT, columns=names), None)
    if batch is None:
        return {}
    return {
        name: [str(cell) for cell in batch.column(name).to_pylist() if cell is not None]
        for name in names
        if name in batch.schema.names
    }


def _kind(kind: Any) -> ColumnKind | None:
    if _is_list(kind):
        return "list" if _is_number(kind.value_type) else "nested"
    if pa.types.is_struct(kind) or pa.types.is_map(kind) or isinstance(kind, pa.BaseExtensionType):
        return "nested"
    if _is_number(kind):
        return "number"
    if pa.types.is_null(kind):
        return None
    if (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    ):
        return "binary"
    return "text"


def _length(kind: Any) -> int | None:
    return int(kind.list_size) if pa.types.is_fixed_size_list(kind) else None


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_nested(kind: Any) -> bool:
    return bool(pa.types.is_nested(kind) or _kind(kind) == "binary")


def _stored_type(schema: Any, columns: Sequence[Column], roles: Roles) -> str:
    """Return the type of the vectors, as named by numpy; of mixed columns one that holds all."""
    if roles.vector is not None:
        kind = schema.field(columns[roles.vector].name).type
        return _numpy_name(str(kind.value_type)) if _is_list(kind) else "text"
    kinds = {str(schema.field(name).type) for name in roles.names}
    names = sorted(_numpy_name(kind) for kind in kinds)
    return str(np.result_type(*names)) if len(names) > 1 else names[0]


def _is_list(kind: Any) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _is_number(kind: Any) -> bool:
    return bool(
        pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)
    )


def _numpy_name(arrow: str) -> str:
    names = {"halffloat": "float16", "float": "float32", "double": "float64"}
    return "float64" if arrow.startswith("decimal") else names.get(arrow, arrow)


def vector_length(files: Sequence[Any], layouts: Sequence[ParquetLayout]) -> int:
    """Return the length of the first vector that is not null; 0 if there is none."""
    for file, layout in zip(files, layouts, strict=True):
        if layout.vector is None:
            continue
        kind = file.schema_arrow.field(layout.vector).type
        if pa.types.is_fixed_size_list(kind):
            return int(kind.list_size)
        for batch in file.iter_batches(batch_size=64, columns=[layout.vector]):
            column = batch.column(0)
            lengths = (
                [_text_length(cell) for cell in column.to_pylist()]
                if layout.vector_is_text
                else column.value_lengths().to_pylist()
            )
            for length in lengths:
                if length is not None:
                    return int(length)
    return 0


def _text_length(cell: str | None) -> int | None:
    numbers = None if cell is None else numbers_of_list(cell)
    return None if numbers is None else len(numbers)
