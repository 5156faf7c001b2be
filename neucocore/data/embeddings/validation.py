"""Everything that can be said against an embeddings file, at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from neucocore.data.embeddings.formats import examine_embeddings
from neucocore.data.ids import read_id_file
from neucocore.data.labels.coverage import coverage, covering_subset
from neucocore.data.labels.label_file import LabelFile, read_label_folder
from neucocore.data.labels.subset import subset_files
from neucocore.errors import DataError
from neucocore.files.findings import Finding, hint_for


@dataclass(frozen=True)
class Validation:
    """What was found.

    Attributes
    ----------
    rows, dimension
        Size of the embeddings; None when the file could not be read.
    findings
        Problems, warnings and repairs, in this order.
    hint
        What to try next, if there are problems.
    """

    rows: int | None
    dimension: int | None
    findings: tuple[Finding, ...]
    hint: str | None = None

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that make the file unusable."""
        return tuple(finding for finding in self.findings if finding.level == "error")


def validate_embeddings(
    path: Path,
    *,
    labels: Path | None = None,
    ids: Path | None = None,
    subset: str | None = None,
    nan: Literal["error", "zero"] = "error",
    limit: int | None = None,
) -> Validation:
    """Check an embeddings file, and whether it covers labels or a list of ids.

    Parameters
    ----------
    path
        The embeddings.
    labels
        A folder of label files whose samples need an embedding.
    ids
        A file of ids that need one.
    subset
        Only the label rows of this subset count: ``COLUMN`` or ``COLUMN=VALUE``.
    nan, limit
        As in `neucocore.data.embeddings.embeddings.load_embeddings`.
    """
    findings: list[Finding] = []
    hint = None
    size: tuple[int | None, int | None] = (None, None)
    found: list[str] | None = None
    try:
        table = examine_embeddings(path, nan=nan, limit=limit)
    except DataError as error:
        findings.extend(_as_findings(error))
        hint = error.hint
    else:
        findings.extend(table.findings)
        size = table.matrix.shape[0], table.matrix.shape[1]
        found = table.ids
    try:
        files = [] if labels is None else _label_files(labels, subset)
        wanted = {text for file in files for text in file.ids}
        if labels is not None and found is not None:
            covered = coverage(found, wanted, str(labels))
            findings.extend(covered)
            if any(finding.level == "error" for finding in covered) and subset is None:
                column = covering_subset(files, found)
                hint = f"--subset {column}  # all its ids have an embedding" if column else hint
        if ids is not None:
            listed = read_id_file(ids)
            findings.extend([] if found is None else coverage(found, listed, str(ids)))
    except DataError as error:
        findings.extend(_as_findings(error))
    order = {"error": 0, "warning": 1, "repaired": 2}
    findings.sort(key=lambda finding: order[finding.level])
    return Validation(*size, tuple(findings), hint or hint_for(findings))


def _label_files(folder: Path, subset: str | None) -> list[LabelFile]:
    files = read_label_folder(folder)
    return files if subset is None else subset_files(files, subset)


def _as_findings(error: DataError) -> list[Finding]:
    lines = error.problems or (error.message,)
    return [Finding("unreadable", "error", line) for line in lines]
