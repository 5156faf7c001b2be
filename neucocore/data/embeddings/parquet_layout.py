"""Which columns of a Parquet file of embeddings hold the ids and the vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from neucocore.data.embeddings.columns import choose_columns
from neucocore.data.embeddings.table import ReadOptions
from neucocore.data.ids import no_id_column
from neucocore.errors import DataError
from neucocore.files.findings import Finding, raise_for_findings

# TerraTorch calls the id column `file_id`.
ID_NAMES = ("id", "file_id")
VECTOR = "embedding"


def part_files(folder: Path) -> list[Path]:
    """Return the Parquet files of a folder written by TerraTorch, sorted.

    They are in the folder itself or in its only ``layer_*`` folder.

    Raises
    ------
    DataError
        There is no Parquet file, or there are several layers.
    """
    layers = sorted(path for path in folder.glob("layer_*") if path.is_dir())
    files = sorted(folder.glob("*.parquet"))
    if files:
        return files
    if len(layers) == 1:
        return part_files(layers[0])
    if layers:
        names = ", ".join(layer.name for layer in layers)
        raise DataError(f"{folder} holds several layers: {names}", hint=f"pass one: {layers[-1]}")
    raise DataError(
        f"{folder} holds no Parquet file", hint="pass an embeddings file, or a folder of its parts"
    )


@dataclass(frozen=True)
class ParquetLayout:
    """The columns of ids and vectors in a file.

    Attributes
    ----------
    id
        Name of the id column, or None.
    vector
        Name of the list column; None for a table with one column per dimension.
    columns
        Columns of the dimensions in order; empty if there is a list column.
    dtype
        Stored type, as named by numpy.
    findings
        Problems and warnings about the columns.
    """

    id: str | None
    vector: str | None
    columns: tuple[str, ...]
    dtype: str
    findings: list[Finding] = field(default_factory=list)


def parquet_layout(file: Any, path: Path, options: ReadOptions) -> ParquetLayout:
    """Find the columns of ids and vectors of an open Parquet file.

    Raises
    ------
    DataError
        There are no vectors, several columns that could hold them, or columns with the same name.
    """
    schema = file.schema_arrow
    names = list(schema.names)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(
            f"{path}: column name occurs more than once: {', '.join(map(repr, repeated[:3]))}",
            hint="rename the columns so that each name occurs once",
        )
    vectors = [name for name in names if _is_list(schema.field(name).type)]
    vector = VECTOR if VECTOR in vectors else vectors[0] if len(vectors) == 1 else None
    if vectors and vector is None:
        raise DataError(
            f"{path} has several list columns: {', '.join(map(repr, vectors))}",
            hint=f"rename the column of the vectors to {VECTOR!r}",
        )
    if vector is not None:
        return _vector_layout(schema, vector, path)
    columns = choose_columns(names, options, id_names=ID_NAMES)
    if not columns.dimensions:
        raise_for_findings(path, columns.findings)
    stored = [names[position] for position in columns.dimensions]
    texts = [name for name in stored if not _is_number(schema.field(name).type)]
    if texts:
        shown = tuple(f"{name!r} ({schema.field(name).type})" for name in texts[:3])
        columns.findings.append(
            Finding("text-columns", "error", "column is not numeric", len(texts), shown)
        )
        raise_for_findings(path, columns.findings)
    identifier = None if columns.id is None else names[columns.id]
    dtype = str(schema.field(stored[0]).type)
    return ParquetLayout(identifier, None, tuple(stored), _numpy_name(dtype), columns.findings)


def _vector_layout(schema: Any, vector: str, path: Path) -> ParquetLayout:
    kind = schema.field(vector).type.value_type
    if not _is_number(kind):
        raise DataError(
            f"{path}: column {vector!r} is a list of {kind}, not of numbers",
            hint="pool patch embeddings to one vector per sample",
        )
    identifier = next((name for name in ID_NAMES if name in schema.names), None)
    findings = []
    if identifier is None:
        findings.append(no_id_column(schema.names))
    return ParquetLayout(identifier, vector, (), _numpy_name(str(kind)), findings)


def _is_list(kind: Any) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _numpy_name(arrow: str) -> str:
    return {"halffloat": "float16", "float": "float32", "double": "float64"}.get(arrow, arrow)


def vector_length(files: Sequence[Any], layouts: Sequence[ParquetLayout]) -> int:
    """Return the length of the first vector that is not null; 0 if there is none."""
    for file, layout in zip(files, layouts, strict=True):
        if layout.vector is None:
            continue
        kind = file.schema_arrow.field(layout.vector).type
        if pa.types.is_fixed_size_list(kind):
            return int(kind.list_size)
        for batch in file.iter_batches(batch_size=64, columns=[layout.vector]):
            for length in batch.column(0).value_lengths().to_pylist():
                if length is not None:
                    return int(length)
    return 0
