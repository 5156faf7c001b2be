"""Parquet files with the pixels of a patch per row as raw bytes: one vector per patch.

The data sets ``*-embeddings-eval-datasets`` of AlphaEarth and TESSERA store int8 codes of 120 x 120
pixels in the column ``embedding``, and TESSERA's float32 scales in ``scale``. A row is read as the
mean of its pixels with data, after dequantisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from neucocore.data.embeddings.product_codes import dequantise
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions
from neucocore.data.ids import ids_as_text
from neucocore.errors import DataError
from neucocore.files.findings import EXAMPLES_SHOWN, Finding
from neucocore.messages import pluralize

CODES, SCALE = "embedding", "scale"
ID_COLUMNS = ("id", "index", "__index_level_0__", "patch_id")
BLOCK_BYTES = 16 << 20


def is_patch_file(schema: Any) -> bool:
    """Return whether the columns of a file are those of patches of raw bytes."""
    names = set(schema.names)
    if CODES not in names or not _is_binary(schema.field(CODES).type):
        return False
    has_scale = SCALE in names and _is_binary(schema.field(SCALE).type)
    return has_scale or {"height", "width"} <= names


def read_patches(
    paths: Sequence[Path], files: Sequence[Any], options: ReadOptions
) -> EmbeddingTable:
    """Read files of patches as one vector per row.

    Parameters
    ----------
    files
        The open Parquet files, of which `is_patch_file` is true.

    Raises
    ------
    DataError
        The size of the patches or the column of the ids is unknown.
    """
    reader = _Patches(paths[0], files[0].schema_arrow, options)
    for file in files:
        reader.read(file)
    return reader.table()


class _Patches:
    """The patches that were read so far."""

    def __init__(self, path: Path, schema: Any, options: ReadOptions) -> None:
        names = schema.names
        self.has_scale = SCALE in names and _is_binary(schema.field(SCALE).type)
        self.rule = "tessera" if self.has_scale else "aef"
        wanted = (options.id,) if options.id is not None else ID_COLUMNS
        found = next((name for name in wanted if name in names), None)
        if found is None:
            raise DataError(
                f"{path} holds patches of pixels, and no column of ids: "
                f"{', '.join(map(repr, names))}",
                hint="name the column: --id COLUMN",
            )
        self.id: str = found
        self.extra: dict[str, list[Any]] = {
            field.name: []
            for field in schema
            if field.name != self.id and not _is_binary(field.type) and not _is_list(field.type)
        }
        self.ids: list[Any] = []
        self.means: list[NDArray[np.float32]] = []
        self.no_data: set[int] = set()
        self.wrong: list[tuple[int, str]] = []
        self.pixels = [0, 0]
        self.shape = ""

    def read(self, file: Any) -> None:
        """Read all rows of a file, some at a time."""
        columns = [CODES, *([SCALE] if self.has_scale else []), self.id, *self.extra]
        rows = max(1, file.metadata.num_rows)
        size = max(1, BLOCK_BYTES * rows // max(1, file.metadata.row_group(0).total_byte_size))
        for batch in file.iter_batches(batch_size=min(size, 256), columns=columns):
            cells = {name: batch.column(name).to_pylist() for name in columns}
            for row in range(len(batch)):
                self._add({name: values[row] for name, values in cells.items()})

    def _add(self, cells: dict[str, Any]) -> None:
        row = len(self.ids)
        self.ids.append(cells[self.id])
        for name, values in self.extra.items():
            values.append(cells[name])
        codes = cells[CODES] or b""
        scale = cells.get(SCALE) or b""
        shape = _shape(len(codes), len(scale), cells.get("height"), cells.get("width"))
        if isinstance(shape, str):
            self.wrong.append((row, shape))
            self.means.append(np.zeros(0, np.float32))
            return
        height, width, d = shape
        self.shape = f"{height} x {width}"
        pixels = np.frombuffer(codes, np.int8).reshape(height * width, d)
        scales = np.frombuffer(scale, "<f4").reshape(height * width, -1) if scale else None
        found = dequantise(pixels, self.rule, scale=scales)
        valid = found.valid
        self.pixels[0] += int(valid.sum())
        self.pixels[1] += len(valid)
        if not valid.any():
            self.no_data.add(row)
            self.means.append(np.zeros(d, np.float32))
            return
        self.means.append(found.values[valid].mean(axis=0, dtype=np.float64).astype(np.float32))

    def table(self) -> EmbeddingTable:
        """Return the means as a table, with everything that was noticed."""
        widths = {len(mean) for mean in self.means if len(mean)}
        d = max(widths, default=0)
        findings = self._findings(widths)
        matrix = np.zeros((len(self.means), d), dtype=np.float32)
        for row, mean in enumerate(self.means):
            matrix[row, : len(mean)] = mean
        ids, id_findings = ids_as_text(self.ids)
        name = "TESSERA" if self.rule == "tessera" else "AlphaEarth"
        if self.pixels[1]:
            share = self.pixels[0] / self.pixels[1]
            message = (
                f"read as {name} patches: id from {self.id!r}, {pluralize(d, 'dimension')}, each "
                f"row the mean of {self.shape} pixels ({share:.0%} with data) after dequantisation"
            )
            findings.append(Finding("layout", "note", message))
        return EmbeddingTable(
            ids,
            matrix,
            lambda row: f"row {row + 1}",
            {"product": {"name": name}, "pooled": f"mean of {self.shape} pixels"},
            "float32",
            [*findings, *id_findings],
            dict(self.extra),
            unread=frozenset(row for row, _ in self.wrong),
            no_data=frozenset(self.no_data),
        )

    def _findings(self, widths: set[int]) -> list[Finding]:
        findings = []
        if self.wrong:
            examples = tuple(f"row {row + 1}: {text}" for row, text in self.wrong[:EXAMPLES_SHOWN])
            message = "the bytes of a patch do not fit its height, width and scales"
            hint = "download the file again; codes are int8, scales float32, one byte order"
            findings.append(
                Finding("patch-bytes", "error", message, len(self.wrong), examples, hint)
            )
        if len(widths) > 1:
            message = f"patches of different numbers of dimensions: {sorted(widths)}"
            findings.append(Finding("vector-lengths", "error", message))
        return findings


def _shape(codes: int, scale: int, height: Any, width: Any) -> tuple[int, int, int] | str:
    """Return height, width and dimensions of a patch, or why its bytes do not fit."""
    if height is not None and width is not None:
        h, w = int(height), int(width)
        if h < 1 or w < 1 or codes == 0 or codes % (h * w):
            return f"{codes} bytes for {h} x {w} pixels"
    else:
        side = round((scale / 4) ** 0.5)
        if side < 1 or side * side * 4 != scale or codes % (side * side):
            return f"{codes} bytes and {scale} bytes of scales"
        h = w = side
    d = codes // (h * w)
    if scale not in (0, 4 * h * w, 4 * h * w * d):
        return f"{scale} bytes of scales for {h} x {w} pixels of {d} dimensions"
    return h, w, d


def _is_binary(kind: Any) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_nested(kind))
