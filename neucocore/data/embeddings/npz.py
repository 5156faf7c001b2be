"""Embeddings as npz: the arrays ``ids`` and ``matrix``, and ``metadata`` as JSON text.

Nothing is ever unpickled, and the zip directory is judged before anything is extracted.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import BadCells, narrow
from neucocore.data.embeddings.table import EmbeddingTable, Reading
from neucocore.errors import DataError
from neucocore.files.atomic import replacing
from neucocore.files.findings import Finding

# Numbers compress to about nine tenths; nobody's embeddings compress a hundredfold.
LARGEST_RATIO = 100
RATIO_FROM_BYTES = 64 << 20
BLOCK_BYTES = 16 << 20
MATRIX_NAMES = ("matrix", "embeddings", "embedding")
IDS_NAMES = ("ids", "id")
# The oldest time a zip can hold: equal input gives equal bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def read_npz(path: Path, reading: Reading) -> EmbeddingTable:
    """Read an npz file of embeddings.

    Raises
    ------
    DataError
        When the archive is damaged or dangerous, or an array is missing or of the wrong kind.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            findings: list[Finding] = []
            matrix, dtype = _matrix(archive, members, path, reading, findings)
            ids = _ids(archive, members, path, findings)
            metadata = _metadata(archive, members, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(
            f"{path} is truncated or damaged: {error}", hint="download or write it again"
        ) from error
    if len(ids) != len(matrix):
        message = f"{len(ids)} ids for {len(matrix)} rows"
        findings.append(Finding("ragged-rows", "error", message))
        ids = (ids + [f"row {row + 1}" for row in range(len(ids), len(matrix))])[: len(matrix)]
    return EmbeddingTable(ids, matrix, _place, metadata, dtype, findings)


def _place(row: int) -> str:
    return f"row {row + 1}"


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """Return the arrays by name, after the archive's directory has been judged."""
    members = {}
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name:
            raise DataError(f"{path} has a member that points outside of it: {info.filename!r}")
        large = info.file_size > RATIO_FROM_BYTES
        if large and info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
            raise DataError(
                f"{path} is a zip bomb: {info.filename!r} would grow from "
                f"{info.compress_size} to {info.file_size} bytes"
            )
        members[name.removesuffix(".npy")] = info
    return members


def _open(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path
) -> tuple[IO[bytes], tuple[int, ...], bool, np.dtype[Any]]:
    """Open a member and read its array header: shape, Fortran order, dtype."""
    stream = archive.open(info)
    try:
        version = npy.read_magic(stream)
        read_header = npy.read_array_header_1_0 if version[0] == 1 else npy.read_array_header_2_0
        shape, fortran, dtype = read_header(stream)
    except ValueError as error:
        raise DataError(f"{path}: {info.filename!r} is no array: {error}") from None
    if dtype.hasobject:
        raise DataError(
            f"{path}: {info.filename!r} holds Python objects, which are never unpickled",
            hint="save ids as np.array(ids, dtype=str) and the matrix as float32",
        )
    declared = int(np.prod(shape, dtype=object)) * dtype.itemsize
    held = info.file_size - stream.tell()
    if declared != held:
        raise DataError(f"{path}: {info.filename!r} declares {declared} bytes and holds {held}")
    return stream, shape, fortran, dtype


def _find(members: dict[str, zipfile.ZipInfo], names: Sequence[str], path: Path) -> zipfile.ZipInfo:
    for name in names:
        if name in members:
            return members[name]
    found = ", ".join(map(repr, members)) or "nothing"
    raise DataError(
        f"{path} has no array {names[0]!r}, only {found}",
        hint="np.savez(path, ids=np.array(ids, dtype=str), matrix=matrix)",
    )


def _matrix(
    archive: zipfile.ZipFile,
    members: dict[str, zipfile.ZipInfo],
    path: Path,
    reading: Reading,
    findings: list[Finding],
) -> tuple[NDArray[np.float32], str]:
    """Read the matrix in blocks of rows, so that float64 needs no second full copy."""
    info = _find(members, MATRIX_NAMES, path)
    stream, shape, fortran, dtype = _open(archive, info, path)
    if len(shape) != 2 or dtype.kind not in "fiu":
        raise DataError(
            f"{path}: {info.filename!r} is {dtype} of shape {shape}, not (n, d) numbers"
        )
    rows, d = shape
    bad = BadCells([str(column) for column in range(d)])
    if fortran:
        values = np.frombuffer(stream.read(), dtype=dtype).reshape(d, rows).T
        matrix = np.ascontiguousarray(narrow(values, bad, 0, _place))
    else:
        matrix = np.empty((rows, d), dtype=np.float32)
        step = max(1, BLOCK_BYTES // max(1, d * dtype.itemsize))
        for start in range(0, rows, step):
            count = min(step, rows - start)
            block = np.frombuffer(_exactly(stream, count * d * dtype.itemsize), dtype=dtype)
            matrix[start : start + count] = narrow(block.reshape(count, d), bad, start, _place)
    findings.extend(bad.findings(reading))
    return matrix, dtype.newbyteorder("=").name


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("array ends early")
    return data


def _ids(
    archive: zipfile.ZipFile,
    members: dict[str, zipfile.ZipInfo],
    path: Path,
    findings: list[Finding],
) -> list[str]:
    info = _find(members, IDS_NAMES, path)
    stream, shape, _, dtype = _open(archive, info, path)
    if len(shape) != 1 or dtype.kind not in "USiu":
        raise DataError(f"{path}: {info.filename!r} is {dtype} of shape {shape}, not (n,) text")
    values = np.frombuffer(_exactly(stream, shape[0] * dtype.itemsize), dtype=dtype)
    if dtype.kind in "iu":
        findings.append(Finding("integer-ids", "repaired", "integer ids read as text"))
    if dtype.kind != "S":
        return [str(value) for value in values.tolist()]
    try:
        return [value.decode() for value in values.tolist()]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: an id is not UTF-8: {error.object!r}") from None


def _metadata(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], path: Path
) -> dict[str, Any]:
    """Read the metadata; ``scale`` and ``offset`` arrays count as its quantization rule."""
    metadata: dict[str, Any] = {}
    if "metadata" in members:
        stream, shape, _, dtype = _open(archive, members["metadata"], path)
        if shape == () and dtype.kind == "U":
            text = str(np.frombuffer(_exactly(stream, dtype.itemsize), dtype=dtype)[0])
            try:
                metadata = dict(json.loads(text))
            except (ValueError, TypeError):
                raise DataError(f"{path}: 'metadata' is not JSON") from None
    rule = {}
    for name in ("scale", "offset"):
        if name in members:
            stream, shape, _, dtype = _open(archive, members[name], path)
            if dtype.kind not in "fiu":
                raise DataError(f"{path}: {name!r} is {dtype}, not numbers")
            data = _exactly(stream, int(np.prod(shape)) * dtype.itemsize)
            rule[name] = np.frombuffer(data, dtype=dtype).astype(float).reshape(shape).tolist()
    return metadata | ({"quantization": rule} if rule else {})


def write_npz(
    ids: Sequence[str], matrix: NDArray[np.float32], metadata: dict[str, Any], path: Path
) -> None:
    """Write ids, matrix and metadata; not compressed: such numbers hardly shrink."""
    text = json.dumps(metadata, sort_keys=True, allow_nan=False, ensure_ascii=False)
    arrays = {
        "ids": np.array(ids, dtype=np.str_),
        "matrix": np.ascontiguousarray(matrix, dtype="<f4"),
        "metadata": np.array(text),
    }
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", ZIP_TIME)
            with archive.open(info, "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)
