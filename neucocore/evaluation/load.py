"""The files of an evaluation, read and checked one by one. Nothing after this opens a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neucocore.components.lookup import dataset_named
from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings
from neucocore.data.embeddings.sidecar import read_sidecar
from neucocore.data.ids import read_excluded_ids
from neucocore.data.labels.label_file import LabelFile, read_label_folder
from neucocore.evaluation.groups import Split, parse_split, read_groups
from neucocore.evaluation.options import EvaluateOptions
from neucocore.files.findings import messages
from neucocore.messages import pluralize
from neucocore.provenance.machine import file_digest


@dataclass(frozen=True, eq=False)
class LoadedInputs:
    """Everything an evaluation reads.

    Attributes
    ----------
    embeddings
        Without the excluded ids.
    file_sha256
        Digest of the embeddings file; None for a folder of parts.
    dataset
        Name of the data set the embeddings are of, or None if it is unknown.
    groups
        Group of each id for grouped splits, or None.
    excluded
        Ids that are left out.
    warnings
        What was noticed about the embeddings.
    split, exclude
        What is needed to repeat the split and the exclusion: rule, files with digest, counts.
    """

    embeddings: Embeddings
    file_sha256: str | None
    label_files: tuple[LabelFile, ...]
    dataset: str | None
    groups: Mapping[str, str] | None
    excluded: frozenset[str]
    warnings: tuple[str, ...]
    split: Mapping[str, Any]
    exclude: Mapping[str, Any] | None

    @property
    def embeddings_digest(self) -> str:
        """sha256 of ids and matrix."""
        digest = hashlib.sha256("\n".join(self.embeddings.ids).encode())
        digest.update(np.ascontiguousarray(self.embeddings.matrix, dtype="<f4").tobytes())
        return digest.hexdigest()


def load_inputs(options: EvaluateOptions, *, lenient: bool = False) -> LoadedInputs:
    """Read the embeddings, the label files, the groups and the ids to leave out.

    Parameters
    ----------
    lenient
        NeuCo-Bench's own reading: cells that are not numbers count as 0.

    Raises
    ------
    UnknownComponentError
        An unknown data set.
    DataError
        Files that cannot be used.
    """
    split = parse_split(options.split)
    dataset = None if options.dataset is None else dataset_named(options.dataset)
    file = Path(options.embeddings)
    embeddings = load_embeddings(file, lenient=lenient, nan=options.nan, limit=options.dimension)
    warnings = messages(embeddings.findings, "warning", "repaired")
    excluded: frozenset[str] = frozenset()
    exclude = None
    if options.exclude_file is not None:
        excluded = frozenset(read_excluded_ids(Path(options.exclude_file)))
        before = len(embeddings.ids)
        embeddings = _without(embeddings, excluded)
        left_out = before - len(embeddings.ids)
        exclude = {**_file_record(Path(options.exclude_file)), "rows_left_out": left_out}
        count = pluralize(left_out, "embedding")
        warnings.append(f"{count} left out because {options.exclude_file} names the ids")
    label_files = tuple(read_label_folder(Path(options.labels)))
    groups = read_groups(split, label_files)
    return LoadedInputs(
        embeddings=embeddings,
        file_sha256=file_digest(file) if file.is_file() else None,
        label_files=label_files,
        dataset=dataset or _recorded_dataset(embeddings, file),
        groups=groups,
        excluded=excluded,
        warnings=tuple(warnings),
        split=_split_record(split, groups),
        exclude=exclude,
    )


def _file_record(file: Path) -> dict[str, Any]:
    return {"file": file.name, "sha256": file_digest(file)}


def _split_record(split: Split, groups: Mapping[str, str] | None) -> dict[str, Any]:
    if groups is None:
        return {"rule": str(split)}
    record: dict[str, Any] = {"rule": str(split), "column": split.column}
    if split.file is not None:
        record |= _file_record(split.file)
    return {**record, "groups": len(set(groups.values()))}


def _recorded_dataset(embeddings: Embeddings, file: Path) -> str | None:
    """Return the data set that the embeddings file or its sidecar names."""
    recorded: Any = embeddings.metadata.get("dataset")
    if recorded is None:
        recorded = (read_sidecar(file) or {}).get("what", {}).get("dataset")
    component = recorded.get("component", "") if isinstance(recorded, dict) else ""
    return component.rpartition("/")[2] or None


def _without(embeddings: Embeddings, excluded: frozenset[str]) -> Embeddings:
    rows = [row for row, sample in enumerate(embeddings.ids) if sample not in excluded]
    return replace(
        embeddings,
        ids=tuple(embeddings.ids[row] for row in rows),
        matrix=embeddings.matrix[rows],
    )
