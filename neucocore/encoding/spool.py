"""Finished feature vectors on disk: appended one by one, checked when read again.

A spool is a sequence of records of equal length, each ``key (16 bytes) | crc32 (4) | vector
(4 d)``. A process killed while writing leaves at most one broken record at the end, which is cut
off when the spool is opened again; a record whose checksum is wrong is ignored and so made anew.
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
ZEROS = 1 << 20


def record_key(cube_id: str, cube_digest: str) -> bytes:
    """Return the key of a cube's record: its id and the digest of its files."""
    return hashlib.sha256(f"{cube_id}\n{cube_digest}".encode()).digest()[:KEY_BYTES]


class UnequalWidthsError(ValueError):
    """A wanted record is longer or shorter than the others."""

    def __init__(self, row: int, width: int, expected: int) -> None:
        super().__init__(f"row {row} has {width} numbers where others have {expected}")
        self.row, self.width, self.expected = row, width, expected


class Spool:
    """One append-only file of feature vectors, written by one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.width: int | None = None
        self._pending = 0
        self._handle: int | None = None

    def open(self) -> set[bytes]:
        """Open for appending; return the keys already held, after cutting a broken end off."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        held: set[bytes] = set()
        self.width = width_of(self.path)
        if self.width is not None and self.path.exists():
            length = record_bytes(self.width)
            whole = self.path.stat().st_size // length * length
            held = {key for key, _ in read_records(self.path, self.width)}
            if held:
                os.truncate(self.path, whole)
        if not held:
            # Without its width, or with a wrong one, nothing in the file can be trusted.
            self.width = None
            self.path.unlink(missing_ok=True)
        self._handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        return held

    def append(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Append one record a row; the first call fixes the width of all."""
        if self._handle is None:
            raise RuntimeError("the spool is not open")
        if self.width is None:
            self.width = int(vectors.shape[1])
            _write_width(self.path, self.width)
        for key, vector in zip(keys, vectors, strict=True):
            body = np.ascontiguousarray(vector, dtype="<f4").tobytes()
            record = key + _checksum(key, body) + body
            # One write a record: a kill leaves whole records and at most one cut short.
            written = os.write(self._handle, record)
            while written < len(record):
                written += os.write(self._handle, record[written:])
            self._pending += 1
        if self._pending >= SYNC_EVERY:
            os.fsync(self._handle)
            self._pending = 0

    def close(self) -> None:
        """Flush to disk and close."""
        if self._handle is not None:
            os.fsync(self._handle)
            os.close(self._handle)
            self._handle = None


def record_bytes(width: int) -> int:
    """Return the length of a record of ``width`` float32 numbers."""
    return KEY_BYTES + CRC_BYTES + FLOAT_BYTES * width


def read_records(path: Path, width: int) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    """Yield the sound records of a spool; broken ones are passed over."""
    length = record_bytes(width)
    if length > path.stat().st_size:
        return  # a width that cannot be trusted would ask for more memory than there is
    with path.open("rb") as stream:
        while len(record := stream.read(length)) == length:
            key, crc, body = (
                record[:KEY_BYTES],
                record[KEY_BYTES : KEY_BYTES + CRC_BYTES],
                record[KEY_BYTES + CRC_BYTES :],
            )
            if crc == _checksum(key, body):
                yield key, np.frombuffer(body, dtype="<f4")


def gather(
    spools: Iterable[Path], keys: Sequence[bytes], into: Path
) -> tuple[NDArray[np.float32] | None, list[int]]:
    """Order the records of several spools into one memory-mapped matrix.

    Parameters
    ----------
    spools
        Spool files.
    keys
        The wanted record of each row.
    into
        File of the matrix.

    Returns
    -------
    matrix
        (len(keys), width) float32 on disk, or None if there is no record at all.
    missing
        Row numbers without a record.

    Raises
    ------
    UnequalWidthsError
        Wanted records differ in length: shards were encoded by encoders that differ.
    """
    row_of = {key: row for row, key in enumerate(keys)}
    found = np.zeros(len(keys), dtype=bool)
    matrix: np.memmap[tuple[int, ...], np.dtype[np.float32]] | None = None
    for path in spools:
        width = width_of(path)
        if width is None or not path.exists():
            continue
        for key, vector in read_records(path, width):
            row = row_of.get(key)
            if row is not None:
                if matrix is None:
                    _reserve(into, len(keys) * width * FLOAT_BYTES)
                    matrix = np.memmap(into, dtype="<f4", mode="r+", shape=(len(keys), width))
                if width != matrix.shape[1]:
                    raise UnequalWidthsError(row, width, matrix.shape[1])
                matrix[row] = vector
                found[row] = True
    if matrix is not None:
        matrix.flush()
    return matrix, np.flatnonzero(~found).tolist()


def _reserve(path: Path, size: int) -> None:
    """Write zeros, so that a full disk is an error here and not a dead process later.

    A memory map of a file with holes is killed by the system when a hole cannot be filled.
    """
    with path.open("wb") as stream:
        for start in range(0, size, ZEROS):
            stream.write(bytes(min(ZEROS, size - start)))


def _checksum(key: bytes, body: bytes) -> bytes:
    return zlib.crc32(body, zlib.crc32(key)).to_bytes(CRC_BYTES, "little")


def _width_file(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def width_of(path: Path) -> int | None:
    """Return the recorded width of a spool, or None if there is none that can be trusted."""
    try:
        width = json.loads(_width_file(path).read_text(encoding="utf-8"))["width"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return width if isinstance(width, int) and width > 0 else None


def _write_width(path: Path, width: int) -> None:

    write_text(_width_file(path), json.dumps({"width": width}))
