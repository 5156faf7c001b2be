"""The option ``--split``: which rows stay together when rows are split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neucocore.data.ids import bare_id
from neucocore.data.labels.label_file import LabelFile
from neucocore.errors import ConfigError, DataError
from neucocore.files.findings import raise_for_findings
from neucocore.files.text_table import read_text_table

RANDOM = "random"
GROUP = "group"
HINT = "--split random, --split group:COLUMN or --split group:FILE.csv:COLUMN"


@dataclass(frozen=True, slots=True)
class Split:
    """A parsed ``--split``.

    Attributes
    ----------
    column
        Column that holds the group of each row; None for a random split.
    file
        Table with the columns ``id`` and `column`; None for a column of the label files.
    """

    column: str | None = None
    file: Path | None = None

    def __str__(self) -> str:
        if self.column is None:
            return RANDOM
        return ":".join([GROUP, *([] if self.file is None else [self.file.name]), self.column])


def parse_split(text: str) -> Split:
    """Read ``random``, ``group:COLUMN`` or ``group:FILE:COLUMN``.

    Raises
    ------
    ConfigError
        Any other text.
    """
    rule, separator, rest = text.partition(":")
    if rule == RANDOM and not separator:
        return Split()
    file, separator, column = rest.rpartition(":")
    if rule != GROUP or not column or (separator and not file):
        raise ConfigError(f"--split {text!r} is not a rule for splitting rows", hint=HINT)
    return Split(column, Path(file) if file else None)


def read_groups(split: Split, label_files: Sequence[LabelFile]) -> dict[str, str] | None:
    """Return the group of each id, or None for a random split. An empty cell is not a group.

    Raises
    ------
    ConfigError
        No label file has the column.
    DataError
        A table that cannot be used, or an id with several groups.
    """
    if split.column is None:
        return None
    if split.file is not None:
        return _groups_of_table(split.file, split.column)
    having = [file for file in label_files if split.column in file.extra]
    if not having:
        columns = sorted({name for file in label_files for name in file.extra})
        raise ConfigError(
            f"--split {split}: no label file has a column {split.column!r}",
            hint=f"columns of the label files: {', '.join(columns) or 'id and label only'}; "
            f"a column of another table is group:FILE.csv:{split.column}",
        )
    pairs = (
        pair for file in having for pair in zip(file.ids, file.extra[split.column], strict=True)
    )
    return _unique_groups(pairs, "the label files", split.column)


def _groups_of_table(file: Path, column: str) -> dict[str, str]:
    table = read_text_table(file)
    for name in ("id", column):
        if name not in table.columns:
            raise DataError(
                f"{file} has no column {name!r}",
                hint=f"its columns are {', '.join(table.columns)}",
            )
    raise_for_findings(str(file), table.findings)
    pairs = zip(table.column("id"), table.column(column), strict=True)
    return _unique_groups(((bare_id(sample), group) for sample, group in pairs), str(file), column)


def _unique_groups(pairs: Iterable[tuple[str, str]], place: str, column: str) -> dict[str, str]:
    groups: dict[str, str] = {}
    conflicts = {
        sample
        for sample, group in pairs
        if group.strip() and groups.setdefault(sample, group) != group
    }
    if conflicts:
        raise DataError(
            f"column {column!r} of {place} gives {len(conflicts)} ids more than one group: "
            f"{', '.join(sorted(conflicts)[:3])}",
            hint="give every row of an id the same group",
        )
    return groups
