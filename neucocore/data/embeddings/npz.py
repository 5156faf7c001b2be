"""Embeddings as npz: the arrays ``ids`` and ``matrix``, and ``metadata`` as JSON text.

Nothing is ever unpickled, and the zip directory is checked before anything is extracted.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import BadCells, to_float32
from neucocore.data.embeddings.layouts import Column
from neucocore.data.embeddings.quantisation import OFFSET_NAMES, SCALE_NAMES, StoredRows
from neucocore.data.embeddings.roles import Roles, assign_roles
from neucocore.data.embeddings.scale_columns import unused_scales
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions, damaged_file
from neucocore.data.ids import ids_as_text
from neucocore.errors import DataError
from neucocore.files.atomic import replacing
from neucocore.files.findings import Finding, raise_for_findings

# Embeddings compress to about 90 % of their size, never by a factor of one hundred.
MAX_RATIO = 100
RATIO_FROM_BYTES = 64 << 20
BLOCK_BYTES = 16 << 20
SAVE_HINT = "np.savez(path, ids=np.array(ids, dtype=str), matrix=matrix.astype(np.float32))"
DISTRUST_HINT = "do not trust this file; download it again, or ask its author for another one"
MATRIX_NAMES = ("matrix", "embeddings", "embedding")
IDS_NAMES = ("ids", "id")
FACTORS = (*SCALE_NAMES, *OFFSET_NAMES)
METADATA = "metadata"
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
            arrays = _arrays(archive, path)
            metadata = _metadata(archive, arrays, path)
            roles, columns = _roles(arrays, options, metadata)
            matrix_array, id_array = _matrix_and_ids(arrays, roles, columns, path)
            findings = list(roles.findings)
            matrix, dtype = _matrix(archive, matrix_array, path, options, findings)
            ids = _ids(archive, id_array, path, findings)
            n, d = matrix.shape
            factors = _factors(archive, arrays, metadata, path)
            extra = {
                columns[position].name: _read(archive, array).tolist()
                for position in roles.metadata
                if (array := arrays[columns[position].name]).shape == (n,)
            }
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise damaged_file(path, error) from error
    findings.extend(roles.note(columns, d))
    findings.extend(_unused(arrays, columns, [*factors, METADATA]))
    if len(ids) != n:
        message = f"{len(ids)} ids for {n} rows"
        findings.append(Finding("ragged-rows", "error", message))
        ids = (ids + [f"row {row + 1}" for row in range(len(ids), n)])[:n]
    rule = _rule(metadata, factors, findings)
    used = {*factors, matrix_array.info.filename.removesuffix(".npy"), METADATA}
    others = [(name, f"{a.dtype} of shape {a.shape}") for name, a in arrays.items()]
    part = StoredRows("", slice(0, n), dtype, rule, factors, unused_scales(others, used))
    return EmbeddingTable(ids, matrix, _describe_row, metadata, dtype, findings, extra, [part])


@dataclass(frozen=True, slots=True)
class _Array:
    """The header of one array."""

    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]


def _arrays(archive: zipfile.ZipFile, path: Path) -> dict[str, _Array]:
    """Return the arrays of the archive by name; members that are no arrays are left out.

    Raises
    ------
    DataError
        An array that is needed is damaged, or would have to be unpickled.
    """
    arrays = {}
    for name, info in _members(archive, path).items():
        try:
            stream, shape, fortran, dtype = _open(archive, info, path)
        except DataError:
            if name in (*MATRIX_NAMES, *IDS_NAMES, *FACTORS, METADATA):
                raise
            continue
        stream.close()
        arrays[name] = _Array(info, shape, fortran, dtype)
    return arrays


def _is_number(array: _Array) -> bool:
    return array.dtype.kind in "fiu"


def _roles(
    arrays: Mapping[str, _Array], options: ReadOptions, metadata: Mapping[str, Any]
) -> tuple[Roles, list[Column]]:
    """Return the roles of the arrays: a matrix is a list column, a vector one value per row."""
    columns = [
        Column(
            name,
            "list" if len(array.shape) == 2 and _is_number(array) else "text",
            f"{array.dtype} of shape {array.shape}",
            array.shape[1] if len(array.shape) == 2 else None,
        )
        for name, array in arrays.items()
        if name not in (*FACTORS, METADATA, _array_name(metadata)) and len(array.shape) in (1, 2)
    ]
    identifier = options.id or next((name for name in IDS_NAMES if name in arrays), None)
    return assign_roles(columns, replace(options, id=identifier)), columns


def _matrix_and_ids(
    arrays: Mapping[str, _Array], roles: Roles, columns: Sequence[Column], path: Path
) -> tuple[_Array, _Array]:
    if roles.vector is None:
        wrong = next((name for name in MATRIX_NAMES if name in arrays), None)
        if wrong is not None and len([c for c in columns if c.kind == "list"]) == 0:
            raise DataError(
                f"{path}: {wrong!r} is {arrays[wrong].dtype} of shape {arrays[wrong].shape}, "
                "not (n, d) numbers",
                hint=SAVE_HINT,
            )
        refused = [f for f in roles.findings if f.code in ("several-vectors", "no-vector-column")]
        raise_for_findings(path, refused)
        raise _no_array(MATRIX_NAMES[0], arrays, path)
    if roles.id is None:
        raise_for_findings(path, [f for f in roles.findings if "for the ids" in f.message])
        named = next((f.hint for f in roles.findings if f.code == "no-id-column" and f.hint), "")
        hint = named.partition(";")[0] if "COLUMN" not in named else ""
        raise _no_array(IDS_NAMES[0], arrays, path, hint)
    return arrays[columns[roles.vector].name], arrays[columns[roles.id].name]


def _no_array(name: str, arrays: Mapping[str, _Array], path: Path, hint: str = "") -> DataError:
    found = ", ".join(map(repr, arrays))
    return DataError(
        f"{path} has no array {name!r}" + (f", only {found}" if found else ": it is empty"),
        hint=hint or SAVE_HINT,
    )


def _factors(
    archive: zipfile.ZipFile,
    arrays: Mapping[str, _Array],
    metadata: Mapping[str, Any],
    path: Path,
) -> dict[str, NDArray[Any]]:
    """Return the arrays of scales and offsets."""
    factors = {}
    for name, array in arrays.items():
        if name not in FACTORS and name != _array_name(metadata):
            continue
        if not _is_number(array):
            raise DataError(
                f"{path}: {name!r} is {array.dtype}, not numbers", hint="store it as float32"
            )
        factors[name] = _read(archive, array)
    return factors


def _unused(
    arrays: Mapping[str, _Array], columns: Sequence[Column], used: Sequence[str]
) -> list[Finding]:
    """Return a warning about arrays that are neither ids, vectors, metadata nor scales."""
    known = {column.name for column in columns}
    unused = [name for name in arrays if name not in known and name not in used]
    if not unused:
        return []
    examples = tuple(f"{name!r} of shape {arrays[name].shape}" for name in unused[:3])
    return [Finding("unused-arrays", "warning", "array not used", len(unused), examples)]


def _array_name(metadata: Mapping[str, Any]) -> str | None:
    """Return the name of the array with the scales, if the quantization record names one."""
    rule = metadata.get("quantization")
    scale = rule.get("scale") if isinstance(rule, dict) else None
    name = scale.get("array_name") if isinstance(scale, dict) else None
    return name if isinstance(name, str) else None


def _rule(
    metadata: Mapping[str, Any],
    factors: Mapping[str, NDArray[Any]],
    findings: list[Finding],
) -> Any:
    """Return the quantization record of the metadata, or one of the arrays of scale and offset."""
    declared = metadata.get("quantization")
    unnamed = {name: factors[name] for name in factors if name != _array_name(metadata)}
    if not unnamed:
        return declared
    if declared is not None:
        both = isinstance(declared, dict) and declared.keys() & {"scale", "offset"}
        if both or not isinstance(declared, dict):
            names = ", ".join(map(repr, unnamed))
            message = f"both the metadata and the arrays {names} declare how to scale the values"
            hint = "leave out one of them"
            findings.append(Finding("quantisation", "error", message, hint=hint))
            return None
    rule = dict(declared or {})
    for name, values in unnamed.items():
        rule["scale" if name in SCALE_NAMES else "offset"] = values
    return rule


def _describe_row(row: int) -> str:
    return f"row {row + 1}"


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """Return the members by name of array, after checking the zip directory."""
    members = {}
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:2] == ":":
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


def _matrix(
    archive: zipfile.ZipFile,
    array: _Array,
    path: Path,
    options: ReadOptions,
    findings: list[Finding],
) -> tuple[NDArray[np.float32], str]:
    """Read the matrix in blocks of rows, without a second copy of a float64 matrix."""
    stream, shape, fortran, dtype = _open(archive, array.info, path)
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
    findings.extend(bad.findings(options, rows))
    return matrix, dtype.newbyteorder("=").name


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("an array is truncated")
    return data


def _read(archive: zipfile.ZipFile, array: _Array) -> NDArray[Any]:
    """Return a small array."""
    with archive.open(array.info) as stream:
        values: NDArray[Any] = npy.read_array(stream, allow_pickle=False)
    return values


def _ids(archive: zipfile.ZipFile, array: _Array, path: Path, findings: list[Finding]) -> list[str]:
    if len(array.shape) != 1 or array.dtype.kind not in "USiu":
        raise DataError(
            f"{path}: {array.info.filename!r} is {array.dtype} of shape {array.shape}, "
            "not (n,) text",
            hint=SAVE_HINT,
        )
    values = _read(archive, array).tolist()
    if array.dtype.kind == "U":
        return [str(value) for value in values]
    if array.dtype.kind == "S":
        try:
            return [value.decode() for value in values]
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}: an id is not UTF-8: {error.object!r}", hint=SAVE_HINT
            ) from None
    ids, id_findings = ids_as_text(values)
    findings.extend(id_findings)
    return ids


def _metadata(archive: zipfile.ZipFile, arrays: Mapping[str, _Array], path: Path) -> dict[str, Any]:
    """Return the JSON object in the array of text ``metadata``."""
    array = arrays.get(METADATA)
    if array is None:
        return {}
    try:
        return dict(json.loads(_read(archive, array).item()))
    except (ValueError, TypeError):
        raise DataError(
            f"{path}: 'metadata' is not a JSON object",
            hint="store json.dumps(a_dict), or leave the array out",
        ) from None


def write_npz(
    ids: Sequence[str],
    matrix: NDArray[np.float32],
    metadata: dict[str, Any],
    path: Path,
    extra: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Write ids, matrix, metadata and its columns, uncompressed: such numbers hardly compress."""
    text = json.dumps(metadata, sort_keys=True, allow_nan=False, ensure_ascii=False)
    arrays = {
        "ids": np.array(ids, dtype=np.str_),
        "matrix": np.ascontiguousarray(matrix, dtype="<f4"),
        "metadata": np.array(text),
        **{name: _plain_array(values) for name, values in (extra or {}).items()},
    }
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", ZIP_TIME)
            with archive.open(info, "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def _plain_array(values: Sequence[Any]) -> NDArray[Any]:
    """Return a column as numbers if all its values are, else as text."""
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        return array
    return np.array(["" if value is None else str(value) for value in values], dtype=np.str_)
