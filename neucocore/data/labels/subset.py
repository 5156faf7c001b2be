"""Subsets of labelled samples, selected by a column of the label files: ``COLUMN[=VALUE]``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.values import flags, yes_or_no
from neucocore.errors import ConfigError, DataError
from neucocore.files.cells import canonical_value, read_names
from neucocore.messages import quoted


@dataclass(frozen=True, slots=True)
class _Subset:
    """The rows with a true cell in a column or, if a value is given, with this value."""

    text: str
    column: str
    value: str | None

    @classmethod
    def parse(cls, text: str) -> _Subset:
        column, separator, value = text.partition("=")
        if not column.strip() or (separator and not value.strip()):
            raise ConfigError(
                f"subset {text!r} is not COLUMN or COLUMN=VALUE",
                hint="name a column of the label files: --subset COLUMN or --subset COLUMN=VALUE",
            )
        return cls(text, column.strip(), canonical_value(value) if separator else None)

    def rows_of(self, file: LabelFile) -> LabelFile:
        """Return the rows of the subset in a label file that has the column."""
        cells = file.extra[self.column]
        if self.value is not None:
            names = read_names(cells, "value")
            if any(finding.code == "boolean-spellings" for finding in names.findings):
                names = read_names([*cells, self.value], "value")  # any spelling selects the value
                return file.keep([name == names.values[-1] for name in names.values[:-1]])
            return file.keep([name == self.value for name in names.values])
        mask = flags(cells)
        if mask is None:
            other = sorted({cell for cell in cells if yes_or_no(cell) is None})
            raise DataError(
                f"subset {self.text!r}: column {self.column!r} of {file.path} holds values other "
                f"than true and false: {', '.join(map(repr, other[:3]))}",
                hint=f"select one value: --subset {self.column}={other[0]}",
            )
        return file.keep(mask)

    def check_columns(self, files: Sequence[LabelFile], missing: Sequence[LabelFile]) -> None:
        """Raise if there are label files without the column."""
        if missing:
            names = ", ".join(file.path.name for file in missing[:3])
            columns = sorted({name for file in files for name in file.extra})
            raise ConfigError(
                f"subset {self.text!r}: {len(missing)} of {len(files)} label files have no column "
                f"{self.column!r}: {names}{', ...' if len(missing) > 3 else ''}",
                hint=f"columns of the label files: {', '.join(columns) or 'id and label only'}",
            )

    def check_rows(self, selected: Sequence[LabelFile]) -> None:
        """Raise if no label file has a row of the subset."""
        if not any(file.ids for file in selected):
            what = "a true value" if self.value is None else f"the value {self.value!r}"
            raise DataError(
                f"subset {self.text!r}: no labelled row has {what} in column {self.column!r}",
                hint=f"neuco tasks stats --labels {quoted(selected[0].path.parent)}",
            )


def subset_files(files: Sequence[LabelFile], subset: str) -> list[LabelFile]:
    """Return every label file with only the rows of a subset.

    The classes stay those of the complete file, so a subset never changes a task's problem.

    Parameters
    ----------
    files
        Label files; all must have the column.
    subset
        ``COLUMN`` selects the rows with a true cell (``true``, ``yes`` or ``1``) in this extra
        column, ``COLUMN=VALUE`` those with this value; ``1`` and ``1.0`` are equal.

    Returns
    -------
    list
        The label files in the same order; some may have no row.

    Raises
    ------
    ConfigError
        `subset` is malformed, or a label file has no such column.
    DataError
        A cell is neither true nor false, or no file has a row of the subset.
    """
    rule = _Subset.parse(subset)
    rule.check_columns(files, [file for file in files if rule.column not in file.extra])
    selected = [rule.rows_of(file) for file in files]
    rule.check_rows(selected)
    return selected


def subset_ids(files: Sequence[LabelFile], subset: str) -> frozenset[str]:
    """Return the ids that belong to a subset in at least one label file.

    Parameters
    ----------
    files
        Label files; those without the column are ignored.
    subset
        ``COLUMN`` or ``COLUMN=VALUE``, as for `subset_files`.

    Raises
    ------
    ConfigError
        `subset` is malformed, or no label file has such a column.
    DataError
        A cell is neither true nor false, or no file has a row of the subset.
    """
    rule = _Subset.parse(subset)
    having = [file for file in files if rule.column in file.extra]
    rule.check_columns(files, [] if having else files)
    if not files:
        raise ConfigError(
            f"subset {subset!r}: the data set has no label files",
            hint="leave --subset out, or choose the cubes with --ids FILE",
        )
    selected = [rule.rows_of(file) for file in having]
    rule.check_rows(selected)
    return frozenset(cube for file in selected for cube in file.ids)
