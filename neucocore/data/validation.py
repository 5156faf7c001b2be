"""All problems of an embeddings file at once, and whether it covers labels or a list of ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import examine_embeddings
from neucocore.data.embeddings.table import EmbeddingTable
from neucocore.data.embeddings.thorough import thorough_findings
from neucocore.data.ids import read_id_file
from neucocore.data.keys import match_keys
from neucocore.data.label_years import differing_years
from neucocore.data.labels.coverage import coverage, covering_subset
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.sources import read_labels, read_with_id_column, table_columns
from neucocore.data.labels.subset import subset_files
from neucocore.errors import DataError
from neucocore.files.findings import Finding, hint_for


@dataclass(frozen=True)
class Validation:
    """The result of checking an embeddings file.

    Attributes
    ----------
    rows, dimension
        Size of the embeddings; None if the file cannot be read.
    findings
        Problems, warnings and repairs, in this order.
    hint
        How to fix the problems, if there are any.
    unusable
        The file or folder that the problems are in, if there are any.
    """

    rows: int | None
    dimension: int | None
    findings: tuple[Finding, ...]
    hint: str | None = None
    unusable: str = ""

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings of level ``error``, which make the file unusable."""
        return tuple(finding for finding in self.findings if finding.level == "error")


def validate_embeddings(
    path: Path,
    *,
    labels: str | Path | None = None,
    ids: Path | None = None,
    subset: str | None = None,
    nan: Literal["error", "zero"] = "error",
    limit: int | None = None,
    id: str | None = None,  # noqa: A002 - the name of the option
    vector: str | None = None,
    drop_no_data: bool = False,
) -> Validation:
    """Check an embeddings file, and whether it covers labels or a list of ids.

    Parameters
    ----------
    path
        The embeddings file.
    labels
        Label files or table whose ids need an embedding; see
        `neucocore.data.labels.sources.read_labels`.
    ids
        File of ids that need an embedding.
    subset
        Only the labels of this subset are needed: ``COLUMN`` or ``COLUMN=VALUE``.
    nan, limit, id, vector, drop_no_data
        As in `neucocore.data.embeddings.formats.load_embeddings`.
    """
    findings: list[Finding] = []
    hint = None
    unusable = str(path)
    size: tuple[int | None, int | None] = (None, None)
    available: list[str] | None = None
    checked: EmbeddingTable | None = None

    def read(id_column: str | None) -> EmbeddingTable:
        table = examine_embeddings(
            path, nan=nan, limit=limit, id=id_column, vector=vector, drop_no_data=drop_no_data
        )
        missing = [finding.message for finding in table.findings if finding.code == "no-id-column"]
        if missing and labels is not None and id_column in table_columns(labels):
            raise DataError(f"{path} cannot be used", problems=missing)  # read without the option
        return table

    try:
        table, messages_about_id = read_with_id_column(read, id, labels)
        findings.extend(Finding("id-option", "warning", text) for text in messages_about_id)
    except DataError as error:
        findings.extend(_as_findings(error))
        hint = error.hint
    else:
        findings.extend(table.findings)
        findings.extend(thorough_findings(table))
        size = table.matrix.shape[0], table.matrix.shape[1]
        available, checked = table.ids, table
    try:
        files: Sequence[LabelFile] = []
        if labels is not None:
            subset_column = (subset or "").partition("=")[0].strip()
            label_set = read_labels(
                labels,
                id_column=id,
                sample_ids=available or (),
                options={subset_column: "--subset"} if subset_column else {},
            )
            findings.extend(label_set.all_findings)
            label_set.require_usable()
            files = label_set.files if subset is None else subset_files(label_set.files, subset)
            files, available = _identified(checked, available, files, findings)
        if labels is not None and available is not None:
            required = {text for file in files for text in file.ids}
            of_labels = coverage(available, required, str(labels))
            findings.extend(of_labels)
            if any(finding.level == "error" for finding in of_labels) and subset is None:
                column = covering_subset(files, available)
                hint = f"--subset {column} (all its ids have an embedding)" if column else hint
        if ids is not None:
            required_ids = read_id_file(ids)
            if available is not None:
                findings.extend(coverage(available, required_ids, str(ids)))
    except DataError as error:
        if not any(finding.level == "error" for finding in findings):
            unusable = str(ids if labels is None else labels)
        findings.extend(_as_findings(error))
        hint = hint or error.hint
    order = {"error": 0, "warning": 1, "repaired": 2, "note": 3}
    findings.sort(key=lambda finding: order[finding.level])
    return Validation(*size, tuple(findings), hint or hint_for(findings), unusable)


def _identified(
    table: EmbeddingTable | None,
    ids: list[str] | None,
    files: Sequence[LabelFile],
    findings: list[Finding],
) -> tuple[Sequence[LabelFile], list[str] | None]:
    """Return labels and ids of the embeddings as `neucocore.data.keys` identifies them.

    What it finds about years is added to the findings; nothing is done if there are errors.
    """
    if table is None or any(finding.level == "error" for finding in findings):
        return files, ids
    embeddings = Embeddings(
        tuple(table.ids or ()),
        table.matrix,
        table.metadata,
        extra=table.extra,
        year_column=table.year_column,
    )
    tables = match_keys(embeddings, files)
    texts = [*tables.warnings, *differing_years(tables.embeddings, tables.label_files)]
    findings.extend(Finding("years", "warning", text) for text in texts)
    return tables.label_files, list(tables.embeddings.ids)


def _as_findings(error: DataError) -> list[Finding]:
    lines = error.problems or (error.message,)
    return [Finding("unreadable", "error", line) for line in lines]
