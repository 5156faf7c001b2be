"""Embeddings as Parquet: ``id`` and a list column ``embedding``, or one column a dimension.

What we write follows the geo-embeddings proposal: a column ``embedding`` and the key ``emb`` in
the footer, JSON with ``version``, ``embedding_dim``, ``embedding_quantization`` and whatever the
metadata holds (``model``, ``datasets``, ``license``, ...).
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

from neucocore.data.embeddings.cells import BadCells, narrow
from neucocore.data.embeddings.parquet_layout import (
    VECTOR,
    ParquetLayout,
    parquet_layout,
    vector_length,
)
from neucocore.data.embeddings.table import EmbeddingTable, Reading
from neucocore.errors import DataError
from neucocore.files.atomic import replacing
from neucocore.files.findings import Finding

FOOTER_KEY = b"emb"
EMB_VERSION = "0.0.1"
# What the footer says about the file itself; the rest is the embeddings' metadata.
STRUCTURE = ("version", "embedding_dim", "embedding_quantization")
BLOCK_BYTES = 16 << 20
ROW_GROUP_BYTES = 16 << 20


def read_parquet(paths: Sequence[Path], reading: Reading) -> EmbeddingTable:
    """Read one Parquet file of embeddings, or the parts of one in the order given.

    Raises
    ------
    DataError
        When a file is damaged or has no vectors; all else comes as findings.
    """
    files = [_open(path) for path in paths]
    layouts = [parquet_layout(file, path, reading) for file, path in zip(files, paths, strict=True)]
    first = layouts[0]
    for layout, path in zip(layouts, paths, strict=True):
        _same_columns(layout, first, path, paths[0])
    d = len(first.columns) or vector_length(files, layouts)
    names = first.columns or tuple(str(column) for column in range(d))
    rows = _Rows(paths, [file.metadata.num_rows for file in files], names)
    for file, layout, path in zip(files, layouts, paths, strict=True):
        try:
            # In the first part's order: where columns have names, the file's order decides.
            rows.read(file, replace(layout, columns=first.columns))
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path, error) from error
    findings = list(first.findings)
    findings.extend(f for layout in layouts[1:] for f in layout.findings if f.level == "error")
    findings.extend(rows.findings(reading))
    ids = None if any(layout.id is None for layout in layouts) else rows.ids
    return EmbeddingTable(
        ids, rows.matrix, rows.place, _metadata(files[0], paths[0]), first.dtype, findings
    )


def _same_columns(layout: ParquetLayout, first: ParquetLayout, path: Path, named: Path) -> None:
    """Refuse a part whose dimensions are not those of the first one."""
    if bool(layout.vector) == bool(first.vector) and set(layout.columns) == set(first.columns):
        return
    odd = sorted(set(layout.columns) ^ set(first.columns))
    raise DataError(
        f"{path} has other embedding columns than {named.name}: "
        f"{', '.join(map(repr, odd[:3]))} only in one of them",
        hint="parts of one embedding have the same columns; keep others in a folder of their own",
    )


def _open(path: Path) -> Any:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is truncated or damaged: {error}", hint="download or write it again")


class _Rows:
    """Ids and vectors of several files, read in batches into one matrix."""

    def __init__(self, paths: Sequence[Path], counts: Sequence[int], names: Sequence[str]) -> None:
        self.ids: list[str] = []
        self.matrix = np.zeros((sum(counts), len(names)), dtype=np.float32)
        self._cells = BadCells(names)
        self._ragged: list[str] = []
        self._odd_ids: str | None = None
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._parts = [path.name for path in paths]
        self._at = 0

    def place(self, row: int) -> str:
        """Name a row: its number from 1, and its part if there are several."""
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        number = row - int(self._starts[part]) + 1
        return f"row {number}" if len(self._parts) == 1 else f"{self._parts[part]} row {number}"

    def read(self, file: Any, layout: ParquetLayout) -> None:
        """Read all rows of one file."""
        wanted = [layout.vector] if layout.vector else list(layout.columns)
        columns = [*wanted, layout.id] if layout.id else wanted
        size = max(1, BLOCK_BYTES // (4 * max(self.matrix.shape[1], 1)))
        for batch in file.iter_batches(batch_size=size, columns=columns):
            if layout.vector:
                self._vectors(batch.column(layout.vector))
            else:
                self._wide([batch.column(name) for name in layout.columns])
            if layout.id:
                self.ids.extend(self._texts(batch.column(layout.id)))
            self._at += len(batch)

    def findings(self, reading: Reading) -> list[Finding]:
        """Return what was noticed about rows and cells."""
        found = self._cells.findings(reading)
        if self._ragged:
            message = f"vector without exactly {self.matrix.shape[1]} numbers"
            examples = tuple(self._ragged[:3])
            found.append(Finding("ragged-rows", "error", message, len(self._ragged), examples))
        if self._odd_ids:
            found.append(Finding("typed-ids", "repaired", f"{self._odd_ids} ids read as text"))
        return found

    def _vectors(self, column: Any) -> None:
        """Take a batch of the list column."""
        d = self.matrix.shape[1]
        lengths = column.value_lengths()
        if column.null_count == 0 and pc.all(pc.equal(lengths, d)).as_py() is not False:
            self._take(column.flatten(), self._at, len(column))
            return
        for row, length in enumerate(lengths.to_pylist()):
            at = self._at + row
            if length == d and column[row].is_valid:
                self._take(column[row].values, at, 1)
            else:
                found = "null" if length is None or not column[row].is_valid else str(length)
                self._ragged.append(f"{self.place(at)} has {found}")

    def _wide(self, columns: Sequence[Any]) -> None:
        """Take a batch with one column a dimension."""
        rows = len(columns[0])
        flat = np.empty((rows, len(columns)), dtype=np.float64)
        empty = np.zeros((rows, len(columns)), dtype=bool)
        for position, column in enumerate(columns):
            flat[:, position] = column.to_numpy(zero_copy_only=False)
            if column.null_count:
                empty[:, position] = column.is_null().to_numpy(zero_copy_only=False)
        self._store(flat, empty, self._at)

    def _take(self, values: Any, first_row: int, rows: int) -> None:
        shape = (rows, self.matrix.shape[1])
        empty = None
        if values.null_count:
            empty = values.is_null().to_numpy(zero_copy_only=False).reshape(shape)
        self._store(values.to_numpy(zero_copy_only=False).reshape(shape), empty, first_row)

    def _store(self, values: NDArray[Any], empty: NDArray[np.bool_] | None, first_row: int) -> None:
        if empty is not None and empty.any():
            self._cells.add_mask("empty", empty, first_row, self.place)
            values = np.where(empty, 0, values)
        end = first_row + len(values)
        self.matrix[first_row:end] = narrow(values, self._cells, first_row, self.place)

    def _texts(self, column: Any) -> list[str]:
        kind = column.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            self._odd_ids = str(kind)
        return ["" if value is None else str(value) for value in column.to_pylist()]


def _metadata(file: Any, path: Path) -> dict[str, Any]:
    """Return the ``emb`` metadata of the footer without what it says about the file's structure."""
    raw = (file.schema_arrow.metadata or {}).get(FOOTER_KEY)
    if raw is None:
        return {}
    try:
        emb = dict(json.loads(raw))
    except (ValueError, TypeError):
        raise DataError(f"{path}: the footer's 'emb' metadata is not a JSON object") from None
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
            # Keeps equal bytes of neighbouring numbers together, which zstd then shrinks.
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
