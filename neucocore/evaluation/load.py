"""The files of an evaluation, read and checked one by one. Nothing after this opens a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from neucocore.components.lookup import dataset_named
from neucocore.data.coordinates import Places, read_places
from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings, split_column
from neucocore.data.embeddings.sidecar import read_sidecar
from neucocore.data.ids import ID, read_excluded_ids
from neucocore.data.keys import match_keys, of_keys
from neucocore.data.label_years import differing_years
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.sources import read_labels, read_with_id_column
from neucocore.data.years import site_of
from neucocore.errors import DataError
from neucocore.evaluation.claims import may_be_selected
from neucocore.evaluation.groups import Groups, read_groups
from neucocore.evaluation.request import EvaluateRequest
from neucocore.evaluation.split_rule import RANDOM, Split, parse_split
from neucocore.files.findings import messages
from neucocore.messages import Note, pluralize
from neucocore.provenance.machine import file_digest

SHOWN_WITH_SCORES = frozenset({"constant-columns", "constant-matrix", "duplicate-rows"})
"""Codes of findings about embeddings that are reported for the scored rows instead."""


ROWS_AT_ONCE = 1024
ROWS_OF_ONE, GROUP = "rows_of_one", "group"
"""Metadata key and column of embeddings with several rows of one polygon or patch."""


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
    product
        The downloaded product that they were sampled from, as the file or its sidecar names it;
        None for others.
    unregistered
        Whether they say that code which is not installed has made them.
    split
        The rule of the split; where none was asked for, random or that of the tables.
    groups
        The values of its column: the group, fold or year of each id; or the sites of rows that are
        identified by id and year; None for other random splits and for blocks.
    sites
        The id of each row that is identified by id and year, else None.
    places
        Coordinates of the rows, or None.
    excluded
        Ids that are left out.
    warnings
        What was noticed about the files.
    split_file, exclude
        What is needed to repeat the split and the exclusion: files with digest, counts.
    """

    embeddings: Embeddings
    file_sha256: str | None
    label_files: tuple[LabelFile, ...]
    skipped_files: tuple[tuple[str, str], ...]
    dataset: str | None
    product: Mapping[str, Any] | None
    unregistered: bool
    split: Split
    groups: Groups | None
    sites: Groups | None
    places: Places | None
    excluded: frozenset[str]
    warnings: tuple[str, ...]
    split_file: Mapping[str, Any]
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
        records: dict[Path, dict[str, Any]] = {}
        for file in self.label_files:
            if file.path not in records:
                records[file.path] = (
                    _file_record(file.path)
                    if file.sha256 is None
                    else {"file": file.path.name, "sha256": file.sha256}
                )
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
    warnings = messages([f for f in embeddings.findings if f.code not in SHOWN_WITH_SCORES])
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
    tables = match_keys(embeddings, label_files, options.subset)
    embeddings, label_files = tables.embeddings, tables.label_files
    warnings += tables.warnings
    warnings += differing_years(embeddings, label_files)
    places = None if request.lenient else read_places(label_files, embeddings)
    if places is not None:
        warnings += [*places.warnings, *([places.problem] if places.problem else [])]
    sites = Groups(tables.sites(), ID) if tables.by_year else None
    if sites is not None:
        excluded |= {sample for sample, site in sites.of_id.items() if site in excluded}
        if not split.has_folds:
            warnings.append(Note("the years of a site stay in one fold"))
    if options.split is None:
        split, text = _declared_groups(embeddings)
        warnings += text
    groups = read_groups(split, label_files, embeddings)
    if groups is not None:
        warnings += messages(groups.findings)
        if sites is not None:
            groups = _groups_of_keys(split, groups, sites)
    elif sites is not None and split.rule == RANDOM:
        split, groups = Split("group", ID), sites
    return LoadedInputs(
        embeddings=embeddings,
        file_sha256=file_digest(file) if file.is_file() else None,
        label_files=label_files,
        skipped_files=skipped,
        dataset=dataset,
        product=recorded_product(embeddings.metadata, file),
        unregistered=bool(_recorded(embeddings.metadata, file, "unregistered")),
        split=split,
        groups=groups,
        sites=sites,
        places=places,
        excluded=excluded,
        warnings=tuple(warnings),
        split_file={} if split.file is None else _file_record(split.file),
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
    for option in ("weights", "per"):
        if name := getattr(request.options, option):
            columns[name] = f"--{option}"
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
    warnings = messages(labels.findings)
    warnings += [
        f"{name} is skipped, because no selected task needs it: {reason}"
        for name, reason in skipped
    ]
    return labels.files, skipped, warnings


def _file_record(file: Path) -> dict[str, Any]:
    return {"file": file.name, "sha256": file_digest(file)}


def _declared_groups(embeddings: Embeddings) -> tuple[Split, list[str]]:
    """Return the split that the embeddings ask for: rows of one polygon or patch together."""
    source = embeddings.metadata.get(ROWS_OF_ONE)
    if source is None or GROUP not in embeddings.extra:
        return Split(), []
    count = len(set(embeddings.extra[GROUP]))
    text = Note(
        f"rows of one {source} stay together: {pluralize(len(embeddings.ids), 'row')} in {count} "
        "groups; --split random ignores this"
    )
    return Split("group", GROUP), [text]


def _groups_of_keys(split: Split, groups: Groups, sites: Groups) -> Groups:
    """Return the groups of rows that are identified by id and year.

    Raises
    ------
    DataError
        The years of a site are in several groups.
    """
    of_id = of_keys(groups.of_id, sites.of_id)
    if split.rule == "group":
        groups_of: dict[str, set[str]] = {}
        for sample, site in sites.of_id.items():
            if sample in of_id:
                groups_of.setdefault(site, set()).add(of_id[sample])
        divided = sorted(site for site, names in groups_of.items() if len(names) > 1)
        if divided:
            raise DataError(
                f"--split {split}: {pluralize(len(divided), 'site')} with years in several "
                f"groups: {', '.join(divided[:3])}",
                hint="give all years of a site the same group, or use --split year:COLUMN",
            )
    return replace(groups, of_id=of_id, missing=of_keys(groups.missing, sites.of_id))


def _recorded_dataset(embeddings: Embeddings, file: Path) -> str | None:
    """Return the data set that the embeddings file or its sidecar names."""
    recorded: Any = _recorded(embeddings.metadata, file, "dataset")
    component = recorded.get("component", "") if isinstance(recorded, dict) else ""
    return component.rpartition("/")[2] or None


def recorded_product(metadata: Mapping[str, Any], file: Path) -> dict[str, Any] | None:
    """Return the downloaded product that embeddings or their sidecar name; None for others."""
    recorded = _recorded(metadata, file, "product")
    return recorded if isinstance(recorded, dict) else None


def _recorded(metadata: Mapping[str, Any], file: Path, name: str) -> Any:
    """Return what the metadata of embeddings, else their sidecar, hold under a name."""
    if metadata.get(name) is not None:
        return metadata[name]
    what = (read_sidecar(file) or {}).get("what")
    return what.get(name) if isinstance(what, dict) else None


def _without(embeddings: Embeddings, excluded: frozenset[str]) -> Embeddings:
    by_year = embeddings.year_column is not None
    return embeddings.select(
        [
            row
            for row, sample in enumerate(embeddings.ids)
            if sample not in excluded and not (by_year and site_of(sample) in excluded)
        ]
    )
