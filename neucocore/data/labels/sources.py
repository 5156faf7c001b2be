"""What ``--labels`` names: a folder of label files, one label file, or a table with columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from neucocore.data.in_memory import InMemory
from neucocore.data.labels.label_file import is_label_file_name, read_label_file
from neucocore.data.labels.label_folder import scan_label_folder
from neucocore.data.labels.label_set import LabelSet
from neucocore.data.labels.objects import labels_of_object, table_of_object
from neucocore.data.labels.table import read_label_table
from neucocore.errors import DataError, MissingFileError
from neucocore.files.text_table import read_table
from neucocore.messages import similar_file

Read = TypeVar("Read")

FORMS = "a folder of label files, a label file, or a table: DIR, FILE.csv or FILE.csv:COLUMN,COLUMN"


def read_labels(
    source: str | Path | InMemory,
    *,
    id_column: str | None = None,
    sample_ids: Collection[str] = (),
    options: Mapping[str, str] | None = None,
) -> LabelSet:
    """Read the labels that ``--labels`` names.

    Parameters
    ----------
    source
        A folder of label files ``<name>__<type>.csv``, one label file, or a CSV or Parquet table:
        ``FILE``, or ``FILE:COLUMN,COLUMN`` for some of its columns. Or an object in memory:
        see `neucocore.data.labels.objects.table_of_object`.
    id_column, sample_ids, options
        How to find the ids and the labels of a table; see
        `neucocore.data.labels.table.read_label_table`.

    Raises
    ------
    DataError
        Nothing of it can be used. Single files or columns that cannot be used are in ``unusable``.
    """
    if isinstance(source, InMemory):
        return labels_of_object(source, id_column=id_column, sample_ids=sample_ids, options=options)
    file, columns = split_source(source)
    if file.is_dir():
        return scan_label_folder(file)
    if not columns and is_label_file_name(file):
        return LabelSet(file, (read_label_file(file),))
    return read_label_table(
        file, columns, id_column=id_column, sample_ids=sample_ids, options=options
    )


def read_with_id_column(
    read: Callable[[str | None], Read], id_column: str | None, labels: str | Path | InMemory | None
) -> tuple[Read, list[str]]:
    """Read embeddings whose id column, or that of the label table, is named by ``--id``.

    Parameters
    ----------
    read
        Reads the embeddings with the ids of the named column; None finds the column.
    id_column
        The named column; it may be one of the embeddings, of the label table, or of both.
    labels
        What ``--labels`` names.

    Returns
    -------
    embeddings
        What `read` returns.
    list of str
        A message if the column is one of only one of the files.

    Raises
    ------
    DataError
        The embeddings cannot be read, or neither file has the column.
    """
    columns = () if id_column is None or labels is None else table_columns(labels)
    try:
        embeddings = read(id_column)
    except DataError as error:
        missing = any(f"no column {id_column!r} for the ids" in line for line in error.problems)
        if not missing or id_column not in columns:
            raise
        embeddings = read(None)
        return embeddings, [
            f"--id {id_column} is used for the labels only, because the embeddings have no such "
            "column"
        ]
    if columns and id_column not in columns:
        return embeddings, [
            f"--id {id_column} is used for the embeddings only, because the table of labels has "
            "no such column"
        ]
    return embeddings, []


def table_columns(labels: str | Path | InMemory) -> Sequence[str]:
    """Return the columns of a table of labels; none for a folder, a label file and errors."""
    try:
        if isinstance(labels, InMemory):
            return table_of_object(labels.value).columns
        file, _ = split_source(labels)
        return () if file.is_dir() or is_label_file_name(file) else read_table(file).columns
    except DataError:
        return ()  # reported where the labels are read


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
