"""Reading and writing embeddings in any format; the suffix of the file names the format."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.code_checks import code_findings, lattice_findings
from neucocore.data.embeddings.duplicates import duplicate_rows_finding, equal_rows
from neucocore.data.embeddings.embeddings import ROWS_AT_ONCE, Embeddings
from neucocore.data.embeddings.far_rows import far_row_findings
from neucocore.data.embeddings.no_data import (
    declared_fill_values,
    fill_value_rows,
    no_data_findings,
    partly_filled,
    scale_findings,
)
from neucocore.data.embeddings.objects import read_object
from neucocore.data.embeddings.pixel_files import refuse_pixels
from neucocore.data.embeddings.quantisation import (
    dequantise,
    plain,
    saturated_codes,
    scale_axis,
)
from neucocore.data.embeddings.row_numbers import row_number_findings
from neucocore.data.embeddings.scale_columns import parts_without_scale, unused_scale_findings
from neucocore.data.embeddings.sidecar import read_sidecar
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions
from neucocore.data.embeddings.unit_norm import unit_norm_findings
from neucocore.data.embeddings.versions import version_findings
from neucocore.data.ids import bare_id
from neucocore.data.in_memory import InMemory
from neucocore.data.years import clean_keys, site_of
from neucocore.errors import ConfigError, DataError, IdError
from neucocore.files.content_type import detect_content
from neucocore.files.findings import Finding, raise_for_findings

# Format of each file suffix, and the content that such a file must have.
FORMATS = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet", ".npz": "npz"}
# Further suffixes of Parquet files, which are read and not written.
PARQUET_SUFFIXES = (".geoparquet", ".gpq", ".pq", ".parq")
_CONTENT = {".csv": "text", ".csv.gz": "gzip", ".parquet": "parquet", ".npz": "zip"}
RESERVED_NAMES = frozenset({"id", "ids", "embedding", "matrix", "metadata", ""})
_LOST_ROWS = ("ragged-rows", "open-quotes", "vector-lengths", "vector-cells")


def load_embeddings(
    path: str | Path | InMemory,
    *,
    lenient: bool = False,
    nan: Literal["error", "zero"] = "error",
    limit: int | None = None,
    id: str | None = None,  # noqa: A002 - the name of the option
    vector: str | None = None,
    drop_no_data: bool = False,
) -> Embeddings:
    """Read an embeddings file (CSV, Parquet, npz) or a TerraTorch folder of Parquet parts.

    Parameters
    ----------
    path
        The file; its suffix names the format and must match the content. ``FILE:COLUMNS`` is the
        same as `vector`.
    lenient
        As NeuCo-Bench reads: cells that are not numbers count as 0, short rows are filled with 0.
    nan
        ``zero`` counts empty, NaN, infinite and text cells as 0, and records them.
    limit
        Maximum number of dimensions.
    id
        Column of the ids; by default ``id`` or the one of a known product.
    vector
        Columns of the numbers: a name, a pattern such as ``B*``, or several names or patterns
        separated by commas; by default by the rule in `neucocore.data.embeddings.roles`.
    drop_no_data
        Leave out rows that hold a fill value in all dimensions, instead of refusing the file.

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
    table = examine_embeddings(
        path,
        lenient=lenient,
        nan=nan,
        limit=limit,
        id=id,
        vector=vector,
        drop_no_data=drop_no_data,
    )
    raise_for_findings(path, table.findings)
    return Embeddings(
        tuple(table.ids or ()),
        table.matrix,
        {**_sidecar_metadata(path), **table.metadata},
        tuple(table.findings),
        table.dtype,
        table.extra,
        table.year_column,
    )


def _sidecar_metadata(path: str | Path | InMemory) -> dict[str, Any]:
    """Return the metadata that the sidecar of a CSV file holds, which itself holds none."""
    if isinstance(path, InMemory):
        return {}
    file, _ = split_column(path)
    if suffix_of(file) not in (".csv", ".csv.gz"):
        return {}
    what = (read_sidecar(file) or {}).get("what")
    return what if isinstance(what, dict) else {}


