"""The embeddings between which is chosen, and what they are compared with."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucocore.choice.options import ChooseOptions
from neucocore.curves.sweep import PreparedEmbedding, prepare_embedding
from neucocore.data.embeddings.formats import load_embeddings, split_column, suffix_of
from neucocore.data.ids import read_excluded_ids
from neucocore.errors import ConfigError, DataError, IdError
from neucocore.evaluation.embedding_columns import count_columns
from neucocore.evaluation.id_difference import describe_difference
from neucocore.evaluation.places.baseline import place_features
from neucocore.evaluation.request import method_name
from neucocore.files.atomic import replacing
from neucocore.files.npz import read_npz
from neucocore.messages import pluralize

CONSTANT, PLACE = "constant", "place"
BASELINES = "baselines"
"""Phase of the runs that are no candidates."""
NOT_COMMON = "ids_not_common.txt"


@dataclass(frozen=True, eq=False)
class Candidate:
    """One embedding.

    Attributes
    ----------
    path
        As it was named, with the column.
    """

    path: str
    embedding: PreparedEmbedding

    @property
    def name(self) -> str:
        """Name of the method."""
        return self.embedding.method


def prepare_candidates(
    options: ChooseOptions, warn: Callable[[str], None]
) -> tuple[list[Candidate], list[Candidate]]:
    """Read all embeddings and match them to the labels.

    Returns
    -------
    candidates, features
        The embeddings, and the user's own features.

    Raises
    ------
    ConfigError
        No file, or one that is named twice.
    DataError
        Files that cannot be used, or that have no id in common.
    """
    paths = [path for text in options.embeddings for path in _expanded(text)]
    if not paths:
        raise ConfigError(
            "no embeddings file is named",
            hint="neuco choose EMBEDDINGS... --labels TABLE -o DIR",
        )
    names = _names([*paths, *options.baseline])
    repeated = [path for path, count in Counter([*paths, *options.baseline]).items() if count > 1]
    if repeated:
        raise ConfigError(f"{', '.join(repeated)}: named twice", hint="name each file once")
    if options.allow_missing:
        options = _restricted(options, [*paths, *options.baseline], warn)
    found = []
    seen: set[str] = set()
    for path, name in zip([*paths, *options.baseline], names, strict=True):
        phase = None if path in paths else BASELINES
        embedding = prepare_embedding(options, path, method=name, phase=phase, places="off")
        for text in embedding.prepared.warnings:
            if text not in seen:
                warn(text if len(names) == 1 else f"{name}: {text}")
            seen.add(text)
        found.append(Candidate(path, embedding))
    _require_same_rows(found)
    return found[: len(paths)], found[len(paths) :]


def _expanded(text: str) -> list[str]:
    """Return ``FILE:COLUMN`` for every column or array that ``FILE:PATTERN`` matches."""
    file, pattern = split_column(text)
    if pattern is None or not any(mark in pattern for mark in "*?["):
        return [text]
    names = [name for name in _arrays(file) if fnmatch.fnmatchcase(name, pattern)]
    if not names:
        known = ", ".join(_arrays(file)[:3]) or "none"
        raise ConfigError(
            f"{text}: no column or array matches {pattern}", hint=f"{file} has {known}"
        )
    return [f"{file}:{name}" for name in names]


def _arrays(file: Path) -> list[str]:
    """Return the names of what can be vectors: arrays, list columns, or folders of layers."""
    if file.is_dir():
        return sorted(path.name for path in file.iterdir() if path.is_dir())
    if suffix_of(file) == ".npz":
        try:
            return [name for name, array in read_npz(file).items() if array.ndim == 2]
        except (OSError, ValueError) as error:
            raise DataError(f"{file} cannot be read: {error}", hint="check the file") from None
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(file)
    lists = (pyarrow.types.is_list, pyarrow.types.is_fixed_size_list, pyarrow.types.is_large_list)
    return [field.name for field in schema if any(check(field.type) for check in lists)]


def _names(paths: Sequence[str]) -> list[str]:
    """Return names of methods; those of files with equal names get the name of their folder."""
    names = [method_name(Path(path)) for path in paths]
    counts = Counter(names)
    names = [
        name if counts[name] == 1 else f"{split_column(path)[0].resolve().parent.name}-{name}"
        for path, name in zip(paths, names, strict=True)
    ]
    same = sorted(name for name, count in Counter(names).items() if count > 1)
    if same and len(set(paths)) == len(paths):
        raise ConfigError(
            f"several files would have the name {', '.join(same)}", hint="rename one of them"
        )
    return names


def _restricted(
    options: ChooseOptions, paths: Sequence[str], warn: Callable[[str], None]
) -> ChooseOptions:
    """Leave out ids that some file lacks, so that all embeddings are scored on the same rows."""
    ids = [
        set(
            load_embeddings(
                path, id=options.id, vector=options.vector, drop_no_data=options.drop_no_data
            ).ids
        )
        for path in paths
    ]
    common = set.intersection(*ids)
    if not common:
        first, other = next((i, j) for i in (0,) for j in range(1, len(ids)) if not ids[0] & ids[j])
        raise IdError(
            f"{paths[first]} and {paths[other]} have no id in common: "
            f"{min(ids[first])!r} and {min(ids[other])!r}",
            hint=describe_difference(ids[first], ids[other]) or "use the same ids in all files",
        )
    excluded = set.union(*ids) - common
    if not excluded:
        return options
    warn(
        f"{pluralize(len(excluded), 'id')} that some file lacks "
        f"{'is' if len(excluded) == 1 else 'are'} left out of all; {len(common)} are common"
    )
    if options.exclude_file is not None:
        excluded |= set(read_excluded_ids(Path(options.exclude_file)))
    file = Path(options.output) / NOT_COMMON
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as target:
        target.write("".join(f"{name}\n" for name in sorted(excluded)).encode())
    return replace(options, exclude_file=file)


def _require_same_rows(found: Sequence[Candidate]) -> None:
    """Check that all embeddings are scored on the same rows of every task.

    Raises
    ------
    DataError
        They are not.
    """
    first, *others = found
    for other in others:
        for one, two in zip(
            first.embedding.prepared.joined.tasks,
            other.embedding.prepared.joined.tasks,
            strict=False,
        ):
            if set(one.matched.ids) != set(two.matched.ids):
                raise DataError(
                    f"{first.path} has embeddings for {len(one.matched.ids)} labelled rows of "
                    f"{one.matched.key}, {other.path} for {len(two.matched.ids)}",
                    hint="--allow-missing scores all on the rows that they have in common",
                )


def constant(candidate: Candidate) -> PreparedEmbedding:
    """Return an embedding that knows nothing, on the rows of a candidate."""
    rows = len(candidate.embedding.prepared.inputs.embeddings.ids)
    return _with_matrix(candidate, CONSTANT, np.ones((rows, 1), np.float32), "core/constant")


def place(candidate: Candidate) -> PreparedEmbedding | None:
    """Return an embedding of the places alone; None if some row has none."""
    inputs = candidate.embedding.prepared.inputs
    places, ids = inputs.places, inputs.embeddings.ids
    if places is None or places.problem:
        return None
    labelled = {
        name for task in candidate.embedding.prepared.joined.tasks for name in task.matched.ids
    }
    if not labelled <= places.of_id.keys():
        return None
    rows = np.array([row for row, name in enumerate(ids) if name in places.of_id], dtype=np.intp)
    features = place_features(*places.of([ids[row] for row in rows]))
    matrix = np.zeros((len(ids), features.shape[1]), np.float32)
    matrix[rows] = features
    return _with_matrix(candidate, PLACE, matrix, None)


def _with_matrix(
    candidate: Candidate, name: str, matrix: NDArray[np.float32], encoder: str | None
) -> PreparedEmbedding:
    prepared = candidate.embedding.prepared
    metadata = {} if encoder is None else {"model": {"id": encoder}}
    embeddings = replace(prepared.inputs.embeddings, matrix=matrix, metadata=metadata, findings=())
    return replace(
        candidate.embedding,
        prepared=replace(
            prepared,
            inputs=replace(prepared.inputs, embeddings=embeddings, file_sha256=None, product=None),
            request=replace(prepared.request, method=name, phase=BASELINES),
            columns=count_columns(matrix),
            warnings=(),
        ),
    )
