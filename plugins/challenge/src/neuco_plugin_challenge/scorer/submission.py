"""Reads a submission that may be hostile: bounded memory, no pickles, no other file.

Messages contain counts only: no id, no text of the file, no path and no label, because the platform
shows them to the participant.
"""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

MATRIX_NAMES, IDS_NAMES = ("matrix", "embeddings", "embedding"), ("ids", "id")
IGNORED_SUFFIXES = (".zarr.zip", ".zarr")
MAX_MEMBERS = 100
MAX_HEADER_BYTES = 10000
MAX_METADATA_BYTES = 1 << 20
MAX_ID_CHARACTERS = 512
CELL_CHARACTERS = 40
"""Longest accepted cell of a CSV file; float64 needs at most 24 characters."""
DEFAULT_DIMENSIONS = 4096
"""Largest number of dimensions where the challenge states none."""
NUMBER_CHARACTERS = frozenset("0123456789+-.eE")
FLOATS = {"float16": 2, "float32": 4, "float64": 8}


class Refused(Exception):
    """The submission is not scored; the message is for the participant."""


@dataclass(frozen=True)
class Submission:
    """Embeddings (n, d) float32 in the order of the phase's ids, and what was repaired."""

    matrix: Any
    notes: list


def read_submission(path, ids, limits):
    """Read a .csv or .npz file, a zip with one of them, or a folder with one of them.

    Parameters
    ----------
    ids
        The ids of the phase, sorted.
    limits
        ``dimensions``, ``dtype`` and ``bytes`` of one embedding; None for no limit.

    Raises
    ------
    Refused
        With every problem that was found.
    """
    try:
        return _read(path, ids, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        reason = "damaged or not what its name says"
        if isinstance(error, NotImplementedError):
            reason = "compressed in a way that is not supported"
    except RuntimeError:
        reason = "an encrypted zip file"
    except MemoryError:
        reason = "too large"
    raise Refused("the submission is " + reason)


def _read(path, ids, limits):
    file_path = _only_file(path)
    largest = _largest_file(len(ids), limits)
    if os.path.getsize(file_path) > largest:
        raise Refused(f"the submission is larger than {largest} bytes")
    with open(file_path, "rb") as file:
        if file.read(4) != b"PK\x03\x04":
            file.seek(0)
            return _aligned(*_read_csv(file, len(ids), limits), ids, limits)
    with zipfile.ZipFile(file_path) as archive:
        members = _members(archive)
        if not any(info.filename.endswith(".npy") for info in members):
            return _aligned(*_nested(archive, members, ids, limits, largest), ids, limits)
        return _aligned(*_read_npz(archive, members, len(ids), limits), ids, limits)


def _only_file(path):
    """Return the file itself, or the only .csv, .npz or .zip file of a folder."""
    if not os.path.isdir(path):
        return _regular(path)
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if _wanted(name)]
        found += [os.path.join(folder, name) for name in names if _is_submission(name)]
        if len(found) > 1:
            break
    if len(found) != 1:
        raise Refused("the submission must hold exactly one .csv or .npz file")
    return _regular(found[0])


def _regular(path):
    # A link, a pipe or a device could make the scorer read another file, or wait for ever.
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise Refused("the submission must be a regular file")
    return path


def _wanted(name):
    return name != "__MACOSX" and not name.startswith(".")


def _is_submission(name):
    return _wanted(name) and name.lower().endswith((".csv", ".npz", ".zip"))


def _dimensions(limits):
    return limits.get("dimensions") or DEFAULT_DIMENSIONS


def _largest_file(n, limits):
    return (n + 1) * (CELL_CHARACTERS * _dimensions(limits) + 4 * MAX_ID_CHARACTERS) + (1 << 20)


