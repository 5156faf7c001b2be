"""Embeddings from and to a file of any format; its suffix names the format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.embeddings import ROWS_AT_ONCE, Embeddings
from neucocore.data.embeddings.table import EmbeddingTable, Reading
from neucocore.data.ids import bare_id, clean_ids
from neucocore.errors import ConfigError, DataError, IdError
from neucocore.files.content_type import detect_content
from neucocore.files.findings import Finding, raise_for_findings

# Format of each file suffix, and how the content must begin.
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
        The file; its suffix names the format, and its content must match.
    lenient
        NeuCo-Bench's reading: cells that are no number count as 0, short rows are filled with 0.
    nan
        ``zero`` counts empty, NaN, infinite and text cells as 0; both ways they are recorded.
    limit
        The largest number of dimensions allowed.

    Returns
    -------
    Embeddings
        Rows in file order, columns by number; ``findings`` tell what was repaired or looks odd.

    Raises
    ------
    MissingFileError
        When there is no such file.
    DataError
        With every problem of the file in ``problems``; `IdError`, `NonFiniteError`, `ShapeError` or
        `BudgetExceededError` when all are of that kind.

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
    """Read an embeddings file as far as it can be read; what is wrong comes as findings.

    Parameters are those of `load_embeddings`. The table's ids are repaired; they are None when the
    file has none.

    Raises
    ------
    DataError
        When the file cannot be read as embeddings at all.
    """
    reading = Reading(lenient=lenient, zero=nan == "zero")
    table = _read(Path(path), reading)
    dimension = table.matrix.shape[1]
    if limit is not None and dimension > limit:
        message = f"{dimension} dimensions, {limit} allowed"
        table.findings.append(Finding("too-many-dimensions", "error", message))
    if len(table.matrix) == 0 and not any(f.code in _LOST_ROWS for f in table.findings):
        table.findings.append(Finding("no-rows", "error", "the file holds no row"))
    _scale(table)
    _judge_ids(table)
    table.findings.extend(_constant(table.matrix))
    return table


def save_embeddings(embeddings: Embeddings, path: str | Path) -> None:
    """Write embeddings in the format of the suffix, in one step.

    Equal input gives equal bytes. CSV holds no metadata.

    Raises
    ------
    ConfigError
        When the suffix names no format.
    IdError
        When an id could not be read back as it is.
    """
    file = Path(path)
    suffix = suffix_of(file)
    if suffix is None:
        raise ConfigError(
            f"no format for {file.name!r}", hint=f"name it {', '.join('*' + s for s in FORMATS)}"
        )
    odd = [text for text in embeddings.ids if bare_id(text) != text or not text.isprintable()]
    if odd or "" in embeddings.ids:
        shown = ", ".join(map(repr, odd[:3])) or "''"
        raise IdError(
            f"{len(odd) or 1} ids cannot be written: {shown}",
            hint="ids are printable, without blanks around them and without file suffix",
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
    """Return the suffix that names the format, in lower case, or None."""
    name = path.name.lower()
    return next((s for s in sorted(FORMATS, key=len, reverse=True) if name.endswith(s)), None)


def _read(path: Path, reading: Reading) -> EmbeddingTable:
    """Hand over to the reader of the format."""
    if path.is_dir():
        from neucocore.data.embeddings.parquet import read_parquet
        from neucocore.data.embeddings.parquet_layout import part_files

        return read_parquet(part_files(path), reading)
    content = detect_content(path)
    suffix = suffix_of(path)
    if suffix is None:
        raise DataError(
            f"{path} has no known suffix",
            hint=f"embeddings are named {', '.join('*' + s for s in FORMATS)}",
        )
    if content == "empty":
        raise DataError(f"{path} is empty (0 bytes)")
    if content != _CONTENT[suffix]:
        raise DataError(
            f"{path} is named {suffix} but its content is {content}",
            hint="give it the suffix of what it is",
        )
    if FORMATS[suffix] == "csv":
        from neucocore.data.embeddings.csv_reader import read_csv

        return read_csv(path, reading)
    if FORMATS[suffix] == "parquet":
        from neucocore.data.embeddings.parquet import read_parquet

        return read_parquet([path], reading)
    from neucocore.data.embeddings.npz import read_npz

    return read_npz(path, reading)


def _judge_ids(table: EmbeddingTable) -> None:
    """Repair and judge the ids."""
    if table.ids is not None:
        table.ids, findings = clean_ids(table.ids, table.place)
        table.findings.extend(findings)


def _scale(table: EmbeddingTable) -> None:
    """Turn stored small integers into values by the scale and offset that came with them."""
    if table.dtype not in _SMALL_INTEGERS:
        return
    rule: Mapping[str, Any] = table.metadata.get("quantization") or {}
    if not isinstance(rule, dict) or "scale" not in rule:
        message = f"{table.dtype} values without a scale, taken as they are"
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


def _constant(matrix: NDArray[np.float32]) -> list[Finding]:
    """Warn of dimensions that are the same for every sample."""
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
    message = "dimension is the same for every sample"
    return [Finding("constant-columns", "warning", message, len(columns), examples)]
