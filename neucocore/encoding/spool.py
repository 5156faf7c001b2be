"""Finished feature vectors on disk: appended one by one, checked when read again.

A spool is a sequence of records of equal length, each ``key (16 bytes) | crc32 (4) | vector
(4 d, little-endian float32)``; d is in ``SPOOL.json``. A process killed while writing leaves at
most one incomplete record at the end, which is cut off when the spool is opened again. A record
with a wrong checksum is ignored, so its cube is encoded again.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucocore.files.atomic import write_text

KEY_BYTES = 16
CRC_BYTES = 4
FLOAT_BYTES = 4
SYNC_EVERY = 64
ZERO_BLOCK_BYTES = 1 << 20


def record_key(cube_id: str, cube_digest: str) -> bytes:
    """Return the key of a cube's record, from its id and the digest of its files."""
    return hashlib.sha256(f"{cube_id}\n{cube_digest}".encode()).digest()[:KEY_BYTES]


class UnequalWidthsError(ValueError):
    """The record of a row has another length than those before it."""

    def __init__(self, row: int, width: int, expected: int) -> None:
        super().__init__(f"row {row} has {width} values; other rows have {expected}")
        self.row, self.width, self.expected = row, width, expected


class Spool:
    """One append-only file of feature vectors, written by one process.

    Attributes
    ----------
    width
        Length d of the vectors; None until the first is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.width: int | None = None
        self._unsynced = 0
        self._descriptor: int | None = None

    def open(self) -> set[bytes]:
        """Open for appending, cut off an incomplete record, return the keys of the others."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        finished: set[bytes] = set()
        self.width = width_of(self.path)
        if self.width is not None and self.path.exists():
            length = record_bytes(self.width)
            complete = self.path.stat().st_size // length * length
            finished = {key for key, _ in read_records(self.path, self.width)}
            if finished:
                os.truncate(self.path, complete)
        if not finished:
            # If the width is missing or wrong, nothing in the file can be trusted.
            self.width = None
            self.path.unlink(missing_ok=True)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        return finished

    def append(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Append one record per row of `vectors`, (n, d) float32; the first call fixes d."""
        if self._descriptor is None:
            raise RuntimeError("the spool is not open")
        if self.width is None:
            self.width = int(vectors.shape[1])
            write_text(_width_file(self.path), json.dumps({"width": self.width}))
        for key, vector in zip(keys, vectors, strict=True):
            body = np.ascontiguousarray(vector, dtype="<f4").tobytes()
            record = key + _checksum(key, body) + body
            # One write per record: a kill leaves at most one record incomplete.
            written = os.write(self._descriptor, record)
            while written < len(record):
                written += os.write(self._descriptor, record[written:])
            self._unsynced += 1
        if self._unsynced >= SYNC_EVERY:
            os.fsync(self._descriptor)
            self._unsynced = 0

    def close(self) -> None:
        """Flush to disk and close."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None


def record_bytes(width: int) -> int:
    """Return the length in bytes of a record of `width` values."""
    return KEY_BYTES + CRC_BYTES + FLOAT_BYTES * width


def width_of(path: Path) -> int | None:
    """Return the recorded width of a spool, or None if it is missing or invalid."""
    try:
        width = json.loads(_width_file(path).read_text(encoding="utf-8"))["width"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return width if isinstance(width, int) and width > 0 else None


def read_records(path: Path, width: int) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    """Yield key and vector of the records of a spool, without those with a wrong checksum."""
    length = record_bytes(width)
    if length > path.stat().st_size:
        return  # a wrong width could ask for more memory than the machine has
    with path.open("rb") as stream:
        while len(record := stream.read(length)) == length:
            key, crc, body = (
                record[:KEY_BYTES],
                record[KEY_BYTES : KEY_BYTES + CRC_BYTES],
                record[KEY_BYTES + CRC_BYTES :],
            )
            if crc == _checksum(key, body):
                yield key, np.frombuffer(body, dtype="<f4")


def finished_keys(paths: Iterable[Path]) -> set[bytes]:
    """Return the keys of all records of several spools."""
    keys: set[bytes] = set()
    for path in paths:
        width = width_of(path)
        if width is not None:
            keys |= {key for key, _ in read_records(path, width)}
    return keys


def gather(
    paths: Iterable[Path], keys: Sequence[bytes], matrix_file: Path
) -> tuple[NDArray[np.float32] | None, list[int]]:
    """Order the records of several spools into one memory-mapped matrix.

    Parameters
    ----------
    paths
        Spool files.
    keys
        The record of each row.
    matrix_file
        File for the matrix.

    Returns
    -------
    matrix
        (len(keys), width) float32 on disk, or None if none of the records exists.
    missing
        Row numbers without a record.

    Raises
    ------
    UnequalWidthsError
        The records differ in length: shards were encoded by different encoders.
    """
    row_of = {key: row for row, key in enumerate(keys)}
    filled = np.zeros(len(keys), dtype=bool)
    matrix: np.memmap[tuple[int, ...], np.dtype[np.float32]] | None = None
    for path in paths:
        width = width_of(path)
        if width is None or not path.exists():
            continue
        for key, vector in read_records(path, width):
            row = row_of.get(key)
            if row is not None:
                if matrix is None:
                    _reserve(matrix_file, len(keys) * width * FLOAT_BYTES)
                    shape = (len(keys), width)
                    matrix = np.memmap(matrix_file, dtype="<f4", mode="r+", shape=shape)
                if width != matrix.shape[1]:
                    raise UnequalWidthsError(row, width, matrix.shape[1])
                matrix[row] = vector
                filled[row] = True
    if matrix is not None:
        matrix.flush()
    return matrix, np.flatnonzero(~filled).tolist()


def _reserve(path: Path, size: int) -> None:
    """Write `size` zero bytes, so that a full disk raises an error here.

    In a memory map of a sparse file it would kill the process instead.
    """
    with path.open("wb") as stream:
        for start in range(0, size, ZERO_BLOCK_BYTES):
            stream.write(bytes(min(ZERO_BLOCK_BYTES, size - start)))


def _checksum(key: bytes, body: bytes) -> bytes:
    return zlib.crc32(body, zlib.crc32(key)).to_bytes(CRC_BYTES, "little")


def _width_file(path: Path) -> Path:
    return path.with_name(path.name + ".json")
