"""Embeddings as Parquet: ``id`` and a list column ``embedding``, or one column per dimension.

Files are written as in the geo-embeddings proposal: a column ``embedding``, and in the footer the
key ``emb`` with JSON: ``version``, ``embedding_dim``, ``embedding_quantization`` and the metadata
(``model``, ``datasets``, ``license``, ...).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import BadCells, to_float32
from neucocore.data.embeddings.parquet_layout import (
    VECTOR,
    ParquetLayout,
    parquet_layout,
    vector_length,
)
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions, damaged_file
from neucocore.errors import DataError
from neucocore.files.atomic import replacing
from neucocore.files.findings import Finding

FOOTER_KEY = b"emb"
EMB_VERSION = "0.0.1"
# Keys about the structure of the file; the others are the metadata of the embeddings.
STRUCTURE = ("version", "embedding_dim", "embedding_quantization")
BLOCK_BYTES = 16 << 20
ROW_GROUP_BYTES = 16 << 20


def read_parquet(paths: Sequence[Path], options: ReadOptions) -> EmbeddingTable:
    """Read one Parquet file of embeddings, or several parts, in the order of `paths`.

    Raises
    ------
    DataError
        A file is damaged or has no vectors; other problems are returned as findings.
    """
    files = [_open(path) for path in paths]
    layouts = [parquet_layout(file, path, options) for file, path in zip(files, paths, strict=True)]
    first = layouts[0]
    for layout, path in zip(layouts, paths, strict=True):
        _check_same_columns(layout, first, path, paths[0])
    d = len(first.columns) or vector_length(files, layouts)
    names = first.columns or tuple(str(column) for column in range(d))
    rows = _Rows(paths, [file.metadata.num_rows for file in files], names)
    for file, layout, path in zip(files, layouts, paths, strict=True):
        try:
            # In the order of the first part; the others may have another order.
            rows.read(file, replace(layout, columns=first.columns))
        except (pa.ArrowException, OSError) as error:
            raise damaged_file(path, error) from error
    findings = list(first.findings)
    findings.extend(f for layout in layouts[1:] for f in layout.findings if f.level == "error")
    findings.extend(rows.findings(options))
    ids = None if any(layout.id is None for layout in layouts) else rows.ids
    return EmbeddingTable(
        ids, rows.matrix, rows.describe_row, _metadata(files[0], paths[0]), first.dtype, findings
    )


def _check_same_columns(
    layout: ParquetLayout, first: ParquetLayout, path: Path, first_path: Path
) -> None:
    """Raise if the dimensions of a part are not those of the first part."""
    if bool(layout.vector) == bool(first.vector) and set(layout.columns) == set(first.columns):
        return
    different = sorted(set(layout.columns) ^ set(first.columns))
    raise DataError(
        f"{path} has other embedding columns than {first_path.name}: "
        f"{', '.join(map(repr, different[:3]))} only in one of them",
        hint="keep the parts of one embedding in a folder, and other files in another folder",
    )


def _open(path: Path) -> Any:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise damaged_file(path, error) from error


class _Rows:
    """Reads ids and vectors of several files in batches into one matrix."""

    def __init__(self, paths: Sequence[Path], counts: Sequence[int], names: Sequence[str]) -> None:
        self.ids: list[str] = []
        self.matrix = np.zeros((sum(counts), len(names)), dtype=np.float32)
        self._cells = BadCells(names)
        self._ragged: list[str] = []
        self._other_id_type: str | None = None
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._parts = [path.name for path in paths]
        self._at = 0

    def describe_row(self, row: int) -> str:
        """Return the place of a row: its number from 1, and its part if there are several."""
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        number = row - int(self._starts[part]) + 1
        return f"row {number}" if len(self._parts) == 1 else f"{self._parts[part]} row {number}"

    def read(self, file: Any, layout: ParquetLayout) -> None:
        """Read all rows of one file."""
        columns = [layout.vector] if layout.vector else list(layout.columns)
        if layout.id:
            columns.append(layout.id)
        size = max(1, BLOCK_BYTES // (4 * max(self.matrix.shape[1], 1)))
        for batch in file.iter_batches(batch_size=size, columns=columns):
            if layout.vector:
                self._add_vectors(batch.column(layout.vector))
            else:
                self._add_columns([batch.column(name) for name in layout.columns])
            if layout.id:
                self.ids.extend(self._id_texts(batch.column(layout.id)))
            self._at += len(batch)

    def findings(self, options: ReadOptions) -> list[Finding]:
        """Return the findings about rows and cells."""
        findings = self._cells.findings(options)
        if self._ragged:
            message = f"vector without exactly {self.matrix.shape[1]} numbers"
            examples = tuple(self._ragged[:3])
            findings.append(Finding("ragged-rows", "error", message, len(self._ragged), examples))
        if self._other_id_type:
            findings.append(
                Finding("typed-ids", "repaired", f"{self._other_id_type} ids read as text")
            )
        return findings

    def _add_vectors(self, column: Any) -> None:
        """Add a batch of the list column."""
        d = self.matrix.shape[1]
        lengths = column.value_lengths()
        if column.null_count == 0 and pc.all(pc.equal(lengths, d)).as_py() is not False:
            self._add_values(column.flatten(), self._at, len(column))
            return
        for row, length in enumerate(lengths.to_pylist()):
            at = self._at + row
            if length == d and column[row].is_valid:
                self._add_values(column[row].values, at, 1)
            else:
                count = "null" if length is None or not column[row].is_valid else str(length)
                self._ragged.append(f"{self.describe_row(at)} has {count}")

    def _add_columns(self, columns: Sequence[Any]) -> None:
        """Add a batch with one column per dimension."""
        rows = len(columns[0])
        flat = np.empty((rows, len(columns)), dtype=np.float64)
        empty = np.zeros((rows, len(columns)), dtype=bool)
        for position, column in enumerate(columns):
            flat[:, position] = column.to_numpy(zero_copy_only=False)
            if column.null_count:
                empty[:, position] = column.is_null().to_numpy(zero_copy_only=False)
        self._store(flat, empty, self._at)

    def _add_values(self, values: Any, first_row: int, rows: int) -> None:
        shape = (rows, self.matrix.shape[1])
        empty = None
        if values.null_count:
            empty = values.is_null().to_numpy(zero_copy_only=False).reshape(shape)
        self._store(values.to_numpy(zero_copy_only=False).reshape(shape), empty, first_row)

    def _store(self, values: NDArray[Any], empty: NDArray[np.bool_] | None, first_row: int) -> None:
        if empty is not None and empty.any():
            self._cells.add_mask("empty", empty, first_row, self.describe_row)
            values = np.where(empty, 0, values)
        end = first_row + len(values)
        self.matrix[first_row:end] = to_float32(values, self._cells, first_row, self.describe_row)

    def _id_texts(self, column: Any) -> list[str]:
        kind = column.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            self._other_id_type = str(kind)
        return ["" if value is None else str(value) for value in column.to_pylist()]


def _metadata(file: Any, path: Path) -> dict[str, Any]:
    """Return the ``emb`` metadata of the footer, without the keys about the file's structure."""
    raw = (file.schema_arrow.metadata or {}).get(FOOTER_KEY)
    if raw is None:
        return {}
    try:
        emb = dict(json.loads(raw))
    except (ValueError, TypeError):
        raise DataError(
            f"{path}: the metadata 'emb' in the footer is not a JSON object",
            hint="write a JSON object under the key 'emb', or leave it out",
        ) from None
    return {key: value for key, value in emb.items() if key not in STRUCTURE}


