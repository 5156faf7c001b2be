"""The end of an encode run: reduce, describe, write, and recognise what is already there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.factory import create, plugin_errors
from neucocore.data.cubes.file import cube_digest
from neucocore.data.embeddings.sidecar import read_sidecar, write_sidecar
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.request import EncodeRequest
from neucocore.errors import BudgetExceededError, ComponentOutputError, DataError, NeucoError
from neucocore.files.atomic import write_text
from neucocore.interfaces import Dataset, Reducer
from neucocore.provenance.code import code_identity, identity_of
from neucocore.provenance.machine import file_digest, machine

FAILURES_SUFFIX = ".failures.json"
NOTES_SUFFIX = ".notes.jsonl"
ROWS_AT_ONCE = 256


def cube_digests(dataset: Dataset, ids: Sequence[str]) -> list[str]:
    """Return the digest of each cube's files, or empty texts for data sets without files.

    A cube whose files cannot be read gets an empty digest; encoding it will say why.
    """
    files = getattr(dataset, "files", None)
    if files is None:
        return [""] * len(ids)
    digests = []
    for cube_id in ids:
        try:
            digests.append(cube_digest(list(files(cube_id).values())))
        except (NeucoError, OSError):
            digests.append("")
    return digests


def reduce(
    request: EncodeRequest, features: NDArray[np.float32]
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Apply the encoder's reducer to the whole matrix, and say what was done."""
    if request.reducer is None:
        columns = features.shape[1]
        if request.dimension is not None and columns > request.dimension:
            raise BudgetExceededError(
                f"the encoder {request.encoder.full_name} gives {columns} dimensions; "
                f"the limit is {request.dimension}",
                hint=f"neuco info {request.encoder.full_name} shows parameters that change it",
            )
        return np.array(features, dtype=np.float32), {}
    reducer: Reducer = create(request.reducer, dimension=request.dimension)
    # What is beyond float32 becomes infinite, and is refused as such.
    with plugin_errors(request.reducer), np.errstate(over="ignore"):
        reduced = np.asarray(reducer.fit(features).apply(features), dtype=np.float32)
    rows, columns = reduced.shape if reduced.ndim == 2 else (-1, 0)
    limit = columns if request.dimension is None else request.dimension
    if rows != len(features) or not 1 <= columns <= limit or not np.isfinite(reduced).all():
        raise ComponentOutputError(
            f"the reducer {request.reducer.full_name} returned shape {reduced.shape} with "
            f"{int((~np.isfinite(reduced)).sum())} values that are not finite; "
            f"{len(features)} rows of at most {limit} columns are needed"
        )
    return reduced, {
        "reducer": code_identity(request.reducer),
        "features": int(features.shape[1]),
        "bytes_per_row": float(reducer.bytes_per_row()),
    }


def coded_bytes(encoder: Any, rows: NDArray[np.float32]) -> dict[str, float | int]:
    """Return how many bytes the encoder's own code takes for rows, (n, d) float32."""
    lengths = [
        len(code)
        for top in range(0, len(rows), ROWS_AT_ONCE)
        for code in encoder.to_codes(rows[top : top + ROWS_AT_ONCE])
    ]
    if len(lengths) != len(rows):
        raise ComponentOutputError(
            f"the encoder's to_codes returned {len(lengths)} codes for {len(rows)} rows; it must "
            "return one per row"
        )
    return {"mean": sum(lengths) / len(lengths), "most": max(lengths), "total": sum(lengths)}


def metadata(request: EncodeRequest, reduction: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an embeddings file says of itself: only what follows from the input."""
    return {
        **request.cache_key_fields(),
        "model": {
            "id": request.encoder.full_name,
            "source": request.encoder.distribution,
            "version": request.encoder.distribution_version,
        },
        "fit": request.encoder.spec.fit,  # type: ignore[attr-defined]
        "dimension": request.dimension,
        **({"reduction": dict(reduction)} if reduction else {}),
    }


def write_provenance(
    request: EncodeRequest, report: EncodeReport, key: str, described: Mapping[str, Any]
) -> None:
    """Write what varies from run to run beside the file, and what `found` needs."""
    write_sidecar(
        request.out,
        {
            "key": key,
            "sha256": file_digest(request.out),
            "rows": report.rows,
            "columns": report.columns,
            "what": dict(described),
            "software": [
                identity_of(name)
                for name in sorted(
                    {"neucocore", request.encoder.distribution, request.dataset.distribution}
                )
            ],
            "machine": machine(),
            "costs": dict(report.costs),
            "warnings": [{"what": what, "cubes": cubes} for what, cubes in report.warnings],
            "failures": [{"id": cube, "reason": reason} for cube, reason in report.failures],
        },
    )


def found(path: Path, key: str) -> EncodeReport | None:
    """Return a report if the file is there, made from the same input by the same code."""
    try:
        sidecar = read_sidecar(path)
    except DataError:
        return None  # a sidecar that cannot be read is not trusted: the file is made again
    if sidecar is None or not path.is_file() or sidecar.get("key") != key:
        return None
    if sidecar.get("sha256") != file_digest(path):
        return None
    try:
        return EncodeReport(
            path,
            sidecar["rows"],
            sidecar["columns"],
            up_to_date=True,
            failures=tuple((row["id"], row["reason"]) for row in sidecar["failures"]),
            warnings=tuple((row["what"], row["cubes"]) for row in sidecar["warnings"]),
        )
    except (KeyError, TypeError):
        return None


def append_notes(spool: Path, notes: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Keep what reading cubes noticed, before their vectors are kept."""
    if notes:
        with spool.with_name(spool.name + NOTES_SUFFIX).open("a", encoding="utf-8") as stream:
            for cube, texts in notes:
                stream.write(json.dumps([cube, list(texts)]) + "\n")


def count_notes(folder: Path) -> tuple[tuple[str, int], ...]:
    """Count the cubes each thing was noticed about, in all shards, most frequent first."""
    noticed: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*" + NOTES_SUFFIX)):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                cube, texts = json.loads(line)
            except ValueError:
                continue  # cut short by a kill; the cube was encoded again and noted again
            noticed[cube] = texts
    counts = Counter(text for texts in noticed.values() for text in set(texts))
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def write_failures(spool: Path, failures: Mapping[str, str]) -> None:
    """Keep the cubes a shard could not read, for the run that merges."""
    path = spool.with_name(spool.name + FAILURES_SUFFIX)
    if failures:
        write_text(path, json.dumps(dict(sorted(failures.items())), indent=1))
    else:
        path.unlink(missing_ok=True)


def read_failures(folder: Path, of: str = "*") -> dict[str, str]:
    """Return the bad cubes of all shards, or those kept beside one file."""
    failures: dict[str, str] = {}
    for path in sorted(folder.glob(of + FAILURES_SUFFIX)):
        try:
            failures.update(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    return failures
