"""Writing embeddings as CSV: each number with the fewest digits that preserve it exactly."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from neucocore.files.atomic import replacing

ROWS_AT_ONCE = 512
MAX_THREADS = 4


def write_csv(
    ids: Sequence[str],
    matrix: NDArray[np.float32],
    path: Path,
    extra: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Write ids and a matrix as CSV; compressed with gzip if the name ends in ``.gz``.

    Parameters
    ----------
    ids
        One id per row.
    matrix
        (n, d) float32, finite.
    path
        The file; written in one step.
    extra
        Metadata columns, one value per row, written between the ids and the numbers.
    """
    texts = {name: [_text(value) for value in values] for name, values in (extra or {}).items()}
    heads = [_quoted(sample) for sample in ids]
    for cells in texts.values():
        heads = [f"{head},{_quoted(cell)}" for head, cell in zip(heads, cells, strict=True)]
    with replacing(path) as file:
        if path.name.lower().endswith(".gz"):
            # No name and no time in the gzip header: equal input gives equal bytes.
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed:
                _write(heads, [*texts], matrix, compressed)
        else:
            _write(heads, [*texts], matrix, file)


def _write(
    heads: Sequence[str],
    names: Sequence[str],
    matrix: NDArray[np.float32],
    file: IO[bytes] | gzip.GzipFile,
) -> None:
    header = ["id", *map(_quoted, names), *map(str, range(matrix.shape[1]))]
    file.write((",".join(header) + "\n").encode())
    starts = iter(range(0, len(heads), ROWS_AT_ONCE))
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        # A few blocks at a time, so that the text of the complete matrix is never in memory.
        while group := [slice(start, start + ROWS_AT_ONCE) for start in islice(starts, threads)]:
            for text in pool.map(_lines, [heads[r] for r in group], [matrix[r] for r in group]):
                file.write(text)


def _lines(heads: Sequence[str], matrix: NDArray[np.float32]) -> bytes:
    """Return the lines of some rows, whose first cells are given, as bytes."""
    rows, d = matrix.shape
    if d == 0:
        return "".join(f"{head}\n" for head in heads).encode()
    cells = pa.array(np.ascontiguousarray(matrix).ravel()).cast(pa.string())
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * d)
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, cells), ",")
    lines = pc.binary_join_element_wise(pa.array(heads, pa.string()), joined, ",")
    return "".join(f"{line}\n" for line in lines.to_pylist()).encode()


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return ""
    return str(value.item() if isinstance(value, np.generic) else value)


def _quoted(text: str) -> str:
    if any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