def examine_embeddings(
    path: str | Path | InMemory,
    *,
    lenient: bool = False,
    nan: Literal["error", "zero"] = "error",
    limit: int | None = None,
    id: str | None = None,  # noqa: A002 - the name of the option
    vector: str | None = None,
    drop_no_data: bool = False,
) -> EmbeddingTable:
    """Read an embeddings file as far as possible; its problems are returned as findings.

    Parameters are those of `load_embeddings`. The ids of the table are cleaned; they are None if
    the file has no ids.

    Raises
    ------
    ConfigError
        ``FILE:COLUMNS`` and `vector` name different columns.
    DataError
        The file cannot be read as embeddings at all.
    """
    file, columns = split_column(path)
    if columns is not None and vector not in (None, columns):
        raise ConfigError(
            f"{path} and --vector {vector} both name the columns of the vectors",
            hint=f"pass {file} and --vector {vector}",
        )
    options = ReadOptions(
        lenient=lenient,
        nan_as_zero=nan == "zero",
        id=id,
        vector=vector if columns is None else columns,
        drop_no_data=drop_no_data,
    )
    table = read_object(path, options) if isinstance(path, InMemory) else _read(file, options)
    year_column = table.year_column
    dimension = table.matrix.shape[1]
    if limit is not None and dimension > limit:
        message = f"{dimension} dimensions; the maximum is {limit}"
        table.findings.append(Finding("too-many-dimensions", "error", message))
    if dimension == 0:
        table.findings.append(Finding("no-dimensions", "error", "the vectors have no numbers"))
    if table.ids is not None:
        table.ids, table.year_column, findings = clean_keys(
            table.ids, table.describe_row, table.extra
        )
        table.year_column = table.year_column or year_column
        table.findings.extend(findings)
    table.findings.extend(
        row_number_findings(
            table.matrix,
            table.columns,
            certain=options.lenient or options.vector is not None,
        )
    )
    without_data = _check_values(table, options)
    if not options.drop_no_data:
        table.without_data = frozenset(without_data.tolist())
    elif len(without_data):
        table.drop(without_data)
    if len(table.matrix) == 0 and not any(f.code in _LOST_ROWS for f in table.findings):
        message = "every row is without data" if len(without_data) else "the file holds no row"
        hint = "write one row per sample"
        table.findings.append(Finding("no-rows", "error", message, hint=hint))
    _check_rows(table)
    return table


def split_column(path: str | Path | InMemory) -> tuple[Path, str | None]:
    """Split ``FILE:COLUMNS`` into file and columns; a file of this very name is taken as it is."""
    text = str(path)
    file, separator, columns = text.rpartition(":")
    if not separator or not file or not columns or Path(text).exists():
        return Path(text), None
    if (Path(file) / columns).is_dir():  # a layer of several
        return Path(file) / columns, None
    if Path(file).exists() or suffix_of(Path(file)) is not None:
        return Path(file), columns
    return Path(text), None


def save_embeddings(embeddings: Embeddings, path: str | Path) -> None:
    """Write embeddings in the format that the suffix names, in one step.

    Equal input gives equal bytes. The metadata columns (`Embeddings.extra`) are written too; CSV
    cannot hold other metadata.

    Raises
    ------
    ConfigError
        The suffix names no format, or a metadata column has the name of another column.
    IdError
        An id would be changed by writing and reading it.
    """
    file = Path(path)
    suffix = check_suffix(file)
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
    taken = [name for name in embeddings.extra if name in RESERVED_NAMES or name.isdigit()]
    if taken:
        raise ConfigError(
            f"metadata columns cannot be written under these names: {', '.join(taken)}",
            hint="rename them: id, numbers and the names of the vector are taken",
        )
    ids = embeddings.ids
    if embeddings.year_column in embeddings.extra:  # reading the file makes the same keys
        ids = tuple(map(site_of, ids))
    if FORMATS[suffix] == "csv":
        from neucocore.data.embeddings.csv_writer import write_csv

        write_csv(ids, embeddings.matrix, file, embeddings.extra)
    elif FORMATS[suffix] == "parquet":
        from neucocore.data.embeddings.parquet import write_parquet

        write_parquet(ids, embeddings.matrix, embeddings.metadata, file, embeddings.extra)
    else:
        from neucocore.data.embeddings.npz import write_npz

        write_npz(ids, embeddings.matrix, embeddings.metadata, file, embeddings.extra)


