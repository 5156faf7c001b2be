"""Stored probes: ``probe.npz`` with arrays, ``probe.json`` with what they mean; no pickles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from neucocore.errors import ResultsError
from neucocore.evaluation.outcome import StoredProbe
from neucocore.files.atomic import replacing, write_text

ARRAYS = "probe.npz"
META = "probe.json"


def save_probe(folder: Path, probe: StoredProbe) -> None:
    """Write a probe into a folder, which is made if need be."""
    with replacing(folder / ARRAYS, durable=False) as file:
        np.savez(file, **probe.arrays)  # type: ignore[arg-type]
    text = json.dumps(dict(probe.meta), indent=2, allow_nan=False, ensure_ascii=False)
    write_text(folder / META, text + "\n", durable=False)


def load_probe(folder: str | Path) -> StoredProbe:
    """Read a stored probe from ``<run>/<task>/probe``.

    Returns
    -------
    StoredProbe
        ``meta["predict"]`` says how the arrays turn an embedding into a prediction.

    Raises
    ------
    ResultsError
        There is no probe, or it cannot be read.
    """
    place = Path(folder)
    try:
        meta = json.loads((place / META).read_text(encoding="utf-8"))
        with np.load(place / ARRAYS, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise ResultsError(
            f"{place} holds no stored probe",
            hint="neuco evaluate ... --store-probes writes one per task",
        ) from None
    except (ValueError, OSError) as error:
        raise ResultsError(f"{place}: the stored probe cannot be read: {error}") from error
    return StoredProbe(arrays, meta)
