"""Embeddings as npz: the arrays ``ids`` and ``matrix``, and ``metadata`` as JSON text.

Nothing is ever unpickled, and the zip directory is checked before anything is extracted.
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

from neucocore.data.embeddings.cells import BadCells, to_float32
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions, damaged_file
from neucocore.errors import DataError
from neucocore.files.atomic import replacing
from neucocore.files.findings import Finding

# Embeddings compress to about 90 % of their size, never by a factor of one hundred.
MAX_RATIO = 100
RATIO_FROM_BYTES = 64 << 20
BLOCK_BYTES = 16 << 20
SAVE_HINT = "np.savez(path, ids=np.array(ids, dtype=str), matrix=matrix.astype(np.float32))"
DISTRUST_HINT = "do not trust this file; download it again, or ask its author for another one"
MATRIX_NAMES = ("matrix", "embeddings", "embedding")
IDS_NAMES = ("ids", "id")
# The earliest time that a zip can hold; a fixed time gives equal bytes for equal input.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def read_npz(path: Path, options: ReadOptions) -> EmbeddingTable:
    """Read an npz file of embeddings.

    Raises
    ------
    DataError
        The archive is damaged or dangerous, or an array is missing or of a wrong type.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            findings: list[Finding] = []
            matrix, dtype = _matrix(archive, members, path, options, findings)
            ids = _ids(archive, members, path, findings)
            metadata = _metadata(archive, members, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise damaged_file(path, error) from error
    if len(ids) != len(matrix):
        message = f"{len(ids)} ids for {len(matrix)} rows"
        findings.append(Finding("ragged-rows", "error", message))
        ids = (ids + [f"row {row + 1}" for row in range(len(ids), len(matrix))])[: len(matrix)]
    return EmbeddingTable(ids, matrix, _describe_row, metadata, dtype, findings)


def _describe_row(row: int) -> str:
    return f"row {row + 1}"


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """Return the members by name of array, after checking the zip directory."""
    members = {}
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name:
            raise DataError(
                f"{path} has a member with an unsafe name: {info.filename!r}", hint=DISTRUST_HINT
            )
        large = info.file_size > RATIO_FROM_BYTES
        if large and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise DataError(
                f"{path} may be a zip bomb: {info.filename!r} would grow from "
                f"{info.compress_size} to {info.file_size} bytes",
                hint=DISTRUST_HINT,
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
        raise DataError(
            f"{path}: {info.filename!r} is not an array: {error}", hint=SAVE_HINT
        ) from None
    if dtype.hasobject:
        raise DataError(
            f"{path}: {info.filename!r} holds Python objects, which are never unpickled",
            hint=SAVE_HINT,
        )
    declared = int(np.prod(shape, dtype=object)) * dtype.itemsize
    held = info.file_size - stream.tell()
    if declared != held:
        raise DataError(
            f"{path}: {info.filename!r} declares {declared} bytes, but holds {held}",
            hint=DISTRUST_HINT,
        )
    return stream, shape, fortran, dtype


def _find(members: dict[str, zipfile.ZipInfo], names: Sequence[str], path: Path) -> zipfile.ZipInfo:
    for name in names:
        if name in members:
            return members[name]
    found = ", ".join(map(repr, members))
    raise DataError(
        f"{path} has no array {names[0]!r}" + (f", only {found}" if found else ": it is empty"),
        hint=SAVE_HINT,
    )


def _matrix(
    archive: zipfile.ZipFile,
    members: dict[str, zipfile.ZipInfo],
    path: Path,
    options: ReadOptions,
    findings: list[Finding],
) -> tuple[NDArray[np.float32], str]:
    """Read the matrix in blocks of rows, without a second copy of a float64 matrix."""
    info = _find(members, MATRIX_NAMES, path)
    stream, shape, fortran, dtype = _open(archive, info, path)
    if len(shape) != 2 or dtype.kind not in "fiu":
        raise DataError(
            f"{path}: {info.filename!r} is {dtype} of shape {shape}, not (n, d) numbers",
            hint=SAVE_HINT,
        )
    rows, d = shape
    bad = BadCells([str(column) for column in range(d)])
    if fortran:
        values = np.frombuffer(stream.read(), dtype=dtype).reshape(d, rows).T
        matrix = np.ascontiguousarray(to_float32(values, bad, 0, _describe_row))
    else:
        matrix = np.empty((rows, d), dtype=np.float32)
        step = max(1, BLOCK_BYTES // max(1, d * dtype.itemsize))
        for start in range(0, rows, step):
            count = min(step, rows - start)
            block = np.frombuffer(_exactly(stream, count * d * dtype.itemsize), dtype=dtype)
            matrix[start : start + count] = to_float32(
                block.reshape(count, d), bad, start, _describe_row
            )
    findings.extend(bad.findings(options))
    return matrix, dtype.newbyteorder("=").name


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("an array is truncated")
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
        raise DataError(
            f"{path}: {info.filename!r} is {dtype} of shape {shape}, not (n,) text", hint=SAVE_HINT
        )
    values = np.frombuffer(_exactly(stream, shape[0] * dtype.itemsize), dtype=dtype)
    if dtype.kind in "iu":
        findings.append(Finding("integer-ids", "repaired", "integer ids read as text"))
    if dtype.kind != "S":
        return [str(value) for value in values.tolist()]
    try:
        return [value.decode() for value in values.tolist()]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: an id is not UTF-8: {error.object!r}", hint=SAVE_HINT) from None


def _metadata(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], path: Path
) -> dict[str, Any]:
    """Read the metadata; arrays ``scale`` and ``offset`` become its quantization rule."""
    metadata: dict[str, Any] = {}
    if "metadata" in members:
        stream, shape, _, dtype = _open(archive, members["metadata"], path)
        if shape == () and dtype.kind == "U":
            text = str(np.frombuffer(_exactly(stream, dtype.itemsize), dtype=dtype)[0])
            try:
                metadata = dict(json.loads(text))
            except (ValueError, TypeError):
                raise DataError(
                    f"{path}: 'metadata' is not a JSON object",
                    hint="store json.dumps(a_dict), or leave the array out",
                ) from None
    rule = {}
    for name in ("scale", "offset"):
        if name in members:
            stream, shape, _, dtype = _open(archive, members[name], path)
            if dtype.kind not in "fiu":
                raise DataError(
                    f"{path}: {name!r} is {dtype}, not numbers", hint="store it as float32"
                )
            data = _exactly(stream, int(np.prod(shape)) * dtype.itemsize)
            rule[name] = np.frombuffer(data, dtype=dtype).astype(float).reshape(shape).tolist()
    return metadata | ({"quantization": rule} if rule else {})


def write_npz(
    ids: Sequence[str], matrix: NDArray[np.float32], metadata: dict[str, Any], path: Path
) -> None:
    """Write ids, matrix and metadata, uncompressed, since such numbers hardly compress."""
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
