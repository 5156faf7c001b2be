"""The column that ``--split`` names: the group or the fold of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.ids import bare_id
from neucocore.data.labels.label_file import LabelFile
from neucocore.errors import ConfigError, DataError
from neucocore.evaluation.split_rule import Split
from neucocore.files.cells import is_number, read_names
from neucocore.files.findings import Finding, raise_for_findings
from neucocore.files.text_table import read_text_table
from neucocore.messages import did_you_mean


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups, folds or years of a table or of the label files.

    Attributes
    ----------
    of_id
        Group of each id.
    column
        Name of the column.
    missing
        Ids without a group, and the text of their cell as it was written.
    findings
        Warnings about spellings of groups.
    what
        What a value is, for messages: ``group``, ``fold`` or ``year``.
    """

    of_id: Mapping[str, str]
    column: str
    missing: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    what: str = "group"

    def missing_texts(self, ids: Iterable[str]) -> str:
        """Count the texts that mean "none" for some ids, such as ``'NA' (10), empty (2)``."""
        texts = Counter(self.missing[sample] for sample in ids if sample in self.missing)
        return ", ".join(
            f"{repr(text) if text else 'empty'} ({count})" for text, count in texts.most_common()
        )


def read_groups(
    split: Split, label_files: Sequence[LabelFile], embeddings: Embeddings | None = None
) -> Groups | None:
    """Return the groups, folds or years of a rule's column; None for a rule without a column.

    Cells are read by the rule for names, `neucocore.files.cells.read_names`: numbers are compared
    by value, and an empty cell or a text such as ``nan`` is not a group. A column without a file is
    one of the label files, else a metadata column of the embeddings.

    Raises
    ------
    ConfigError
        There is no such column.
    DataError
        A table that cannot be used, or an id with several groups.
    """
    if split.column is None:
        return None
    what = {"folds": "fold", "year": "year"}.get(split.rule, "group")
    if split.file is not None:
        return _groups_of_table(split.file, split.column, what)
    having = [file for file in label_files if split.column in file.extra]
    of_embeddings = {} if embeddings is None else embeddings.extra
    if not having and embeddings is not None and split.column in of_embeddings:
        cells = [_as_text(value) for value in of_embeddings[split.column]]
        return _groups(embeddings.ids, cells, "the embeddings", split.column, what)
    if not having:
        columns = sorted({name for file in label_files for name in file.extra})
        near = did_you_mean(split.column, [*columns, *of_embeddings])
        hint = f"columns of the label files: {', '.join(columns) or 'id and label only'}; "
        if of_embeddings:
            hint += f"of the embeddings: {', '.join(of_embeddings)}; "
        raise ConfigError(
            f"--split {split}: no label file has a column {split.column!r}"
            + (f"; {near}" if near else ""),
            hint=hint + f"a column of another table is {split.rule}:FILE.csv:{split.column}",
        )
    # The tasks of one table, and often of one folder, repeat the rows: each counts once.
    rows = dict.fromkeys(
        (sample, cell)
        for file in having
        for sample, cell in zip(file.ids, file.extra[split.column], strict=True)
    )
    ids, cells = [sample for sample, _ in rows], [cell for _, cell in rows]
    return _groups(ids, cells, "the label files", split.column, what)


def grouping_warnings(groups: Groups, ids: Collection[str]) -> list[str]:
    """Warn about a column that hardly groups rows: almost as many groups as rows.

    Parameters
    ----------
    ids
        Labelled ids, all with a group.
    """
    names = {groups.of_id[sample] for sample in ids}
    if len(ids) < 2 or 2 * len(names) < len(ids):
        return []
    counts = f"column {groups.column!r} has {len(names)} groups for {len(ids)} labelled ids"
    if len(names) == len(ids):
        return [f"{counts}: every id is a group of its own, as in a random split"]
    if all(is_number(name) for name in names) and not all(_is_integer(name) for name in names):
        return [f"{counts}: these look like measurements, and almost every id is its own group"]
    return []


def _is_integer(name: str) -> bool:
    return float(name).is_integer()


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _groups_of_table(file: Path, column: str, what: str) -> Groups:
    table = read_text_table(file)
    for name in ("id", column):
        if name not in table.columns:
            raise DataError(
                f"{file} has no column {name!r}",
                hint=f"its columns are {', '.join(table.columns)}",
            )
    raise_for_findings(str(file), table.findings)
    ids = [bare_id(sample) for sample in table.column("id")]
    return _groups(ids, table.column(column), str(file), column, what)


def _groups(ids: Sequence[str], cells: Sequence[str], place: str, column: str, what: str) -> Groups:
    names = read_names(cells, what)
    spellings: dict[str, set[str]] = {}
    for name, cell in zip(names.values, cells, strict=True):
        if name is not None:
            spellings.setdefault(name, set()).add(cell.strip())
    of_id: dict[str, str] = {}
    missing: dict[str, str] = {}
    conflicts = set()
    for sample, name, cell in zip(ids, names.values, cells, strict=True):
        if name is None:
            missing[sample] = cell.strip()
        elif of_id.setdefault(sample, name) != name:
            conflicts.add(sample)
    if conflicts:
        raise DataError(
            f"column {column!r} of {place} gives {len(conflicts)} ids more than one {what}: "
            f"{', '.join(sorted(conflicts)[:3])}",
            hint=f"give every row of an id the same {what}",
        )
    several = {name: texts for name, texts in spellings.items() if len(texts) > 1}
    findings = [
        replace(finding, message=f"column {column!r}: {finding.message}")
        for finding in names.findings
    ]
    if several and not any(finding.code == "boolean-spellings" for finding in findings):
        examples = tuple(
            f"{name} ({', '.join(sorted(texts))})" for name, texts in sorted(several.items())[:3]
        )
        message = f"column {column!r}: {what} spelled in several ways, read as one"
        findings.append(Finding("group-spellings", "repaired", message, len(several), examples))
    without = {sample: text for sample, text in missing.items() if sample not in of_id}
    return Groups(of_id, column, without, tuple(findings), what)
