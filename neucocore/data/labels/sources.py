"""What ``--labels`` names: a folder of label files, one label file, or a table with columns."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from neucocore.data.labels.label_file import is_label_file_name, read_label_file
from neucocore.data.labels.label_folder import scan_label_folder
from neucocore.data.labels.label_set import LabelSet
from neucocore.data.labels.table import read_label_table
from neucocore.errors import DataError, MissingFileError
from neucocore.messages import similar_file

FORMS = "a folder of label files, a label file, or a table: DIR, FILE.csv or FILE.csv:COLUMN,COLUMN"


def read_labels(
    source: str | Path, *, id_column: str | None = None, sample_ids: Collection[str] = ()
) -> LabelSet:
    """Read the labels that ``--labels`` names.

    Parameters
    ----------
    source
        A folder of label files ``<name>__<type>.csv``, one label file, or a CSV or Parquet table:
        ``FILE``, or ``FILE:COLUMN,COLUMN`` for some of its columns.
    id_column, sample_ids
        How to find the ids of a table; see `neucocore.data.labels.table.read_label_table`.

    Raises
    ------
    DataError
        Nothing of it can be used. Single files or columns that cannot be used are in ``unusable``.
    """
    file, columns = split_source(source)
    if file.is_dir():
        return scan_label_folder(file)
    if not columns and is_label_file_name(file):
        return LabelSet(file, (read_label_file(file),))
    return read_label_table(file, columns, id_column=id_column, sample_ids=sample_ids)


def split_source(source: str | Path) -> tuple[Path, tuple[str, ...]]:
    """Return the path of ``PATH`` or ``FILE:COLUMN,COLUMN``, and the columns.

    Raises
    ------
    MissingFileError
        There is no such file or folder.
    DataError
        Columns of a folder, or no name of a column behind the colon.
    """
    text = str(source)
    if Path(text).exists():
        return Path(text), ()
    positions = [position for position, character in enumerate(text) if character == ":"]
    for position in positions:
        file = Path(text[:position])
        if position == 0 or not file.exists():
            continue
        columns = tuple(name.strip() for name in text[position + 1 :].split(","))
        if file.is_dir():
            raise DataError(
                f"{file} is a folder, which has no columns",
                hint=f"choose tasks of a folder with --tasks {','.join(columns)}",
            )
        if not all(columns):
            raise DataError(f"{text}: the name of a column is missing", hint=f"--labels {file}:A,B")
        return file, columns
    path = Path(text[: positions[0]] if positions and positions[0] > 0 else text)
    similar = similar_file(path)
    raise MissingFileError(
        f"there is no file or folder {path}",
        hint=f"did you mean {similar}?" if similar else f"--labels takes {FORMS}",
    )
