"""Stored probes: ``probe.npz`` with arrays and ``probe.json`` with their meaning; no pickles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from neucocore.errors import ResultsError
from neucocore.evaluation.outcome import StoredProbe
from neucocore.files.atomic import replacing, write_text
from neucocore.files.npz import read_npz

ARRAYS = "probe.npz"
META = "probe.json"


def save_probe(folder: Path, probe: StoredProbe) -> None:
    """Write a probe to a folder, which is created if it does not exist."""
    with replacing(folder / ARRAYS, durable=False) as file:
        np.savez(file, **probe.arrays)  # type: ignore[arg-type]
    text = json.dumps(dict(probe.meta), indent=2, allow_nan=False, ensure_ascii=False)
    write_text(folder / META, text + "\n", durable=False)


def load_probe(folder: str | Path) -> StoredProbe:
    """Read a stored probe from ``<run>/<task>/probe``.

    Returns
    -------
    StoredProbe
        ``meta["predict"]`` describes how to compute a prediction from the arrays.

    Raises
    ------
    ResultsError
        The folder contains no probe, or the probe cannot be read.
    """
    path = Path(folder)
    try:
        meta = json.loads((path / META).read_text(encoding="utf-8"))
        arrays = read_npz(path / ARRAYS)
    except FileNotFoundError:
        raise ResultsError(
            f"{path} contains no stored probe",
            hint="neuco evaluate with --store-probes writes one per task to <run>/<task>/probe",
        ) from None
    except (ValueError, OSError) as error:
        raise ResultsError(
            f"{path}: the stored probe cannot be read: {error}",
            hint="evaluate again with --store-probes and --force",
        ) from error
    return StoredProbe(arrays, meta)