def _members(archive):
    """Return the members of a zip after checking their names; folders are left out."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise Refused(f"the zip file holds more than {MAX_MEMBERS} files")
    for info in infos:
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise Refused("the zip file holds an absolute path or one with '..'")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Refused("the zip file holds a link")
    if len({info.filename for info in infos}) != len(infos):
        raise Refused("the zip file holds a name twice")
    return [info for info in infos if not info.filename.endswith("/")]


def _nested(archive, members, ids, limits, largest):
    """Read the one .csv or .npz file of a zip, at its root or in one folder."""
    found = []
    for info in members:
        parts = info.filename.replace("\\", "/").split("/")
        if all(map(_wanted, parts)) and parts[-1].lower().endswith((".csv", ".npz")):
            found.append((len(parts), info))
    if len(found) != 1 or found[0][0] > 2:
        raise Refused("the zip file must hold exactly one .csv or .npz file, in at most one folder")
    info = found[0][1]
    if info.file_size > largest:
        raise Refused(f"the submission is larger than {largest} bytes")
    with archive.open(info) as file:
        if not info.filename.lower().endswith(".npz"):
            return _read_csv(file, len(ids), limits)
        content = file.read(largest + 1)
    with zipfile.ZipFile(io.BytesIO(content)) as inner:
        return _read_npz(inner, _members(inner), len(ids), limits)


def _read_npz(archive, members, n, limits):
    """Return ids and matrix of an npz file; array headers are checked before data are read."""
    by_name = {}
    for info in members:
        name = info.filename[:-4] if info.filename.endswith(".npy") else info.filename
        by_name[name] = info
    ids_name = _one_of(IDS_NAMES, by_name)
    matrix_name = _one_of(MATRIX_NAMES, by_name)
    others = set(by_name) - {ids_name, matrix_name, "metadata"}
    if others:
        raise Refused(
            f"the npz file holds {len(others)} arrays beside ids and matrix; scales and offsets "
            "must be applied before"
        )
    if "metadata" in by_name:
        _check_metadata(archive, by_name["metadata"])
    matrix = _array(archive, by_name[matrix_name], "matrix", "fiu", 2, n, limits)
    texts = _array(archive, by_name[ids_name], "ids", "US", 1, n, limits)
    if texts.dtype.kind == "S":
        try:
            texts = np.char.decode(texts, "utf-8")
        except UnicodeDecodeError:
            raise Refused("the ids are not UTF-8") from None
    return texts.tolist(), matrix, matrix.dtype.itemsize, matrix.dtype.name


def _one_of(names, members):
    found = [name for name in names if name in members]
    if len(found) != 1:
        raise Refused(f"the npz file needs exactly one array named {names[0]!r}")
    return found[0]


def _check_metadata(archive, info):
    if info.file_size > MAX_METADATA_BYTES:
        raise Refused("the metadata of the npz file are too large")
    with archive.open(info) as file:
        shape, _, dtype = _header(file, "metadata")
        if dtype.kind != "U" or shape != ():
            raise Refused("the metadata of the npz file are not text")
        text = np.frombuffer(file.read(MAX_METADATA_BYTES), dtype=np.uint8).tobytes()
    try:
        metadata = json.loads(text.decode("utf-32-le").rstrip("\0") or "{}")
    except (ValueError, RecursionError):
        raise Refused("the metadata of the npz file are not JSON") from None
    if isinstance(metadata, dict) and metadata.get("quantization") is not None:
        raise Refused("the embeddings are quantised with a scale; apply it before")


def _header(file, name):
    try:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            return np.lib.format.read_array_header_1_0(file, MAX_HEADER_BYTES)
        if version == (2, 0):
            return np.lib.format.read_array_header_2_0(file, MAX_HEADER_BYTES)
    except Exception:
        raise Refused(f"the array {name!r} is damaged") from None
    raise Refused(f"the array {name!r} is in a newer format; save it with numpy.savez")


def _array(archive, info, name, kinds, dimensions, n, limits):
    """Read one array whose type and shape are checked before its data."""
    with archive.open(info) as file:
        shape, fortran, dtype = _header(file, name)
        if dtype.kind not in kinds or dtype.hasobject:
            wanted = "numbers" if dimensions == 2 else "text"
            raise Refused(f"the array {name!r} must hold {wanted}")
        if dtype.kind == "f" and dtype.itemsize > 8:
            raise Refused(f"the array {name!r} must be float64 or smaller")
        if len(shape) != dimensions or not shape[0]:
            raise Refused(f"the array {name!r} has {len(shape)} dimensions, expected {dimensions}")
        if shape[0] != n:
            raise Refused(f"{shape[0]} rows in {name!r}, expected {n}")
        if dimensions == 2:
            _check_dimensions(shape[1], limits)
        elif dtype.itemsize > 4 * MAX_ID_CHARACTERS:
            raise Refused(f"ids are longer than {MAX_ID_CHARACTERS} characters")
        size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        data = file.read(size + 1)
    if len(data) != size:
        raise Refused(f"the array {name!r} holds more or fewer bytes than it states")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _check_dimensions(d, limits):
    if not 1 <= d <= _dimensions(limits):
        raise Refused(f"{d} dimensions, allowed are 1 to {_dimensions(limits)}")


def _read_csv(file, n, limits):
    """Return ids and matrix of a CSV file with the columns id, 0, 1, ... or id, 1, 2, ..."""
    longest = CELL_CHARACTERS * (_dimensions(limits) + 1) + 4 * MAX_ID_CHARACTERS
    rows = csv.reader(_lines(file, longest))
    try:
        header = [name.strip() for name in next(rows, [])]
        order = _column_order(header, limits)
        ids = []
        matrix = np.empty((n, len(order)), dtype=np.float32)
        for cells in rows:
            if not cells:
                continue
            if len(ids) == n:
                raise Refused(f"more than {n} rows")
            if len(cells) != len(header):
                raise Refused(f"row {len(ids) + 1} does not have {len(header)} cells")
            name = cells[header.index("id")].strip()
            matrix[len(ids)] = _numbers([cells[position] for position in order], len(ids) + 1)
            ids.append(name)
    except csv.Error:
        raise Refused("the CSV file cannot be read") from None
    if len(ids) != n:
        raise Refused(f"{len(ids)} rows, expected {n}")
    return ids, matrix, 4, "float32"


def _lines(file, longest):
    first = True
    while True:
        line = file.readline(longest + 1)
        if not line:
            return
        if len(line) > longest:
            raise Refused(f"a line of the CSV file is longer than {longest} bytes")
        try:
            text = line.decode("utf-8-sig" if first else "utf-8")
        except UnicodeDecodeError:
            raise Refused("the CSV file is not UTF-8") from None
        if "\0" in text:
            raise Refused("the CSV file is not text")
        first = False
        yield text


def _column_order(header, limits):
    """Return the positions of the numbered columns in the order of their numbers."""
    if header.count("id") != 1:
        raise Refused("the CSV file needs exactly one column named id")
    names = [name for name in header if name != "id"]
    _check_dimensions(len(names), limits)
    first = min(names, key=lambda name: (len(name), name))
    start = {"0": 0, "1": 1}.get(first)
    wanted = {} if start is None else {str(start + i): i for i in range(len(names))}
    if len(set(names)) != len(names) or set(names) != set(wanted):
        raise Refused("the columns beside id must be numbered 0 to d-1, or 1 to d")
    positions = {name: position for position, name in enumerate(header)}
    return [positions[name] for name in sorted(wanted, key=wanted.get)]


def _numbers(cells, row):
    cells = [cell.strip() for cell in cells]
    for cell in cells:
        if not 0 < len(cell) <= CELL_CHARACTERS or not NUMBER_CHARACTERS.issuperset(cell):
            raise Refused(f"row {row} holds a cell that is not a finite number")
    try:
        with np.errstate(over="ignore"):
            return np.array(list(map(float, cells))).astype(np.float32)
    except ValueError:
        raise Refused(f"row {row} holds a cell that is not a number") from None


def _aligned(names, matrix, itemsize, dtype, ids, limits):
    """Check type, size, ids and values; return the rows in the order of the phase's ids."""
    problems, notes = [], []
    largest = limits.get("dtype")
    if largest is not None and itemsize > np.dtype(largest).itemsize:
        problems.append(f"the numbers are {dtype}, allowed is {largest}")
    budget = limits.get("bytes")
    if budget is not None and itemsize * matrix.shape[1] > budget:
        problems.append(f"{itemsize * matrix.shape[1]} bytes per embedding, allowed are {budget}")
    repaired = [_without_suffix(str(name).strip()) for name in names]
    changed = sum(1 for name, text in zip(names, repaired) if str(name) != text)
    if changed:
        notes.append(f"{changed} ids ended in .zarr.zip or .zarr, or had blanks: removed")
    row_of = {name: row for row, name in enumerate(repaired)}
    if len(row_of) != len(repaired):
        problems.append(f"{len(repaired) - len(row_of)} ids occur more than once")
    expected = set(ids)
    unknown = sum(1 for name in row_of if name not in expected)
    missing = sum(1 for name in ids if name not in row_of)
    if unknown or missing:
        problems.append(
            f"{missing} ids of this phase are missing and {unknown} ids do not belong to it"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.asarray(matrix, dtype=np.float32)
    bad = int(np.sum(~np.isfinite(values)))
    if bad:
        problems.append(f"{bad} values are not finite numbers in float32")
    if problems:
        raise Refused("the submission is refused: " + "; ".join(problems))
    return Submission(values[[row_of[name] for name in ids]], notes)


def _without_suffix(name):
    for suffix in IGNORED_SUFFIXES:
        if name.endswith(suffix):
            return name[: -len(suffix)]
    return name
