"""Writing embeddings as CSV: each number with the fewest digits that preserve it exactly."""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from neucocore.files.atomic import replacing

ROWS_AT_ONCE = 512
MAX_THREADS = 4


def write_csv(ids: Sequence[str], matrix: NDArray[np.float32], path: Path) -> None:
    """Write ids and a matrix as CSV; compressed with gzip if the name ends in ``.gz``.

    Parameters
    ----------
    ids
        One id per row.
    matrix
        (n, d) float32, finite.
    path
        The file; written in one step.
    """
    with replacing(path) as file:
        if path.name.lower().endswith(".gz"):
            # No name and no time in the gzip header: equal input gives equal bytes.
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed:
                _write(ids, matrix, compressed)
        else:
            _write(ids, matrix, file)


def _write(
    ids: Sequence[str], matrix: NDArray[np.float32], file: IO[bytes] | gzip.GzipFile
) -> None:
    file.write((",".join(["id", *map(str, range(matrix.shape[1]))]) + "\n").encode())
    starts = iter(range(0, len(ids), ROWS_AT_ONCE))
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        # A few blocks at a time, so that the text of the complete matrix is never in memory.
        while group := [slice(start, start + ROWS_AT_ONCE) for start in islice(starts, threads)]:
            for text in pool.map(_lines, [ids[rows] for rows in group], [matrix[r] for r in group]):
                file.write(text)


def _lines(ids: Sequence[str], matrix: NDArray[np.float32]) -> bytes:
    """Return the lines of some rows as bytes."""
    rows, d = matrix.shape
    if d == 0:
        return "".join(f"{_quoted(text)}\n" for text in ids).encode()
    cells = pa.array(np.ascontiguousarray(matrix).ravel()).cast(pa.string())
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * d)
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, cells), ",")
    lines = pc.binary_join_element_wise(pa.array([_quoted(text) for text in ids]), joined, ",")
    return "".join(f"{line}\n" for line in lines.to_pylist()).encode()


def _quoted(text: str) -> str:
    if any(character in text for character in ',"'):
        return '"' + text.replace('"', '""') + '"'
    return text