def write_parquet(
    ids: Sequence[str], matrix: NDArray[np.float32], metadata: dict[str, Any], path: Path
) -> None:
    """Write ids and a matrix with the ``emb`` metadata in the footer, compressed with zstd."""
    rows, d = matrix.shape
    number = pa.field("element", pa.float32(), nullable=False)
    emb = {
        "version": EMB_VERSION,
        "embedding_dim": d,
        "embedding_quantization": "none",
        **metadata,
    }
    schema = pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field(VECTOR, pa.list_(number, d), nullable=False),
        ],
        metadata={FOOTER_KEY: json.dumps(emb, sort_keys=True, allow_nan=False).encode()},
    )
    step = max(1, ROW_GROUP_BYTES // (4 * max(d, 1)))
    with (
        replacing(path) as file,
        pq.ParquetWriter(
            file,
            schema,
            compression="zstd",
            use_dictionary=False,
            # Keeps similar bytes of neighbouring numbers together, which zstd compresses well.
            use_byte_stream_split=[f"{VECTOR}.list.element"],
        ) as writer,
    ):
        for start in range(0, rows, step):
            block = np.ascontiguousarray(matrix[start : start + step], dtype=np.float32)
            vectors = pa.FixedSizeListArray.from_arrays(
                pa.array(block.ravel()), type=schema.field(VECTOR).type
            )
            names = pa.array(ids[start : start + step], pa.string())
            writer.write_batch(pa.record_batch([names, vectors], schema=schema))
