"""The labels of a folder or a table: those that can be used, and those that cannot, with errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from neucocore.data.labels.label_file import LabelFile
from neucocore.errors import DataError
from neucocore.files.findings import Finding
from neucocore.messages import pluralize


@dataclass(frozen=True, eq=False)
class UnusableLabels:
    """A file of a label folder, or a column of a table, that cannot be used.

    Attributes
    ----------
    path
        The file.
    stem
        The name that its task would have.
    error
        What is wrong with it.
    column
        The column of a table; empty for a label file.
    """

    path: Path
    stem: str
    error: DataError
    column: str = ""

    @property
    def name(self) -> str:
        """Name of the file, or of the column."""
        return self.column or self.path.name

    @property
    def reason(self) -> str:
        """Everything that is wrong, in one line."""
        return "; ".join(self.error.problems) or self.error.message


@dataclass(frozen=True, eq=False)
class LabelSet:
    """What a label folder, a label file or a table of labels holds.

    Attributes
    ----------
    path
        The folder or file.
    files
        The usable labels, one per task, sorted by stem.
    unusable
        Files or columns that cannot be used.
    findings
        About a table as a whole: what its columns are, and its ids.
    """

    path: Path
    files: tuple[LabelFile, ...]
    unusable: tuple[UnusableLabels, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def all_findings(self) -> list[Finding]:
        """The findings about a table, and those of each file or column with its name."""
        of_files = (
            replace(finding, message=f"{file.name}: {finding.message}")
            for file in self.files
            for finding in file.findings
        )
        return [*self.findings, *of_files]

    def require_usable(self) -> None:
        """Raise if anything cannot be used.

        Raises
        ------
        DataError
            With the problems of all unusable files or columns.
        """
        if not self.unusable:
            return
        problems = [
            f"{unusable.name}: {line}"
            for unusable in self.unusable
            for line in unusable.error.problems or (unusable.error.message,)
        ]
        if self.path.is_dir():
            what = f"the label files in {self.path} cannot be used"
        else:
            what = f"label columns of {self.path} cannot be used"
        raise DataError(
            f"{what}: {pluralize(len(problems), 'problem')}",
            problems=problems,
            hint=next((part.error.hint for part in self.unusable if part.error.hint), None),
        )
