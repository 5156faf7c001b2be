"""Embeddings as Parquet: ``id`` and a list column ``embedding``, or one column per dimension.

Files are written as in the geo-embeddings proposal: a column ``embedding``, and in the footer the
key ``emb`` with JSON: ``version``, ``embedding_dim``, ``embedding_quantization`` and the metadata
(``model``, ``datasets``, ``license``, ...).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import BadCells, read_cells, to_float32
from neucocore.data.embeddings.parquet_layout import (
    VECTOR,
    ParquetLayout,
    parquet_layout,
    vector_length,
)
from neucocore.data.embeddings.patches import is_patch_file, read_patches
from neucocore.data.embeddings.quantisation import OFFSET_NAMES, SCALE_NAMES, StoredRows
from neucocore.data.embeddings.scale_columns import unused_scales
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions, damaged_file
from neucocore.data.embeddings.vector_text import numbers_of_list
from neucocore.data.ids import ids_as_text
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
    return read_parts([_open(path) for path in paths], paths, options)


def read_parts(files: Sequence[Any], paths: Sequence[Path], options: ReadOptions) -> EmbeddingTable:
    """Read open Parquet files, or tables that are read like them, as `read_parquet` does.

    Parameters
    ----------
    paths
        Their paths, or what stands for them in messages.
    """
    if options.vector is None and all(is_patch_file(file.schema_arrow) for file in files):
        return read_patches(paths, files, options)
    layouts = [parquet_layout(file, path, options) for file, path in zip(files, paths, strict=True)]
    first = layouts[0]
    for layout, path in zip(layouts, paths, strict=True):
        _check_same_columns(layout, first, path, paths[0])
    d = len(first.roles.names) or vector_length(files, layouts)
    names = first.roles.names or tuple(str(column) for column in range(d))
    rows = _Rows(paths, [file.metadata.num_rows for file in files], names)
    parts = []
    extras: list[dict[str, list[Any]]] = []
    footers = [_metadata(file, path) for file, path in zip(files, paths, strict=True)]
    for file, layout, path, footer in zip(files, layouts, paths, footers, strict=True):
        start = rows.count
        try:
            # In the order of the first part; the others may have another order.
            extra = rows.read(file, layout, first.roles.names)
        except (pa.ArrowException, OSError) as error:
            raise damaged_file(path, error) from error
        extras.append(extra)
        name = path.name if len(paths) > 1 else ""
        arrays = _row_arrays(extra)
        rule, used = _rule(footer, layout, arrays)
        others = [layout.columns[position] for position in layout.roles.metadata]
        unused = unused_scales([(column.name, column.type) for column in others], used)
        part = slice(start, rows.count)
        parts.append(StoredRows(name, part, layout.dtype, rule, arrays, unused))
    findings = list(first.roles.findings)
    findings.extend(f for layout in layouts[1:] for f in layout.roles.findings
                    if f.level == "error")  # fmt: skip
    findings.extend(first.roles.note(first.columns, d))
    findings.extend(_different_metadata(footers, paths))
    findings.extend(rows.findings(options))
    ids = None
    if all(layout.id is not None for layout in layouts):
        ids, id_findings = ids_as_text(rows.ids)
        findings.extend(id_findings)
    counts = [part.rows.stop - part.rows.start for part in parts]
    return EmbeddingTable(
        ids,
        rows.matrix,
        rows.describe_row,
        {key: value for key, value in footers[0].items() if key not in STRUCTURE},
        first.dtype,
        findings,
        _joined(extras, counts),
        parts,
        unread=frozenset(rows.unread),
        columns=first.roles.names,
    )


def _rule(
    footer: dict[str, Any], layout: ParquetLayout, arrays: dict[str, NDArray[Any]]
) -> tuple[Any, tuple[str, ...]]:
    """Return the quantization record of a part, and the columns that it uses.

    The record is that of the footer, else that of the column of scales.
    """
    declared = footer.get("quantization")
    name = footer.get("embedding_quantization")
    # Some programs write the stored type there, which is no rule.
    if declared is not None or name not in (None, "none", layout.dtype):
        rule = name if declared is None else declared
        scale = rule.get("scale") if isinstance(rule, dict) else None
        named = scale.get("array_name") if isinstance(scale, dict) else None
        return rule, (named,) if isinstance(named, str) else ()
    scales = [column for column in SCALE_NAMES if column in arrays]
    if not layout.dtype.startswith(("int", "uint")) or not scales:
        return None, ()
    offsets = [column for column in OFFSET_NAMES if column in arrays]
    columns_rule: dict[str, Any] = {"scale": {"type": "array", "array_name": scales[0]}}
    if offsets:
        columns_rule["offset"] = arrays[offsets[0]]
    return columns_rule, (scales[0], *offsets[:1])


def _row_arrays(extra: dict[str, list[Any]]) -> dict[str, NDArray[Any]]:
    """Return the metadata columns of numbers as (n, 1) arrays, one number per row."""
    arrays = {}
    for name, values in extra.items():
        numbers = [float("nan") if value is None else value for value in values]
        kinds = (int, float, np.number, Decimal)
        if all(isinstance(v, kinds) and not isinstance(v, bool) for v in numbers):
            arrays[name] = np.array([float(v) for v in numbers]).reshape(-1, 1)
    return arrays


def _joined(
    extras: Sequence[dict[str, list[Any]]], counts: Sequence[int]
) -> dict[str, Sequence[Any]]:
    """Return the metadata columns of all parts; None where a part has no such column."""
    names = list(dict.fromkeys(name for extra in extras for name in extra))
    return {
        name: [
            value
            for extra, count in zip(extras, counts, strict=True)
            for value in extra.get(name, [None] * count)
        ]
        for name in names
    }


def _different_metadata(footers: Sequence[dict[str, Any]], paths: Sequence[Path]) -> list[Finding]:
    """Return a warning if the parts describe themselves differently."""
    differing = [
        (path.name, key)
        for footer, path in zip(footers[1:], paths[1:], strict=True)
        for key in sorted({*footer, *footers[0]} - {"quantization", "embedding_quantization"})
        if footer.get(key) != footers[0].get(key)
    ]
    if not differing:
        return []
    examples = tuple(f"{key!r} of {name}" for name, key in differing[:3])
    message = f"metadata differs from that of {paths[0].name}, perhaps another model or version"
    return [Finding("different-metadata", "warning", message, len(differing), examples)]


def _check_same_columns(
    layout: ParquetLayout, first: ParquetLayout, path: Path, first_path: Path
) -> None:
    """Raise if the dimensions of a part are not those of the first part."""
    names, first_names = set(layout.roles.names), set(first.roles.names)
    if bool(layout.vector) == bool(first.vector) and names == first_names:
        return
    different = sorted(names ^ first_names)
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
    """Reads ids and vectors of several files in batches into one matrix.

    Attributes
    ----------
    ids
        Ids as stored, of all rows read so far.
    matrix
        (n, d) float32.
    count
        Number of rows read so far.
    unread
        Rows whose vectors have another length.
    """

    def __init__(self, paths: Sequence[Path], counts: Sequence[int], names: Sequence[str]) -> None:
        self.ids: list[Any] = []
        self.matrix = np.zeros((sum(counts), len(names)), dtype=np.float32)
        self.count = 0
        self._cells = BadCells(names)
        self._ragged: list[str] = []
        self.unread: set[int] = set()
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._parts = [path.name for path in paths]

    def describe_row(self, row: int) -> str:
        """Return the place of a row: its number from 1, and its part if there are several."""
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        number = row - int(self._starts[part]) + 1
        return f"row {number}" if len(self._parts) == 1 else f"{self._parts[part]} row {number}"

    def read(
        self, file: Any, layout: ParquetLayout, dimensions: Sequence[str]
    ) -> dict[str, list[Any]]:
        """Read all rows of one file; return its metadata columns.

        Parameters
        ----------
        file
            The open file.
        layout
            Its columns.
        dimensions
            Names of the dimensions in order; empty if there is a column of vectors.
        """
        extra: dict[str, list[Any]] = {name: [] for name in layout.metadata(file.schema_arrow)}
        columns = [*extra, *([layout.vector] if layout.vector else dimensions)]
        if layout.id:
            columns.append(layout.id)
        size = max(1, BLOCK_BYTES // (4 * max(self.matrix.shape[1], 1)))
        for batch in file.iter_batches(batch_size=size, columns=columns):
            if layout.vector_is_text:
                self._add_texts(batch.column(layout.vector).to_pylist())
            elif layout.vector:
                self._add_vectors(batch.column(layout.vector))
            else:
                self._add_columns([batch.column(name) for name in dimensions])
            if layout.id:
                self.ids.extend(batch.column(layout.id).to_pylist())
            for name, values in extra.items():
                values.extend(batch.column(name).to_pylist())
            self.count += len(batch)
        return extra

    def findings(self, options: ReadOptions) -> list[Finding]:
        """Return the findings about rows and cells."""
        findings = self._cells.findings(options, self.count)
        if self._ragged:
            message = f"vector without exactly {self.matrix.shape[1]} numbers"
            examples = tuple(self._ragged[:3])
            findings.append(Finding("ragged-rows", "error", message, len(self._ragged), examples))
        return findings

    def _add_texts(self, cells: Sequence[str | None]) -> None:
        """Add a batch of vectors written as JSON text."""
        for row, cell in enumerate(cells, start=self.count):
            numbers = None if cell is None else numbers_of_list(cell)
            if numbers is None or len(numbers) != self.matrix.shape[1]:
                found = "no list" if numbers is None else str(len(numbers))
                self._ragged.append(f"{self.describe_row(row)} has {found}")
                self.unread.add(row)
                continue
            self.matrix[row], kinds = read_cells(numbers)
            for position, kind in kinds.items():
                self._cells.add(kind, row, position, self.describe_row(row), numbers[position])

    def _add_vectors(self, column: Any) -> None:
        """Add a batch of the list column."""
        d = self.matrix.shape[1]
        lengths = column.value_lengths()
        if column.null_count == 0 and pc.all(pc.equal(lengths, d)).as_py() is not False:
            self._add_values(column.flatten(), self.count, len(column))
            return
        for row, length in enumerate(lengths.to_pylist()):
            at = self.count + row
            if length == d and column[row].is_valid:
                self._add_values(column[row].values, at, 1)
            else:
                count = "null" if length is None or not column[row].is_valid else str(length)
                self._ragged.append(f"{self.describe_row(at)} has {count}")
                self.unread.add(at)

    def _add_columns(self, columns: Sequence[Any]) -> None:
        """Add a batch with one column per dimension."""
        rows = len(columns[0])
        flat = np.empty((rows, len(columns)), dtype=np.float64)
        empty = np.zeros((rows, len(columns)), dtype=bool)
        for position, column in enumerate(columns):
            flat[:, position] = column.to_numpy(zero_copy_only=False).astype(np.float64)
            if column.null_count:
                empty[:, position] = column.is_null().to_numpy(zero_copy_only=False)
        self._store(flat, empty, self.count)

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


def _metadata(file: Any, path: Path) -> dict[str, Any]:
    """Return the ``emb`` metadata of the footer."""
    raw = (file.schema_arrow.metadata or {}).get(FOOTER_KEY)
    if raw is None:
        return {}
    try:
        return dict(json.loads(raw))
    except (ValueError, TypeError):
        raise DataError(
            f"{path}: the metadata 'emb' in the footer is not a JSON object",
            hint="write a JSON object under the key 'emb', or leave it out",
        ) from None


def write_parquet(
    ids: Sequence[str],
    matrix: NDArray[np.float32],
    metadata: dict[str, Any],
    path: Path,
    extra: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Write ids, metadata columns and a matrix, with the ``emb`` metadata in the footer (zstd)."""
    rows, d = matrix.shape
    columns = {name: pa.array(list(values)) for name, values in (extra or {}).items()}
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
            *(pa.field(name, column.type) for name, column in columns.items()),
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
            others = [column.slice(start, step) for column in columns.values()]
            writer.write_batch(pa.record_batch([names, *others, vectors], schema=schema))
