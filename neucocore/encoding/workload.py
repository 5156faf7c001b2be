"""What one encode run works on: the cubes with their keys, and the folder of finished work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from neucocore.components.dependence import encoder_fit, reducer_fit, strongest_fit
from neucocore.components.factory import plugin_errors
from neucocore.components.specs import Fit
from neucocore.encoding.request import EncodeRequest, cube_digests
from neucocore.encoding.spool import record_key
from neucocore.encoding.work_folder import WorkFolder
from neucocore.encoding.worker import Worker
from neucocore.provenance.keys import canonical_json

KEY_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Workload:
    """An encode request, opened.

    Attributes
    ----------
    request
        The request, with the encoder's own key fields.
    worker
        Data set and encoder in this process.
    fit_ids
        The cubes that the encoder is fitted on, empty if it is not fitted.
    fit
        What a row of the embeddings file depends on besides its own cube, the reducer included.
    file_key
        Key of the embeddings file.
    record_keys
        Key of each cube's feature vector, in the order of ``request.ids``.
    folder
        Where finished vectors are kept.
    """

    request: EncodeRequest
    worker: Worker
    fit_ids: tuple[str, ...]
    fit: Fit
    file_key: str
    record_keys: tuple[bytes, ...]
    folder: WorkFolder


def workload_of(request: EncodeRequest, worker: Worker) -> Workload:
    """Digest the cubes of a request and derive the keys of its results."""
    encoder: Any = worker.encoder
    if hasattr(encoder, "cache_key_fields"):
        with plugin_errors(request.encoder):
            fields = encoder.cache_key_fields()
            if not isinstance(fields, Mapping):
                raise TypeError(f"cache_key_fields() returned {type(fields).__name__}, no mapping")
            canonical_json(fields)  # raises if it cannot be part of a key
        request = replace(request, encoder_key_fields=fields)
    digests = cube_digests(worker.dataset, request.ids)
    fit_ids = _fit_ids(request, encoder)
    same = fit_ids is request.ids
    fit_digests = digests if same else cube_digests(worker.dataset, fit_ids)
    fitted_on = _labelled(fit_ids, fit_digests)
    fit = strongest_fit(encoder_fit(request.encoder, encoder), reducer_fit(request.reducer))
    folder = request.output.with_name(request.output.name + ".parts")
    return Workload(
        request=request,
        worker=worker,
        fit_ids=fit_ids,
        fit=fit,
        file_key=request.file_key(digests, fitted_on, fit),
        record_keys=tuple(record_key(*pair) for pair in zip(request.ids, digests, strict=True)),
        folder=WorkFolder(folder / request.features_key(fitted_on)[:KEY_DIGITS]),
    )


def _fit_ids(request: EncodeRequest, encoder: Any) -> tuple[str, ...]:
    match request.encoder.spec.fit:  # type: ignore[attr-defined]
        case "transductive" if hasattr(encoder, "prepare"):
            return request.ids
        case "train":
            return request.fit_ids
    return ()


def _labelled(ids: Sequence[str], digests: Sequence[str]) -> list[str]:
    return [f"{cube_id} {digest}" for cube_id, digest in zip(ids, digests, strict=True)]
