"""Embeddings that are objects in memory: `Embeddings`, arrays with ids, and data frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neucocore.data.embeddings.cells import BadCells, to_float32
from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions
from neucocore.data.in_memory import InMemory
from neucocore.errors import ConfigError, IdError, ShapeError
from neucocore.files.frames import arrow_table, is_frame


def read_object(source: InMemory, options: ReadOptions) -> EmbeddingTable:
    """Read embeddings from an object as from a file; its problems are returned as findings.

    Raises
    ------
    ConfigError
        Options that do not apply to such an object.
    DataError
        It is none of the objects that hold embeddings.
    """
    value = source.value
    if is_frame(value):
        _refuse(source.ids is not None, "ids", "a data frame has its ids in a column or the index")
        return _read_frame(source, options)
    _refuse(options.id is not None, "id", "it names a column of a file or data frame")
    _refuse(options.vector is not None, "vector", "it names columns of a file or data frame")
    if isinstance(value, Embeddings):
        _refuse(source.ids is not None, "ids", "these embeddings have their own ids")
        return EmbeddingTable(
            list(value.ids),
            value.matrix,
            _describe_row,
            dict(value.metadata),
            value.dtype,
            list(value.findings),
            dict(value.extra),
            year_column=value.year_column,
        )
    return _read_array(source, options)


def _read_frame(source: InMemory, options: ReadOptions) -> EmbeddingTable:
    from neucocore.data.embeddings.parquet import read_parts

    table = arrow_table(source.value, "embeddings", options.id)
    return read_parts([_ArrowFile(table)], [Path(source.name)], options)


def _read_array(source: InMemory, options: ReadOptions) -> EmbeddingTable:
    try:
        array = np.asarray(source.value)
        values = array if array.dtype.kind in "biuf" else array.astype(np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 2:
        raise ShapeError(
            f"embeddings are a file, Embeddings, a data frame or an (n, d) array of numbers; found "
            f"{_described(source.value)}",
            hint="pass one row per sample, all of the same length",
        )
    if source.ids is None:
        raise IdError(
            f"the {len(values)} rows of the array have no ids", hint="pass ids=..., one per row"
        )
    if len(source.ids) != len(values):
        raise ShapeError(
            f"{len(source.ids)} ids for {len(values)} rows of embeddings",
            hint="pass one id per row",
        )
    cells = BadCells([str(column) for column in range(values.shape[1])])
    matrix = to_float32(values, cells, 0, _describe_row)
    findings = cells.findings(options, len(values))
    dtype = str(array.dtype) if values is array else "float64"
    return EmbeddingTable(list(source.ids), matrix, _describe_row, {}, dtype, findings)


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    kind = type(value).__name__
    return kind if shape is None else f"{kind} of shape {tuple(shape)}"


def _describe_row(row: int) -> str:
    return f"row {row + 1}"


def _refuse(given: bool, option: str, reason: str) -> None:
    if given:
        raise ConfigError(
            f"{option} does not apply to these embeddings: {reason}", hint=f"leave {option} out"
        )


class _ArrowFile:
    """An Arrow table with the methods of a `pyarrow.parquet.ParquetFile` that its reader uses."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.schema_arrow = table.schema
        self.metadata = self

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return int(self._table.num_rows)

    def read(self, columns: list[str]) -> Any:
        """Return some columns."""
        return self._table.select(columns)

    def iter_batches(self, batch_size: int, columns: list[str]) -> Any:
        """Return some columns in parts."""
        return iter(self._table.select(columns).to_batches(max_chunksize=batch_size))