def check_suffix(path: Path) -> str:
    """Return the suffix that names a format, in lower case.

    Raises
    ------
    ConfigError
        The suffix names no format.
    """
    suffix = suffix_of(path)
    if suffix is None:
        raise ConfigError(
            f"the suffix of {path.name!r} names no format",
            hint=f"known suffixes: {', '.join(FORMATS)}",
        )
    return suffix


def suffix_of(path: Path) -> str | None:
    """Return the suffix that names a format, in lower case, or None."""
    name = path.name.lower()
    return next((s for s in sorted(FORMATS, key=len, reverse=True) if name.endswith(s)), None)


def _read(path: Path, options: ReadOptions) -> EmbeddingTable:
    """Read a file with the reader of its format."""
    refuse_pixels(path)
    if path.is_dir():
        from neucocore.data.embeddings.parquet import read_parquet
        from neucocore.data.embeddings.parquet_layout import part_files, skipped_files

        files = part_files(path)
        table = read_parquet(files, options)
        table.findings.extend(skipped_files(path, files))
        return table
    content = detect_content(path)
    suffix = suffix_of(path)
    if path.suffix.lower() in PARQUET_SUFFIXES:
        suffix = ".parquet"
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


def _check_values(table: EmbeddingTable, options: ReadOptions) -> NDArray[np.intp]:
    """Turn stored values into those of the embedding; find and return the rows without data."""
    matrix = table.matrix
    names = table.ids or [table.describe_row(row) for row in range(len(matrix))]
    declared = declared_fill_values(table.metadata)
    found, zeros = fill_value_rows(matrix, declared)
    if table.unread:
        unread = np.array(sorted(table.unread))
        zeros = np.setdiff1d(zeros, unread)
        kept = {value: np.setdiff1d(rows, unread) for value, rows in found.items()}
        found = {value: rows for value, rows in kept.items() if len(rows)}
    table.findings.extend(partly_filled(matrix, declared, found, names))
    table.findings.extend(
        no_data_findings(
            found, zeros, names, matrix.shape[1], drop=options.drop_no_data, lenient=options.lenient
        )
    )
    by_value = np.concatenate([*found.values(), np.arange(0)]).astype(np.intp)
    by_rule = np.zeros(len(matrix), dtype=bool)
    by_rule[sorted(table.no_data)] = True
    table.findings.extend(parts_without_scale(table.parts))
    for part in table.parts:
        table.findings.extend(unused_scale_findings(matrix[part.rows], part))
        table.findings.extend(saturated_codes(matrix[part.rows], part))
        axis = scale_axis(part, matrix.shape[1])
        table.findings.extend(code_findings(matrix[part.rows], part.dtype, axis, part.name))
        findings, without_data = dequantise(matrix[part.rows], part, part.rule)
        by_rule[part.rows] |= without_data
        table.findings.extend(findings)
    by_rule[by_value] = False
    table.findings.extend(scale_findings(np.nonzero(by_rule)[0], names, drop=options.drop_no_data))
    by_rule[by_value] = True
    unusable = {*np.nonzero(by_rule)[0].tolist(), *table.unread}
    table.findings.extend(far_row_findings(matrix, names, unusable))
    table.findings.extend(version_findings(table.extra, table.metadata))
    if any(finding.code == "scaled" for finding in table.findings):
        table.metadata.pop("quantization", None)
        rules = [plain(part.rule) for part in table.parts]
        rule = rules[0] if all(other == rules[0] for other in rules) else rules
        table.metadata["dequantised"] = {"stored_as": table.dtype, "quantization": rule}
    excluded = frozenset(unusable)
    table.findings.extend(
        unit_norm_findings(matrix, names, table.metadata, table.columns, excluded)
    )
    if not excluded:
        table.findings.extend(lattice_findings(matrix))
    return np.nonzero(by_rule)[0]


def _check_rows(table: EmbeddingTable) -> None:
    """Add warnings about dimensions without information and about equal rows."""
    constant = _constant_dimensions(table.matrix)
    table.findings.extend(constant)
    if table.ids is None or any(finding.code == "constant-matrix" for finding in constant):
        return
    unusable = table.without_data | table.unread
    sets = [rows for rows in equal_rows(table.matrix) if int(rows[0]) not in unusable]
    table.findings.extend(duplicate_rows_finding(table.ids, sets))


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
