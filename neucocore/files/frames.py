"""Data frames of any library as Arrow tables, without importing the library."""

from __future__ import annotations

from typing import Any

from neucocore.errors import DataError

ID = "id"


def is_frame(value: Any) -> bool:
    """Return whether a value is a data frame, a series or a table that Arrow can read."""
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "to_arrow")


def arrow_table(value: Any, what: str, id_column: str | None = None) -> Any:
    """Return a frame as a `pyarrow.Table` whose columns have distinct texts as names.

    The index of a pandas frame becomes the column of the ids, if it holds something else than row
    numbers and there is no such column.

    Parameters
    ----------
    value
        A frame or series of pandas or polars, a pyarrow table or record batch, or any object with
        ``__arrow_c_stream__``.
    what
        What it is, for messages.
    id_column
        The column of the ids; None for ``id``.

    Raises
    ------
    DataError
        Arrow cannot read it.
    """
    import pyarrow as pa

    try:
        frame = _pandas_frame(value, id_column or ID) if hasattr(value, "iloc") else value
        if hasattr(frame, "to_frame"):  # a polars series
            frame = frame.to_frame()
        if hasattr(frame, "iloc"):
            table = pa.Table.from_pandas(frame, preserve_index=False)
        elif hasattr(frame, "to_arrow"):
            table = frame.to_arrow()
        else:
            table = pa.table(frame)
    except (pa.ArrowException, ValueError, TypeError) as error:
        text = " ".join(str(error).split())
        raise DataError(
            f"the {what} cannot be read from a {type(value).__name__}: {text}",
            hint="each column must hold values of one type, and have a name of its own",
        ) from error
    return table.replace_schema_metadata(None)


def _pandas_frame(value: Any, id_column: str) -> Any:
    """Return a pandas frame or series as a frame with the ids in a column."""
    frame = (
        value.to_frame("labels" if value.name is None else value.name)
        if value.ndim == 1
        else (value)
    )
    frame = frame.rename(columns=str)
    index = frame.index
    is_row_numbers = type(index).__name__ == "RangeIndex" and value.ndim == 2
    if is_row_numbers or index.nlevels > 1 or id_column in frame.columns:
        return frame
    return frame.rename_axis(id_column).reset_index()
