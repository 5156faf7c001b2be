"""Reading and writing embeddings in any format; the suffix of the file names the format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.embeddings import ROWS_AT_ONCE, Embeddings
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions
from neucocore.data.ids import bare_id, clean_ids
from neucocore.errors import ConfigError, DataError, IdError
from neucocore.files.content_type import detect_content
from neucocore.files.findings import Finding, raise_for_findings

# Format of each file suffix, and the content that such a file must have.
FORMATS = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet", ".npz": "npz"}
_CONTENT = {".csv": "text", ".csv.gz": "gzip", ".parquet": "parquet", ".npz": "zip"}
_SMALL_INTEGERS = ("int8", "uint8")
_LOST_ROWS = ("ragged-rows", "open-quotes")


def load_embeddings(
    path: str | Path,
    *,
    lenient: bool = False,
    nan: Literal["error", "zero"] = "error",
    limit: int | None = None,
) -> Embeddings:
    """Read an embeddings file (CSV, Parquet, npz) or a TerraTorch folder of Parquet parts.

    Parameters
    ----------
    path
        The file; its suffix names the format and must match the content.
    lenient
        As NeuCo-Bench reads: cells that are not numbers count as 0, short rows are filled with 0.
    nan
        ``zero`` counts empty, NaN, infinite and text cells as 0, and records them.
    limit
        Maximum number of dimensions.

    Returns
    -------
    Embeddings
        Rows in the order of the file, dimensions by number.

    Raises
    ------
    MissingFileError
        The file does not exist.
    DataError
        With all problems of the file in ``problems``; `IdError`, `NonFiniteError`, `ShapeError` or
        `BudgetExceededError` if all are of that kind.

    Examples
    --------
    >>> embeddings = load_embeddings("mean.csv")  # doctest: +SKIP
    >>> embeddings.matrix.shape  # doctest: +SKIP
    (13260, 1024)
    """
    file = Path(path)
    table = examine_embeddings(file, lenient=lenient, nan=nan, limit=limit)
    raise_for_findings(file, table.findings)
    return Embeddings(
        tuple(table.ids or ()), table.matrix, table.metadata, tuple(table.findings), table.dtype
    )


def examine_embeddings(
    path: str | Path,
    *,
    lenient: bool = False,
    nan: Literal["error", "zero"] = "error",
    limit: int | None = None,
) -> EmbeddingTable:
    """Read an embeddings file as far as possible; its problems are returned as findings.

    Parameters are those of `load_embeddings`. The ids of the table are cleaned; they are None if
    the file has no ids.

    Raises
    ------
    DataError
        The file cannot be read as embeddings at all.
    """
    options = ReadOptions(lenient=lenient, nan_as_zero=nan == "zero")
    table = _read(Path(path), options)
    dimension = table.matrix.shape[1]
    if limit is not None and dimension > limit:
        message = f"{dimension} dimensions; the maximum is {limit}"
        table.findings.append(Finding("too-many-dimensions", "error", message))
    if len(table.matrix) == 0 and not any(f.code in _LOST_ROWS for f in table.findings):
        table.findings.append(Finding("no-rows", "error", "the file holds no row"))
    _dequantise(table)
    if table.ids is not None:
        table.ids, findings = clean_ids(table.ids, table.describe_row)
        table.findings.extend(findings)
    table.findings.extend(_constant_dimensions(table.matrix))
    return table


def save_embeddings(embeddings: Embeddings, path: str | Path) -> None:
    """Write embeddings in the format that the suffix names, in one step.

    Equal input gives equal bytes. CSV cannot hold metadata.

    Raises
    ------
    ConfigError
        The suffix names no format.
    IdError
        An id would be changed by writing and reading it.
    """
    file = Path(path)
    suffix = suffix_of(file)
    if suffix is None:
        raise ConfigError(
            f"the suffix of {file.name!r} names no format",
            hint=f"known suffixes: {', '.join(FORMATS)}",
        )
    invalid = [
        text
        for text in embeddings.ids
        if not text or bare_id(text) != text or not text.isprintable()
    ]
    if invalid:
        raise IdError(
            f"{len(invalid)} ids cannot be written: {', '.join(map(repr, invalid[:3]))}",
            hint="ids must be printable, not empty, and without surrounding spaces and file suffix",
        )
    if FORMATS[suffix] == "csv":
        from neucocore.data.embeddings.csv_writer import write_csv

        write_csv(embeddings.ids, embeddings.matrix, file)
    elif FORMATS[suffix] == "parquet":
        from neucocore.data.embeddings.parquet import write_parquet

        write_parquet(embeddings.ids, embeddings.matrix, embeddings.metadata, file)
    else:
        from neucocore.data.embeddings.npz import write_npz

        write_npz(embeddings.ids, embeddings.matrix, embeddings.metadata, file)


def suffix_of(path: Path) -> str | None:
    """Return the suffix that names a format, in lower case, or None."""
    name = path.name.lower()
    return next((s for s in sorted(FORMATS, key=len, reverse=True) if name.endswith(s)), None)


def _read(path: Path, options: ReadOptions) -> EmbeddingTable:
    """Read a file with the reader of its format."""
    if path.is_dir():
        from neucocore.data.embeddings.parquet import read_parquet
        from neucocore.data.embeddings.parquet_layout import part_files

        return read_parquet(part_files(path), options)
    content = detect_content(path)
    suffix = suffix_of(path)
    if suffix is None:
        raise DataError(
            f"the suffix of {path} names no format of embeddings",
            hint=f"known suffixes: {', '.join(FORMATS)}",
        )
    if content == "empty":
        raise DataError(f"{path} is empty (0 bytes)", hint="download or write the file again")
    if content != _CONTENT[suffix]:
        raise DataError(
            f"{path} is named {suffix} but its content is {content}",
            hint="rename the file so that its suffix matches its content",
        )
    if FORMATS[suffix] == "csv":
        from neucocore.data.embeddings.csv_reader import read_csv

        return read_csv(path, options)
    if FORMATS[suffix] == "parquet":
        from neucocore.data.embeddings.parquet import read_parquet

        return read_parquet([path], options)
    from neucocore.data.embeddings.npz import read_npz

    return read_npz(path, options)


def _dequantise(table: EmbeddingTable) -> None:
    """Turn stored small integers into values, by the scale and offset in the metadata."""
    if table.dtype not in _SMALL_INTEGERS:
        return
    rule: Mapping[str, Any] = table.metadata.get("quantization") or {}
    if not isinstance(rule, dict) or "scale" not in rule:
        message = f"{table.dtype} values without a scale, used as they are"
        table.findings.append(Finding("no-scale", "warning", message))
        return
    scale, offset = (
        np.asarray(rule.get(key, default), dtype=np.float32).ravel()
        for key, default in (("scale", 1.0), ("offset", 0.0))
    )
    d = table.matrix.shape[1]
    if any(len(part) not in (1, d) or not np.isfinite(part).all() for part in (scale, offset)):
        message = f"quantization scale and offset must be one number or {d}, finite"
        table.findings.append(Finding("bad-scale", "error", message))
        return
    table.matrix *= scale
    table.matrix += offset
    table.findings.append(Finding("scaled", "repaired", f"{table.dtype} values scaled"))


def _constant_dimensions(matrix: NDArray[np.float32]) -> list[Finding]:
    """Return a warning about dimensions that have the same value for every sample."""
    if len(matrix) < 2:
        return []
    constant = np.ones(matrix.shape[1], dtype=bool)
    for start in range(0, len(matrix), ROWS_AT_ONCE):
        constant &= (matrix[start : start + ROWS_AT_ONCE] == matrix[0]).all(axis=0)
        if not constant.any():
            return []
    if constant.all():
        return [Finding("constant-matrix", "warning", "all samples have the same embedding")]
    columns = np.nonzero(constant)[0].tolist()
    examples = tuple(f"dimension {column}" for column in columns[:3])
    message = "dimension has the same value for every sample"
    return [Finding("constant-columns", "warning", message, len(columns), examples)]
