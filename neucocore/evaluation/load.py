"""The files of an evaluation, read and checked one by one. Nothing after this opens a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from neucocore.components.lookup import dataset_named
from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings, split_column
from neucocore.data.embeddings.sidecar import read_sidecar
from neucocore.data.ids import read_excluded_ids
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.sources import read_labels, read_with_id_column
from neucocore.evaluation.groups import Groups, Split, parse_split, read_groups
from neucocore.evaluation.request import EvaluateRequest
from neucocore.evaluation.tasks import may_be_selected
from neucocore.files.findings import messages
from neucocore.messages import pluralize
from neucocore.provenance.machine import file_digest

SHOWN_WITH_SCORES = frozenset({"constant-columns", "constant-matrix", "duplicate-rows"})
"""Codes of findings about embeddings that are reported for the scored rows instead."""


ROWS_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class LoadedInputs:
    """Everything an evaluation reads.

    Attributes
    ----------
    embeddings
        Without the excluded ids.
    file_sha256
        Digest of the embeddings file; None for a folder of parts.
    label_files
        The label files that can be used.
    skipped_files
        Files of the label folder, or columns of the table, that cannot be used and that no selected
        task needs, each with the reason.
    dataset
        Name of the data set the embeddings are of, or None if it is unknown.
    groups
        Group of each id for grouped splits, or None.
    excluded
        Ids that are left out.
    warnings
        What was noticed about the files.
    split, exclude
        What is needed to repeat the split and the exclusion: rule, files with digest, counts.
    """

    embeddings: Embeddings
    file_sha256: str | None
    label_files: tuple[LabelFile, ...]
    skipped_files: tuple[tuple[str, str], ...]
    dataset: str | None
    groups: Groups | None
    excluded: frozenset[str]
    warnings: tuple[str, ...]
    split: Mapping[str, Any]
    exclude: Mapping[str, Any] | None

    @cached_property
    def embeddings_digest(self) -> str:
        """sha256 of ids and matrix."""
        digest = hashlib.sha256("\n".join(self.embeddings.ids).encode())
        digest.update(np.ascontiguousarray(self.embeddings.matrix, dtype="<f4").tobytes())
        return digest.hexdigest()

    @cached_property
    def content_digest(self) -> str:
        """sha256 of ids and matrix in the order of the ids, the same for any order of the rows."""
        ids = self.embeddings.ids
        order = sorted(range(len(ids)), key=ids.__getitem__)
        if order == list(range(len(ids))):
            return self.embeddings_digest
        digest = hashlib.sha256("\n".join(ids[row] for row in order).encode())
        for start in range(0, len(order), ROWS_AT_ONCE):
            rows = self.embeddings.matrix[order[start : start + ROWS_AT_ONCE]]
            digest.update(np.ascontiguousarray(rows, dtype="<f4").tobytes())
        return digest.hexdigest()

    def label_records(self) -> list[dict[str, Any]]:
        """Return name, digest and number of labelled rows of each label file or column."""
        records = {file.path: _file_record(file.path) for file in self.label_files}
        return [
            {
                **records[file.path],
                "column": file.source_column,
                "stem": file.stem,
                "type": file.type,
                "rows": len(file.ids),
            }
            for file in self.label_files
        ]


def load_inputs(request: EvaluateRequest) -> LoadedInputs:
    """Read the embeddings, the label files, the groups and the ids to leave out.

    Raises
    ------
    UnknownComponentError
        An unknown data set.
    DataError
        Files that cannot be used.
    """
    options = request.options
    split = parse_split(options.split)
    dataset = None if options.dataset is None else dataset_named(options.dataset)
    file, _ = split_column(options.embeddings)
    embeddings, id_warnings = read_with_id_column(
        lambda id_column: load_embeddings(
            options.embeddings,
            lenient=request.lenient,
            nan=options.nan,
            limit=options.dimension,
            id=id_column,
            vector=options.vector,
            drop_no_data=options.drop_no_data,
        ),
        options.id,
        options.labels,
    )
    dataset = dataset or _recorded_dataset(embeddings, file)
    warnings = messages(
        [f for f in embeddings.findings if f.code not in SHOWN_WITH_SCORES], "warning", "repaired"
    )
    warnings += id_warnings
    excluded: frozenset[str] = frozenset()
    exclude = None
    if options.exclude_file is not None:
        exclude_file = Path(options.exclude_file)
        excluded = frozenset(read_excluded_ids(exclude_file))
        before = len(embeddings.ids)
        embeddings = _without(embeddings, excluded)
        left_out = before - len(embeddings.ids)
        exclude = {
            **_file_record(exclude_file),
            "ids": len(excluded),
            "rows_left_out": left_out,
        }
        count = pluralize(left_out, "embedding")
        warnings.append(
            f"{count} left out because {exclude_file.name} names the ids"
            if left_out or not excluded
            else f"none of the {len(excluded)} ids in {exclude_file.name} is among the embeddings"
        )
    label_files, skipped, label_warnings = load_labels(request, dataset, embeddings.ids)
    warnings += label_warnings
    groups = read_groups(split, label_files, embeddings)
    if groups is not None:
        warnings += messages(groups.findings, "warning", "repaired")
    return LoadedInputs(
        embeddings=embeddings,
        file_sha256=file_digest(file) if file.is_file() else None,
        label_files=label_files,
        skipped_files=skipped,
        dataset=dataset,
        groups=groups,
        excluded=excluded,
        warnings=tuple(warnings),
        split=_split_record(split, groups),
        exclude=exclude,
    )


def load_labels(
    request: EvaluateRequest, dataset: str | None, sample_ids: Sequence[str] = ()
) -> tuple[tuple[LabelFile, ...], tuple[tuple[str, str], ...], list[str]]:
    """Read the labels; what cannot be used is skipped if no selected task needs it.

    Parameters
    ----------
    dataset
        Name of the data set, or None.
    sample_ids
        Ids of the embeddings, by which the ids of a table of labels are recognised.

    Returns
    -------
    label_files, skipped, warnings
        ``skipped`` holds names and reasons.

    Raises
    ------
    DataError
        Labels that may be those of a selected task cannot be used.
    """
    split = parse_split(request.options.split)
    columns = {}
    if split.column is not None and split.file is None:
        columns[split.column] = "--split"
    if request.options.subset is not None:
        columns[request.options.subset.partition("=")[0].strip()] = "--subset"
    labels = read_labels(
        request.options.labels,
        id_column=request.options.id,
        sample_ids=sample_ids,
        options=columns,
    )
    all_label_files = any(
        getattr(chosen.implementation(), "depends_on_label_files", False)
        for chosen in request.protocols
    )
    if any(
        may_be_selected(unusable, request.tasks, dataset, all_label_files=all_label_files)
        for unusable in labels.unusable
    ):
        labels.require_usable()
    skipped = tuple((unusable.name, unusable.reason) for unusable in labels.unusable)
    warnings = messages(labels.findings, "warning", "repaired")
    warnings += [
        f"{name} is skipped, because no selected task needs it: {reason}"
        for name, reason in skipped
    ]
    return labels.files, skipped, warnings


def _file_record(file: Path) -> dict[str, Any]:
    return {"file": file.name, "sha256": file_digest(file)}


def _split_record(split: Split, groups: Groups | None) -> dict[str, Any]:
    if groups is None:
        return {"rule": str(split)}
    record: dict[str, Any] = {"rule": str(split), "column": split.column}
    if split.file is not None:
        record |= _file_record(split.file)
    return {**record, "groups": len(set(groups.of_id.values()))}


def _recorded_dataset(embeddings: Embeddings, file: Path) -> str | None:
    """Return the data set that the embeddings file or its sidecar names."""
    recorded: Any = embeddings.metadata.get("dataset")
    if recorded is None:
        recorded = (read_sidecar(file) or {}).get("what", {}).get("dataset")
    component = recorded.get("component", "") if isinstance(recorded, dict) else ""
    return component.rpartition("/")[2] or None


def _without(embeddings: Embeddings, excluded: frozenset[str]) -> Embeddings:
    return embeddings.select(
        [row for row, sample in enumerate(embeddings.ids) if sample not in excluded]
    )
