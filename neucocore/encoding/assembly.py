"""From finished feature vectors to embeddings: gathered in id order, reduced, described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.discovery import Component
from neucocore.components.factory import plugin_errors
from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.encoding.first_cubes import check_dimension
from neucocore.encoding.journal import read_failures
from neucocore.encoding.preparation import bad_cubes_error, restore
from neucocore.encoding.reduction import apply_reducer
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.spool import UnequalWidthsError, gather
from neucocore.encoding.workload import Workload
from neucocore.errors import ComponentOutputError, DataError

BLOCK_ROWS = 256


@dataclass(frozen=True, eq=False, slots=True)
class Assembly:
    """The result of all shards together.

    Attributes
    ----------
    embeddings
        The embeddings, described by their metadata.
    failures
        Why the cubes that are left out could not be read, by id.
    """

    embeddings: Embeddings
    failures: Mapping[str, str]


def assemble(work: Workload) -> Assembly:
    """Gather the finished vectors of all shards and reduce them.

    Raises
    ------
    DataError
        Cubes that cannot be read (without ``skip_bad``), or that no shard has encoded.
    ComponentOutputError
        The encoder or the reducer does not keep its contract.
    """
    request = work.request
    features, ids, failures = _gather(work)
    matrix, reduction = reduce(request, features)
    metadata = _metadata(work, reduction)
    if request.reducer is None and hasattr(work.worker.encoder, "to_codes"):
        restore(work.worker, work.folder.state_file)
        metadata["coded_bytes"] = coded_bytes(work.worker.encoder, matrix, request.encoder)
    return Assembly(Embeddings(ids=ids, matrix=matrix, metadata=metadata), failures)


def _gather(work: Workload) -> tuple[NDArray[np.float32], tuple[str, ...], dict[str, str]]:
    """Return the feature vectors (n, d) on disk, their ids, and the failures."""
    request, merging = work.request, work.request.execution.merge
    matrix, missing = _gather_rows(work)
    missing_ids = [request.ids[row] for row in missing]
    # A cube that one shard could not read may since have been fixed and encoded by another.
    encoded = set(request.ids) - set(missing_ids)
    recorded = read_failures(work.folder.path)
    failures = {cube: reason for cube, reason in recorded.items() if cube not in encoded}
    if failures and not request.skip_bad:
        raise bad_cubes_error(failures, len(request.ids), merging=merging)
    unfinished = [cube for cube in missing_ids if cube not in failures]
    if unfinished:
        examples = ", ".join(unfinished[:3]) + (", ..." if len(unfinished) > 3 else "")
        raise DataError(
            f"{len(unfinished)} of {len(request.ids)} cubes are not encoded yet: {examples}",
            hint="run the missing shards, then --merge again",
        )
    if matrix is None:
        raise bad_cubes_error(failures, len(request.ids), merging=merging)
    kept = np.setdiff1d(np.arange(len(request.ids)), missing)
    for row, source in enumerate(kept if missing else ()):
        matrix[row] = matrix[source]  # in place: the matrix may be larger than memory
    return matrix[: len(kept)], tuple(request.ids[row] for row in kept), failures


def _gather_rows(work: Workload) -> tuple[Any, list[int]]:
    folder, encoder = work.folder, work.request.encoder
    try:
        return gather(folder.spool_files(), work.record_keys, folder.matrix_file)
    except UnequalWidthsError as error:
        raise ComponentOutputError(
            f"the encoder {encoder.full_name} returned {error.width} values for cube "
            f"{work.request.ids[error.row]} and {error.expected} for others; all cubes need the "
            "same number",
            hint=f"neuco plugins check {encoder.plugin}; fix the encoder, then run the command "
            "again with --force",
        ) from error


def reduce(
    request: EncodeRequest, features: NDArray[np.float32]
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Apply the encoder's reducer, if it has one, to the complete matrix.

    Parameters
    ----------
    features
        (n, d) float32, may be memory-mapped.

    Returns
    -------
    matrix
        (n, k) float32.
    reduction
        Reducer, number of features and bytes per row, for the metadata; empty without a reducer.

    Raises
    ------
    BudgetExceededError
        d exceeds the requested dimension, and no reducer lowers it.
    ComponentOutputError
        The reducer does not keep its contract.
    """
    check_dimension(request, features.shape[1])
    if request.reducer is None:
        return np.array(features, dtype=np.float32), {}
    return apply_reducer(
        request.reducer, features, dimension=request.dimension, params=request.reducer_params
    )


def coded_bytes(
    coder: Any, rows: NDArray[np.float32], encoder: Component
) -> dict[str, float | int]:
    """Return how many bytes an encoder's own codes take.

    Parameters
    ----------
    coder
        An encoder with ``to_codes``.
    rows
        (n, d) float32.
    encoder
        The encoder's component, for messages.

    Raises
    ------
    ComponentOutputError
        ``to_codes`` raises, or does not return bytes for each row.
    """
    with plugin_errors(encoder):
        lengths = [
            _length(code, encoder)
            for start in range(0, len(rows), BLOCK_ROWS)
            for code in coder.to_codes(rows[start : start + BLOCK_ROWS])
        ]
    if len(lengths) != len(rows):
        raise ComponentOutputError(
            f"to_codes of the encoder {encoder.full_name} returned {len(lengths)} codes for "
            f"{len(rows)} rows; it must return one code per row",
            hint=f"neuco plugins check {encoder.plugin}",
        )
    return {"mean": sum(lengths) / len(lengths), "most": max(lengths), "total": sum(lengths)}


def _length(code: object, encoder: Component) -> int:
    if not isinstance(code, bytes | bytearray | memoryview):
        raise ComponentOutputError(
            f"to_codes of the encoder {encoder.full_name} returned {type(code).__name__} instead "
            "of bytes for a row",
            hint=f"neuco plugins check {encoder.plugin}",
        )
    return len(bytes(code))


def _metadata(work: Workload, reduction: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of the embeddings file: only what the input determines."""
    request = work.request
    return {
        **request.cache_key_fields(),
        "model": {
            "id": request.encoder.full_name,
            "source": request.encoder.distribution,
            "version": request.encoder.distribution_version,
        },
        "fit": work.fit,
        "dimension": request.dimension,
        **({"reduction": dict(reduction)} if reduction else {}),
        **({"unregistered": True} if request.unregistered else {}),
    }
